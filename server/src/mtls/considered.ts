// Every object that could have decided a connection, and why those that did not lost. For explanations, not for speed.
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import { hasLabels, type PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { type KubernetesObject, selects } from '../manifest/object';
import { covers, expandHost } from '../mesh/host';
import { withInstalled } from '../mesh/installed';
import { withRoot } from '../mesh/namespace';
import type { MeshService } from '../mesh/service';
import type { Workload } from '../mesh/workload';
import type { MutualTls } from './mutual-tls';
import type { MergedRule } from './rule-index';
import type { LookupStep, RuleCandidates } from './rule-lookup';
import type { LostReason, ModeDecision } from './server-mode';

/**
 * Why an object is no part of the mesh at all: the API server refuses it, another istiod reads it, it comes twice,
 * something still fills it in.
 */
export type IgnoredBecause = 'rejected' | 'revision' | 'repeated' | 'open' | 'undiscovered';

/** Why a rule that covers a service's host is not what a client uses. */
export type LostRuleReason =
  | IgnoredBecause
  /** The client is in ambient mode, and ztunnel reads no rules. */
  | 'ztunnel'
  /** Its namespace is neither the client's nor the service's nor the root namespace. */
  | 'namespace-not-looked-at'
  /** `exportTo` keeps it from the client's namespace. */
  | 'not-exported'
  /** Rules of another namespace were found first. */
  | 'later-namespace'
  /** A rule of the same namespace has a more specific host. */
  | 'less-specific'
  /** A rule of the same namespace has a more specific host, and is kept from the client: both are passed over. */
  | 'hidden-by-more-specific'
  /** Its `workloadSelector` does not select the client, or only works in its own namespace. */
  | 'not-selected'
  /** Another rule of the same host, in the same namespace, goes before it. */
  | 'other-rule-of-host'
  /** It was merged into a rule that fewer clients may see, and is gone for the others. */
  | 'swallowed'
  /** It is merged into the rule, but only the first traffic policy counts. */
  | 'merged-policy-unused'
  /** It is merged into the rule, where a subset of its name was already. */
  | 'merged-subset-unused';

export interface LostRule {
  readonly rule: DestinationRule;
  readonly reason: LostRuleReason;
  /** What counts in its place, where one object does. */
  readonly winner: KubernetesObject | undefined;
}

export interface ConsideredRules {
  /** The step at which a rule was found, and the host pattern that covered the service. */
  readonly step: LookupStep | undefined;
  readonly pattern: string | undefined;
  /** Rules that act as one with the first; the rule itself is not among them. */
  readonly merged: readonly DestinationRule[];
  /** In the order in which namespaces are looked at. */
  readonly lost: readonly LostRule[];
}

/** The rules that cover a service's host, seen from one client. */
export function consideredRules(mtls: MutualTls, client: Workload, service: MeshService): ConsideredRules {
  const { settings, destinationRules } = mtls.mesh;
  const isCovering = (rule: DestinationRule): boolean =>
    covers(expandHost(rule.spec.host, rule.metadata.namespace, settings.clusterDomain), service.host);
  const covering = destinationRules.filter(isCovering);
  const ignored = ignoredOf(mtls, 'DestinationRule').filter(({ rule }) => isCovering(rule));
  if (client.dataplane === 'ambient') {
    const lost = covering.map((rule): LostRule => ({ rule, reason: 'ztunnel', winner: undefined }));
    return { step: undefined, pattern: undefined, merged: [], lost: [...lost, ...ignored] };
  }
  const candidates = mtls.candidates(client.namespace, service);
  const winner = mtls.ruleFor(client, service);
  const view: RuleView = { mtls, client, service, candidates, winner };
  const looked = [client.namespace, service.namespace, settings.rootNamespace];
  const place = ({ rule }: LostRule): number => {
    const at = looked.indexOf(rule.metadata.namespace);
    return at < 0 ? looked.length : at;
  };
  const lost = covering.flatMap((rule) => {
    if (rule === (winner?.policyFrom ?? winner?.rule)) return [];
    if (winner?.from.includes(rule)) return mergedLoss(winner, rule);
    return [{ rule, ...whyLost(view, rule) }];
  });
  return {
    step: candidates?.step,
    pattern: candidates?.pattern,
    merged: winner?.from.filter((rule) => rule !== (winner.policyFrom ?? winner.rule)) ?? [],
    lost: [...lost.sort((a, b) => place(a) - place(b)), ...ignored],
  };
}

interface RuleView {
  readonly mtls: MutualTls;
  readonly client: Workload;
  readonly service: MeshService;
  readonly candidates: RuleCandidates | undefined;
  readonly winner: MergedRule | undefined;
}

/** What a merged rule loses: its traffic policy to the first that has one, its subsets to earlier ones of their names. */
function mergedLoss(winner: MergedRule, rule: DestinationRule): LostRule[] {
  const first = winner.policyFrom ?? winner.rule;
  if (rule.spec.trafficPolicy && winner.policyFrom) return [{ rule, reason: 'merged-policy-unused', winner: first }];
  const repeated = rule.spec.subsets.find(({ name }) =>
    winner.subsets.some(({ subset, from }) => subset.name === name && from !== rule),
  );
  const from = repeated && winner.subsets.find(({ subset }) => subset.name === repeated.name)?.from;
  return from ? [{ rule, reason: 'merged-subset-unused', winner: from }] : [];
}

function whyLost(
  { mtls, client, service, candidates, winner }: RuleView,
  rule: DestinationRule,
): Omit<LostRule, 'rule'> {
  const { settings } = mtls.mesh;
  const { namespace } = rule.metadata;
  const chosen = winner?.policyFrom ?? winner?.rule;
  const lost = (reason: LostRuleReason, by: KubernetesObject | undefined = chosen): Omit<LostRule, 'rule'> => ({
    reason,
    winner: by,
  });
  if (![client.namespace, service.namespace, settings.rootNamespace].includes(namespace))
    return lost('namespace-not-looked-at', undefined);
  const entry = candidates?.entries.find(({ from }) => from.includes(rule));
  if (entry) {
    const isFor = !entry.selector || selects(entry.selector.matchLabels, client.labels);
    return isFor ? lost('other-rule-of-host') : lost('not-selected', undefined);
  }
  const selector = rule.spec.workloadSelector;
  const foreign = namespace !== client.namespace;
  if (selector && (foreign || !selects(selector.matchLabels, client.labels))) return lost('not-selected', undefined);
  if (foreign && !isExportedTo(rule, client.namespace, settings.defaultDestinationRuleExportTo))
    return lost('not-exported', undefined);
  const host = expandHost(rule.spec.host, namespace, settings.clusterDomain);
  const index = foreign ? mtls.rules(namespace).exported : mtls.rules(namespace).local;
  const nearest = index.mostSpecific(service.host);
  if (candidates?.entries[0]?.namespace === namespace)
    return candidates.pattern === host ? lost('other-rule-of-host') : lost('less-specific');
  if (foreign && nearest && !nearest.value.some((each) => isShown(each, client.namespace))) {
    const holder = nearest.value.find(({ from }) => from.includes(rule));
    if (holder) return lost('swallowed', holder.rule);
    if (nearest.pattern !== host) return lost('hidden-by-more-specific', nearest.value[0]?.rule);
  }
  const holder = foreign && index.get(host)?.find(({ from }) => from.includes(rule) && from[0] !== rule);
  if (holder && !isShown(holder, client.namespace)) return lost('swallowed', holder.rule);
  return lost('later-namespace');
}

function isShown({ exportTo }: MergedRule, namespace: string): boolean {
  return exportTo.size === 0 || exportTo.has('*') || exportTo.has(namespace);
}

function isExportedTo({ spec }: DestinationRule, namespace: string, defaults: readonly string[]): boolean {
  if (spec.exportTo.length === 0) return !defaults.includes('.');
  return spec.exportTo.includes('*') || spec.exportTo.includes(namespace);
}

/** Rules that are no part of the mesh. */
function ignoredOf(mtls: MutualTls, kind: 'DestinationRule'): LostRule[] {
  return mtls.mesh.ignored.flatMap((object) => {
    const reason = mtls.mesh.ignoredReason(object);
    return object.kind === kind && reason ? [{ rule: object, reason: reason.code, winner: reason.winner }] : [];
  });
}

/** Why a policy that could decide a workload's port does not. */
export type LostPolicyReason = LostReason | IgnoredBecause | 'overridden' | 'unset-mode' | 'duplicate';

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
  const isNear = (policy: PeerAuthentication): boolean =>
    (policy.metadata.namespace === namespace || policy.metadata.namespace === root) &&
    (!hasLabels(policy.spec.selector) || selects(policy.spec.selector!.matchLabels, labels));
  const already = mtls.policyOf(workload).lost.filter(({ policy }) => policy !== decision.policy);
  const known = new Set<PeerAuthentication>(already.map(({ policy }) => policy));
  const others = withRoot(mesh, namespace, (each) =>
    withInstalled(mesh.settings, each.name, each.peerAuthentications),
  ).flatMap((policy): LostPeerAuthentication[] => {
    if (policy === decision.policy || known.has(policy) || !isNear(policy)) return [];
    const first = policies.of(policy.metadata.namespace).duplicates.get(policy);
    if (first) return [{ policy, reason: 'duplicate', winner: first }];
    const isSet = policy.spec.mode !== undefined && policy.spec.mode !== 'UNSET';
    return [{ policy, reason: isSet ? 'overridden' : 'unset-mode', winner: decision.policy }];
  });
  const ignored = withRoot(mesh, namespace, (each) => each.ignored).flatMap((object): LostPeerAuthentication[] => {
    const reason = mesh.ignoredReason(object);
    return object.kind === 'PeerAuthentication' && reason && isNear(object)
      ? [{ policy: object, reason: reason.code, winner: reason.winner as PeerAuthentication | undefined }]
      : [];
  });
  return [...already, ...others, ...ignored];
}
