// Every object that could have decided a connection, and why those that did not lost. For explanations, not for speed.
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import { hasLabels, type PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { selects } from '../manifest/object';
import { covers, expandHost, isWildcard } from '../mesh/host';
import type { MeshService } from '../mesh/service';
import type { Workload } from '../mesh/workload';
import type { MutualTls } from './mutual-tls';
import type { LookupStep } from './rule-lookup';
import type { LostReason, ModeDecision } from './server-mode';

/** Why a rule that covers a service's host is not what a client uses. */
type LostRuleReason =
  /** Its namespace is neither the client's nor the service's nor the root namespace. */
  | 'namespace-not-looked-at'
  /** `exportTo` keeps it from the client's namespace. */
  | 'not-exported'
  /** Rules of another namespace were found first. */
  | 'later-namespace'
  /** A rule of the same namespace has a more specific host. */
  | 'less-specific'
  /** Its `workloadSelector` does not select the client, or only works in its own namespace. */
  | 'not-selected'
  /** Another rule of the same host, in the same namespace, goes before it. */
  | 'other-rule-of-host'
  /** It is merged into the rule, but only the first traffic policy counts. */
  | 'merged-policy-unused';

export interface LostRule {
  readonly rule: DestinationRule;
  readonly reason: LostRuleReason;
}

export interface ConsideredRules {
  /** The step at which a rule was found, and the host pattern that covered the service. */
  readonly step: LookupStep | undefined;
  readonly pattern: string | undefined;
  readonly lost: readonly LostRule[];
}

/** The rules that cover a service's host, seen from one client. */
export function consideredRules(mtls: MutualTls, client: Workload, service: MeshService): ConsideredRules {
  const { settings, destinationRules } = mtls.mesh;
  const candidates = mtls.candidates(client.namespace, service);
  const winner = mtls.ruleFor(client, service);
  const looked = [client.namespace, service.namespace, settings.rootNamespace];
  const lost = destinationRules.flatMap((rule): LostRule[] => {
    const { namespace } = rule.metadata;
    const host = expandHost(rule.spec.host, namespace, settings.clusterDomain);
    if (!covers(host, service.host) || rule === (winner?.policyFrom ?? winner?.rule)) return [];
    if (winner?.from.includes(rule)) {
      return rule.spec.trafficPolicy && winner.policyFrom ? [{ rule, reason: 'merged-policy-unused' }] : [];
    }
    if (!looked.includes(namespace)) return [{ rule, reason: 'namespace-not-looked-at' }];
    const entry = candidates?.entries.find(({ from }) => from.includes(rule));
    if (entry) return [{ rule, reason: entry.selector ? 'not-selected' : 'other-rule-of-host' }];
    const selector = rule.spec.workloadSelector;
    const foreign = namespace !== client.namespace;
    if (selector && (foreign || !selects(selector.matchLabels, client.labels)))
      return [{ rule, reason: 'not-selected' }];
    if (foreign && !isExportedTo(rule, client.namespace)) return [{ rule, reason: 'not-exported' }];
    const first = candidates?.entries[0]?.namespace;
    return [
      { rule, reason: first === namespace && isLess(host, candidates!.pattern) ? 'less-specific' : 'later-namespace' },
    ];
  });
  return { step: candidates?.step, pattern: candidates?.pattern, lost };
}

function isExportedTo(rule: DestinationRule, namespace: string): boolean {
  const { exportTo } = rule.spec;
  return exportTo.length === 0 || exportTo.includes('*') || exportTo.includes(namespace);
}

function isLess(host: string, pattern: string): boolean {
  return isWildcard(host) && host !== pattern;
}

/** Why a policy that matches a workload does not decide its port. */
type LostPolicyReason = LostReason | 'overridden' | 'unset-mode' | 'duplicate';

export interface LostPeerAuthentication {
  readonly policy: PeerAuthentication;
  readonly reason: LostPolicyReason;
  /** What counts in its place, where there is something. */
  readonly winner: PeerAuthentication | undefined;
}

/** The policies that match a workload and do not decide the mode of one of its ports. */
export function lostPolicies(mtls: MutualTls, workload: Workload, decision: ModeDecision): LostPeerAuthentication[] {
  const { policies, mesh } = mtls;
  const root = policies.rootNamespace;
  const { namespace, labels } = workload;
  const already = mtls.policyOf(workload).lost;
  const known = new Set(already.map(({ policy }) => policy));
  const others = mesh.peerAuthentications.flatMap((policy): LostPeerAuthentication[] => {
    if (policy === decision.policy || known.has(policy)) return [];
    if (policy.metadata.namespace !== namespace && policy.metadata.namespace !== root) return [];
    if (hasLabels(policy.spec.selector) && !selects(policy.spec.selector!.matchLabels, labels)) return [];
    const first = policies.duplicates.get(policy);
    if (first) return [{ policy, reason: 'duplicate', winner: first }];
    const isSet = policy.spec.mode !== undefined && policy.spec.mode !== 'UNSET';
    return [{ policy, reason: isSet ? 'overridden' : 'unset-mode', winner: decision.policy }];
  });
  return [...already, ...others];
}
