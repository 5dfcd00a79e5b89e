// What is in ambient mode as far as labels show it, and which waypoint stands before it.
import type { Labels } from '../manifest/object';
import type { Mesh } from '../mesh/mesh';
import { ambientReason, type Workload } from '../mesh/workload';
import type { MeshView } from '../workspace/workspace';
import { gathered } from './gather';

export const DATAPLANE_MODE = 'istio.io/dataplane-mode';
const USE_WAYPOINT = 'istio.io/use-waypoint';

/** True for a pod whose labels put it into ambient mode, and that has no sidecar. */
export function isAmbientPod(mesh: Mesh, workload: Workload): boolean {
  const { dataplane, object } = workload;
  if (dataplane === 'ambient') return true;
  if (dataplane !== 'none' || object.kind === 'KubernetesGateway') return false;
  return ambientReason(object, mesh.labelled(workload.namespace)) !== undefined;
}

/** Every such pod of a mesh. */
export const ambientPods = gathered(({ mesh }, { workloads }) => workloads.filter((each) => isAmbientPod(mesh, each)));

/** True for a namespace with the label; its pods may opt out. */
export function isAmbientNamespace(mesh: Mesh, namespace: string): boolean {
  return mesh.labelled(namespace)?.metadata.labels[DATAPLANE_MODE] === 'ambient';
}

/** True when anything in the mesh is in ambient mode. */
export function hasAmbient(view: MeshView): boolean {
  return ambientNamespaces(view).length > 0;
}

/** The namespaces in which something is in ambient mode. */
const ambientNamespaces = gathered(({ mesh }, { name, workloads }) =>
  isAmbientNamespace(mesh, name) || workloads.some((workload) => isAmbientPod(mesh, workload)) ? [name] : [],
);

/** True when some proxy of a sidecar or gateway is known, or may be there: it reads what ztunnel does not. */
export function hasProxies(view: MeshView): boolean {
  return withProxies(view).length > 0;
}

/** The namespaces with such proxies. */
const withProxies = gathered((_, { name, workloads }) =>
  workloads.some(({ dataplane }) => ['sidecar', 'gateway', 'proxyless', 'unknown'].includes(dataplane)) ? [name] : [],
);

/** The waypoint that labels name, `none` counting as none; whether it exists is another question. */
export function waypointNamed(mesh: Mesh, namespace: string, labels: Labels): string | undefined {
  const name = labels[USE_WAYPOINT] || mesh.labelled(namespace)?.metadata.labels[USE_WAYPOINT];
  return name === '' || name === 'none' ? undefined : name;
}
