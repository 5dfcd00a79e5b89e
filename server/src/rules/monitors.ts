// Which pods Prometheus is told to call, by objects of its operators. No manifest of a mesh lists it as a client, and it
// mostly runs without a sidecar.
import { memoWeakly, perObject } from '../incremental/cells';
import { Fields } from '../manifest/fields';
import { type LabelSelector, readLabelSelector, selectsLabels } from '../manifest/kinds/label-selector';
import type { Labels } from '../manifest/object';
import type { MeshService } from '../mesh/service';
import type { Workload } from '../mesh/workload';
import type { Snapshot, SourceFile } from '../workspace/workspace';
import type { YamlDocument } from '../yaml/document';

interface Monitor {
  /** `ServiceMonitor shop/web` */
  readonly name: string;
  readonly selects: 'services' | 'pods';
  readonly selector: LabelSelector;
  /** Undefined for all, and where what applies it decides. */
  readonly namespaces: readonly string[] | undefined;
}

/** By kind: what they select. */
const KINDS: ReadonlyMap<string, Monitor['selects']> = new Map([
  ['ServiceMonitor', 'services'],
  ['VMServiceScrape', 'services'],
  ['PodMonitor', 'pods'],
  ['VMPodScrape', 'pods'],
  ['PodMonitoring', 'pods'],
  ['ClusterPodMonitoring', 'pods'],
]);

const GROUPS = /^(?:monitoring\.coreos\.com|operator\.victoriametrics\.com|monitoring\.googleapis\.com)\//;

/** The name of an object that has Prometheus call one of these in plaintext; undefined where there is none. */
export function monitorOf(
  snapshot: Snapshot,
  services: readonly MeshService[],
  pods: readonly Workload[],
): string | undefined {
  const fits = ({ selector, namespaces }: Monitor, namespace: string, labels: Labels): boolean =>
    (namespaces === undefined || namespaces.includes(namespace)) && selectsLabels(selector, labels);
  return monitors(snapshot).find((monitor) =>
    monitor.selects === 'pods'
      ? pods.some(({ namespace, labels }) => fits(monitor, namespace, labels))
      : services.some(({ namespace, object }) => fits(monitor, namespace, object.metadata.labels)),
  )?.name;
}

const monitors = memoWeakly(
  (snapshot: Snapshot): readonly Monitor[] => [...snapshot.files.values()].flatMap(monitorsIn),
  (before, now) => before.length === now.length && before.every((each, index) => each === now[index]),
);

const monitorsIn = perObject(({ text, documents }: SourceFile): readonly Monitor[] =>
  /^kind:[ \t]*["']?(?:\w+Monitor(?:ing)?|VM\w+Scrape)\b/m.test(text)
    ? documents.flatMap((document) => readMonitor(document) ?? [])
    : [],
);

const readMonitor = perObject(({ value }: YamlDocument): Monitor | undefined => {
  const root = Fields.of(value, [], []);
  const kind = root.string('kind') ?? '';
  const selects = KINDS.get(kind);
  if (!selects || !GROUPS.test(root.string('apiVersion') ?? '')) return undefined;
  const metadata = root.section('metadata');
  const spec = root.section('spec');
  const ends = [...spec.objects('endpoints'), ...spec.objects('podMetricsEndpoints')];
  // with certificates of its own it may well be one of the mesh
  if (ends.length > 0 && ends.every((each) => each.string('scheme')?.toLowerCase() === 'https')) return undefined;
  const namespace = metadata.string('namespace');
  const others = spec.section('namespaceSelector');
  const named = others.strings('matchNames');
  const everywhere = others.boolean('any') === true || kind === 'ClusterPodMonitoring' || namespace === undefined;
  return {
    name: `${kind} ${namespace === undefined ? '' : `${namespace}/`}${metadata.string('name') ?? ''}`,
    selects,
    selector: readLabelSelector(spec.object('selector')),
    namespaces: named.length > 0 ? named : everywhere ? undefined : [namespace],
  };
});
