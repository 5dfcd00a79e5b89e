// Which Istio is meant, and what its minor versions do differently. Every change that bears on an answer is in this one
// list (docs/versions.md); the code that differs asks `since`.
import type { KnownObject } from '../manifest/read';
import type { MeshSettings } from './settings';

/** The minor version of Istio 1 whose code the answers are checked against. */
export const NEWEST_VERSION = 31;
/** Older ones differ in more than this list has. */
export const OLDEST_VERSION = 20;

/** The minor version since which istiod behaves as the name says, by its release notes. */
const CHANGES = {
  /**
   * DestinationRules of one host are merged only if their `exportTo` agree. Before, all of one namespace were.
   * 1.24 change notes, `ENABLE_ENHANCED_DESTINATIONRULE_MERGE`; model/destination_rule.go:mergeDestinationRule.
   */
  'destination-rules-merge-by-export': 24,
  /**
   * Of several services of one host a client takes its own namespace's, then a Kubernetes Service. Before, clients
   * without a Sidecar preferred a Kubernetes Service to their own namespace's ServiceEntry, and clients with one knew
   * no preference for Kubernetes Services. 1.24 upgrade notes, `PILOT_UNIFIED_SIDECAR_SCOPE`; model/sidecar.go.
   */
  'one-order-of-services': 24,
  /**
   * A ServiceEntry may say `resolution: DYNAMIC_DNS`. Before, the API server refused it. 1.28 change notes.
   */
  'dynamic-dns': 28,
  /**
   * Where a VirtualService leads to a host of several namespaces, a Kubernetes Service is taken, then the oldest. Before,
   * the first visible namespace of the alphabet. 1.30 upgrade notes, `PILOT_SIDECAR_PICK_BEST_SERVICE_NAMESPACE`;
   * model/sidecar.go:pickBestVisibleNamespace.
   */
  'best-namespace-for-routes': 30,
  /**
   * `~` before a namespace excludes it from a Sidecar's egress hosts. Before, `~namespace/host` was refused, and
   * `~/host` imported nothing. 1.31 change notes; model/sidecar.go:convertIstioListenerToWrapper.
   */
  'sidecar-exclusions': 31,
  /**
   * `defaultServiceExportTo` and `defaultVirtualServiceExportTo` are read as any `exportTo`. Before, only `.`, which went
   * first, and `*` meant anything in them. 1.31 change notes; model/push_context.go:initServiceRegistry.
   */
  'default-export-lists': 31,
} as const;

export type VersionedBehaviour = keyof typeof CHANGES;

/** True where the version in the settings has the newer behaviour. */
export function since(settings: MeshSettings, behaviour: VersionedBehaviour): boolean {
  return settings.istioVersion >= CHANGES[behaviour];
}

/** The minor version in `1.28`, `v1.28` or `1.28.3`; undefined for anything else and for versions that are too old. */
export function parseVersion(text: string): number | undefined {
  const minor = Number(/^v?1\.(\d{1,3})(?:\.\S*)?$/.exec(text.trim())?.[1] ?? Number.NaN);
  return minor >= OLDEST_VERSION ? minor : undefined;
}

/** True for an object that admission of that version refuses although newer ones take it. */
export function isTooNew(object: KnownObject, settings: MeshSettings): boolean {
  if (object.kind === 'ServiceEntry') {
    return object.spec.resolution === 'DYNAMIC_DNS' && !since(settings, 'dynamic-dns');
  }
  if (object.kind !== 'Sidecar' || since(settings, 'sidecar-exclusions')) return false;
  return (object.spec.egress ?? []).some(({ hosts }) => hosts.some((host) => /^~[^/]/.test(host)));
}
