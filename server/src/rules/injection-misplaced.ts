// injection-misplaced: what is meant for the pods stands on the object that makes them, or where Istio does not look.
import type { WorkloadObject } from '../manifest/kinds/workload';
import type { KubernetesObject } from '../manifest/object';
import type { Namespace } from '../manifest/read';
import type { Workload } from '../mesh/workload';
import { placeOf } from '../words/names';
import type { Snapshot } from '../workspace/workspace';
import { addEntry, offered } from './fixes';
import { addToPods, hasTemplate, INJECT, INJECTION, injectables, podPath } from './injection';
import { POD_ANNOTATIONS } from './istio-annotations';
import { isPatch } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';

export const injectionMisplaced: Rule = {
  id: 'injection-misplaced',
  severity: 'warning',
  summary: 'A label or annotation for the pods stands where Istio does not look.',
  happens:
    'Istio reads the labels and annotations of pods. Those of a Deployment itself are not passed on; they have no effect. And in a namespace without an injection label only the label `sidecar.istio.io/inject` asks for a sidecar, an annotation does not.',
  remedy: 'Put it under `spec.template.metadata`.',
  peers: ['IST0107'],
  *check({ snapshot, here }: RuleContext): Iterable<Finding> {
    for (const { workload, object } of injectables(here)) {
      if (isPatch(snapshot, object)) continue;
      if (hasTemplate(object)) yield* onObject(snapshot, workload, object);
      yield* asAnnotation(snapshot, workload, object);
    }
    if (here.object) yield* onNamespace(snapshot, here.object);
  },
};

function* onObject(snapshot: Snapshot, workload: Workload, object: WorkloadObject): Generator<Finding> {
  const { template } = object.spec;
  const { labels, annotations } = object.metadata;
  const wanted = labels[INJECT];
  const stands = template.labels[INJECT] ?? template.annotations[INJECT];
  const unmet =
    (wanted === 'true' && workload.dataplane === 'none') || (wanted === 'false' && workload.dataplane === 'sidecar');
  if (wanted !== undefined && stands === undefined && unmet) {
    const has = workload.dataplane === 'none' ? 'have no sidecar' : 'have a sidecar';
    yield {
      ...placeOf(object, ['metadata', 'labels', INJECT]),
      message: `This label has no effect: it is not on the pods, which ${has}. It belongs under \`spec.template.metadata.labels\`.`,
      related: [],
      fixes: () => offered(addToPods(snapshot, object, 'labels', INJECT, wanted, 'Label the pods', true)),
    };
  }
  for (const [key, value] of Object.entries(annotations)) {
    if (!POD_ANNOTATIONS.has(key) || template.annotations[key] !== undefined) continue;
    // without a sidecar, or with a label that decides, there is nothing for it to do
    if (workload.dataplane === 'none' && key !== INJECT) continue;
    if (key === INJECT && (value !== 'false' || workload.dataplane !== 'sidecar' || wanted !== undefined)) continue;
    yield {
      ...placeOf(object, ['metadata', 'annotations', key], 'key'),
      message:
        'This annotation has no effect: it is not on the pods. It belongs under `spec.template.metadata.annotations`.',
      related: [],
      fixes: () => offered(addToPods(snapshot, object, 'annotations', key, value, 'Annotate the pods', true)),
    };
  }
}

function* asAnnotation(snapshot: Snapshot, workload: Workload, object: WorkloadObject): Generator<Finding> {
  const { labels, annotations } = object.spec.template;
  const value = annotations[INJECT];
  const path = podPath(object, 'annotations', INJECT);
  if (value === 'true' && labels[INJECT] === undefined && workload.reason.code === 'no-injection-label') {
    yield {
      ...placeOf(object, path),
      message: `This annotation gives the pod no sidecar: in a namespace without an injection label only the label \`${INJECT}\` does.`,
      related: [],
      fixes: () => offered(addToPods(snapshot, object, 'labels', INJECT, 'true', 'Label the pods', true)),
    };
  }
  if (value === 'false' && labels[INJECT] === 'true' && workload.dataplane === 'sidecar') {
    yield {
      ...placeOf(object, path),
      message: `This annotation has no effect: the label \`${INJECT}: "true"\` goes before it, and the pod gets a sidecar.`,
      related: [{ ...placeOf(object, podPath(object, 'labels', INJECT)), message: 'the label' }],
    };
  }
}

/** `istio-injection` is a label. */
function* onNamespace(snapshot: Snapshot, namespace: Namespace): Generator<Finding> {
  const { labels, annotations } = namespace.metadata;
  const value = annotations[INJECTION];
  if (value !== 'enabled' || labels[INJECTION] !== undefined || labels['istio.io/rev'] !== undefined) return;
  yield {
    ...placeOf(namespace, ['metadata', 'annotations', INJECTION], 'key'),
    message: `\`${INJECTION}\` is a label; as an annotation it has no effect, and pods get no sidecar.`,
    related: [],
    fixes: () => offered(addLabel(snapshot, namespace)),
  };
}

function addLabel(snapshot: Snapshot, namespace: KubernetesObject) {
  const { document, prefix } = namespace.source;
  const tree = { [INJECTION]: 'enabled' };
  return document.has([...prefix, 'metadata', 'labels'])
    ? addEntry(snapshot, namespace, ['metadata', 'labels'], tree, 'Label the namespace', true)
    : addEntry(snapshot, namespace, ['metadata'], { labels: tree }, 'Label the namespace', true);
}
