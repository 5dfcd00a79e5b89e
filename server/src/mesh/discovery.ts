// Which namespaces istiod looks into. What stands in others does not exist for it; their pods can still be clients.
// istiod: pkg/kube/namespace/filter.go:isSelectedLocked.
import { selectsLabels } from '../manifest/kinds/label-selector';
import type { KnownObject, Namespace } from '../manifest/read';
import type { MeshSettings } from './settings';

/** Istio's own kinds, which istiod reads by revision too (pilot/pkg/config/kube/crdclient/client.go:inRevision). */
export const REVISIONED: ReadonlySet<string> = new Set([
  'PeerAuthentication',
  'RequestAuthentication',
  'AuthorizationPolicy',
  'DestinationRule',
  'ServiceEntry',
  'WorkloadEntry',
  'Sidecar',
  'VirtualService',
  'Gateway',
]);

/** Kinds that istiod reads namespace by namespace. */
const READ: ReadonlySet<string> = new Set([...REVISIONED, 'Service', 'KubernetesGateway', 'BackendTLSPolicy']);

/** True for objects that do not exist for istiod where their namespace is not discovered. */
export function isReadByNamespace({ kind }: Pick<KnownObject, 'kind'>): boolean {
  return READ.has(kind);
}

/**
 * Whether `discoverySelectors` take the namespace. One whose labels no manifest shows is taken.
 * @param object the Namespace; the API server gives it a label with its name
 */
export function isDiscovered({ discoverySelectors }: MeshSettings, object: Namespace | undefined): boolean {
  if (discoverySelectors.length === 0 || !object) return true;
  const labels = { 'kubernetes.io/metadata.name': object.metadata.name, ...object.metadata.labels };
  return discoverySelectors.some((selector) => selectsLabels(selector, labels));
}
