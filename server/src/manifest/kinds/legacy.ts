// Kinds of Istio 1.4 and before that today's istiod does not read: kept as written, so that they can be named and
// translated.
import { isMapping } from '../fields';
import type { KubernetesObject } from '../object';

/** The kinds with the API group that each was of. */
export const LEGACY_KINDS = {
  Policy: 'authentication.istio.io',
  MeshPolicy: 'authentication.istio.io',
  ServiceRole: 'rbac.istio.io',
  ServiceRoleBinding: 'rbac.istio.io',
  RbacConfig: 'rbac.istio.io',
  ClusterRbacConfig: 'rbac.istio.io',
} as const;
type LegacyName = keyof typeof LEGACY_KINDS;
export type LegacyKind = `Legacy${LegacyName}`;

/** `spec` as it stands. */
export interface LegacySpec {
  readonly raw: Readonly<Record<string, unknown>>;
}
export type LegacyObject = KubernetesObject<LegacyKind, LegacySpec>;

export function readLegacy(spec: unknown): LegacySpec {
  return { raw: isMapping(spec) ? spec : {} };
}

/** True for an object of one of these kinds. */
export function isLegacy(object: KubernetesObject): object is LegacyObject {
  return object.kind.startsWith('Legacy');
}
