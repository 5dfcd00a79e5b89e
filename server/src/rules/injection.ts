// What the rules about injection share: the places of labels and annotations, and values that are written as strings.
import { WORKLOAD_KINDS, type WorkloadObject } from '../manifest/kinds/workload';
import type { KubernetesObject } from '../manifest/object';
import type { MeshNamespace } from '../mesh/mesh';
import type { Workload } from '../mesh/workload';
import type { Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { editable } from './editable';
import { addEntry, setField } from './fixes';
import type { Fix } from './rule';

export const INJECT = 'sidecar.istio.io/inject';
export const INJECTION = 'istio-injection';
export const REVISION = 'istio.io/rev';

/** A workload with the object that makes its pods. */
export interface Injectable {
  readonly workload: Workload;
  readonly object: WorkloadObject;
}

/** Everything with a pod template in a namespace. */
export function injectables({ workloads }: MeshNamespace): Injectable[] {
  return workloads.flatMap((workload): Injectable[] => {
    const { object } = workload;
    return object.kind === 'KubernetesGateway' ? [] : [{ workload, object }];
  });
}

/** True for objects that make pods by a template, so that labels of their own are not those of the pods. */
export function hasTemplate(object: KubernetesObject): object is WorkloadObject {
  return object.kind !== 'Pod' && WORKLOAD_KINDS.some((kind) => kind === object.kind);
}

/** The path of a label or annotation of the pods. */
export function podPath(object: WorkloadObject, part: 'labels' | 'annotations', key: string): Path {
  return [...object.spec.template.path, 'metadata', part, key];
}

/** Sets a label or annotation to `true` or `false`, which only in quotes is a string. */
export function setText(
  snapshot: Snapshot,
  object: KubernetesObject,
  path: Path,
  value: string,
  title: string,
  preferred = false,
): Fix | undefined {
  const at = editable(snapshot, object, path);
  const range = at?.document.rangeOf(at.path);
  const isQuoted = range !== undefined && /["']/.test(at?.file.text[range.start] ?? '');
  const needsQuotes = value === 'true' || value === 'false';
  return setField(snapshot, object, path, isQuoted || !needsQuotes ? value : `"${value}"`, title, preferred);
}

/** Adds a label or annotation to the pods, with the mapping for it where there is none. */
export function addToPods(
  snapshot: Snapshot,
  object: WorkloadObject,
  part: 'labels' | 'annotations',
  key: string,
  value: string,
  title: string,
  preferred = false,
): Fix | undefined {
  const metadata = [...object.spec.template.path, 'metadata'];
  const { document, prefix } = object.source;
  if (document.has([...prefix, ...metadata, part]))
    return addEntry(snapshot, object, [...metadata, part], { [key]: value }, title, preferred);
  if (!document.has([...prefix, ...metadata])) return undefined;
  return addEntry(snapshot, object, metadata, { [part]: { [key]: value } }, title, preferred);
}
