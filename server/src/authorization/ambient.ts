// May this client reach that port of an ambient workload? ztunnel judges connections, with or without an identity.
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import type { Mesh } from '../mesh/mesh';
import type { Workload } from '../mesh/workload';
import { identityOf } from '../mtls/handshake';
import { ztunnelAllows, ztunnelPolicies } from '../mtls/ztunnel-authorization';

export interface ZtunnelAccess {
  readonly decision: 'allow' | 'deny';
  /** The policies that match in the filter that decided; for a denial by lack of a match, the ALLOW policies. */
  readonly by: readonly AuthorizationPolicy[];
  readonly reason: 'deny-matches' | 'allow-matches' | 'no-allow-matches' | 'no-allow-policy';
}

/** @param client undefined for a connection without identity: plaintext */
export function ztunnelAccess(mesh: Mesh, client: Workload | undefined, server: Workload, port: number): ZtunnelAccess {
  const { settings, authorizationPolicies } = mesh;
  const policies = ztunnelPolicies(authorizationPolicies, server.namespace, server.labels, settings.rootNamespace);
  const connection = { identity: client && identityOf(settings, client), port };
  const denying = policies.filter((policy) => policy.spec.action === 'DENY' && !ztunnelAllows([policy], connection));
  if (denying.length > 0) return { decision: 'deny', by: denying, reason: 'deny-matches' };
  const allows = policies.filter(({ spec }) => spec.action === 'ALLOW');
  if (allows.length === 0) return { decision: 'allow', by: [], reason: 'no-allow-policy' };
  const matching = allows.filter((policy) => ztunnelAllows([policy], connection));
  return matching.length > 0
    ? { decision: 'allow', by: matching, reason: 'allow-matches' }
    : { decision: 'deny', by: allows, reason: 'no-allow-matches' };
}
