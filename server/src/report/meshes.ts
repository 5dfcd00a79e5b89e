// Which meshes there are, why, and what each is made of.
import { compareText, type KubernetesObject, refKey, refOf } from '../manifest/object';
import type { KnownObject } from '../manifest/read';
import { count, objectName } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { type SettingLine, settingsReport } from './settings';

export interface MeshSummary {
  /** Empty where there is one mesh. */
  readonly name: string;
  readonly kind: MeshView['kind'];
  /** What makes it a mesh, without a full stop; code is marked with backticks. */
  readonly why: string;
  /** The path of the kustomization or of Chart.yaml. */
  readonly root: string | undefined;
  /** Paths, in order. */
  readonly files: readonly string[];
  readonly namespaces: readonly string[];
  readonly workloads: number;
  readonly services: number;
  /** By kind, those that bear on traffic or access. */
  readonly policies: ReadonlyMap<string, number>;
  /** Those that are not Istio's defaults. */
  readonly settings: readonly SettingLine[];
  /** What it lacks, as it is written in its files. */
  readonly unread: readonly { readonly reason: string; readonly reference: string }[];
  /** True where its kustomization cannot be built, so that the rest is what could be read. */
  readonly broken: boolean;
}

/** @param fileOf the path to print for a URI */
export function meshSummaries(snapshot: Snapshot, fileOf: (uri: string) => string): MeshSummary[] {
  return snapshot.meshes.map((view) => summaryOf(view, snapshot, fileOf));
}

function summaryOf(view: MeshView, snapshot: Snapshot, fileOf: (uri: string) => string): MeshSummary {
  const { name, kind, root, files, mesh, problems, unknowns } = view;
  const { workloads, services, peerAuthentications, destinationRules, authorizationPolicies } = mesh;
  const policies = new Map<string, number>();
  for (const list of [peerAuthentications, destinationRules, authorizationPolicies, mesh.requestAuthentications])
    for (const each of list as readonly KubernetesObject[]) policies.set(each.kind, (policies.get(each.kind) ?? 0) + 1);
  const unread = new Map(unknowns.map(({ reason, reference }) => [`${reason} ${reference}`, { reason, reference }]));
  return {
    ...{ name, kind, policies },
    why: whyOf(view, snapshot, fileOf),
    root: root === undefined ? undefined : fileOf(root),
    files: files.map(fileOf),
    namespaces: [...new Set([...workloads, ...services].map(({ namespace }) => namespace))].sort(compareText),
    workloads: workloads.length,
    services: services.length,
    settings: settingsReport(view, snapshot, fileOf).filter(({ by }) => by !== 'default'),
    unread: [...unread.values()],
    broken: problems.some(({ severity }) => severity === 'error'),
  };
}

function whyOf(view: MeshView, snapshot: Snapshot, fileOf: (uri: string) => string): string {
  const { kind, root, delivery, name } = view;
  const by = delivery ? `; \`${delivery.name}\` of \`${fileOf(delivery.uri)}\` delivers it` : '';
  if (kind === 'kustomization') return `what the kustomization \`${fileOf(root!)}\` makes; no other includes it${by}`;
  if (kind === 'chart') return `what the chart of \`${fileOf(root!)}\` makes`;
  if (kind === 'named') return 'named by the configuration';
  if (name === '') return 'all manifests that were read: no folder defines an object again';
  const rival = rivalOf(view, snapshot);
  if (!rival) return 'files that no kustomization and no chart reads';
  const { object, other } = rival;
  const places = `\`${fileOf(object.source.uri)}\` and \`${fileOf(other.source.uri)}\``;
  return `folders define the same objects: \`${objectName(object)}\` is in ${places}`;
}

/** An object of a mesh that another mesh of folders defines again. */
function rivalOf(
  view: MeshView,
  snapshot: Snapshot,
): { readonly object: KnownObject; readonly other: KnownObject } | undefined {
  const own = new Map(objectsOf(view, snapshot).map((object) => [refKey(refOf(object)), object]));
  const ownFiles = new Set(view.files);
  for (const rival of snapshot.meshes) {
    if (rival === view || rival.kind !== 'folder') continue;
    const files = new Set(rival.files);
    for (const other of objectsOf(rival, snapshot)) {
      const object = own.get(refKey(refOf(other)));
      // what several meshes share sets none of them apart
      if (object && !files.has(object.source.uri) && !ownFiles.has(other.source.uri)) return { object, other };
    }
  }
  return undefined;
}

function objectsOf({ files }: MeshView, snapshot: Snapshot): KnownObject[] {
  return files.flatMap((uri) => snapshot.files.get(uri)?.objects ?? []);
}

/** `14 workloads, 9 services, 3 policies (2 PeerAuthentication, 1 DestinationRule)` */
export function contentWords({ namespaces, workloads, services, policies }: MeshSummary): string {
  const number = [...policies.values()].reduce((sum, each) => sum + each, 0);
  const kinds = [...policies].map(([kind, each]) => `${each} ${kind}`).join(', ');
  const word = number === 1 ? '1 policy' : `${number} policies`;
  const inside = namespaces.length > 0 ? ` in ${count(namespaces.length, 'namespace')} (${namespaces.join(', ')})` : '';
  return `${count(workloads, 'workload')} and ${count(services, 'service')}${inside}; ${word}${kinds && ` (${kinds})`}`;
}

/** The JSON value; `docs/schemas/meshes.schema.json` describes it. */
export function meshesJson(summaries: readonly MeshSummary[], passedOver: readonly string[]): unknown {
  return {
    meshes: summaries.map(({ root, policies, settings, ...rest }) => ({
      ...rest,
      root: root ?? null,
      policies: Object.fromEntries(policies),
      settings: settings.map(({ setting, value, by, source, places }) => ({ setting, value, by, source, places })),
    })),
    filesInNoMesh: passedOver,
  };
}
