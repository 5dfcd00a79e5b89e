// ambient-http-rule: a policy asks for parts of requests where only ztunnel judges, which reads none.
import type { AuthorizationPolicy, AuthorizationRule } from '../manifest/kinds/authorization-policy';
import type { RequestAuthentication } from '../manifest/kinds/request-authentication';
import { type Workload, workloadKey } from '../mesh/workload';
import { placeOf } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import { isAmbientNamespace, isAmbientPod } from './ambient';
import { isPatch } from './placeholders';
import { type Asked, askedBy, isEnforced, isHttp, policiesOn, portsOf, wholePolicies, workloadsOf } from './policies';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const ambientHttpRule: Rule = {
  id: 'ambient-http-rule',
  severity: 'warning',
  summary: 'A policy for ambient workloads asks for parts of requests, which ztunnel does not read.',
  happens:
    'ztunnel knows identities, addresses and ports. An ALLOW rule with anything else is left out, and if no other rule allows it every connection is refused. A DENY rule loses such fields: it denies more than it says, or nothing if nothing else is left. CUSTOM and AUDIT policies and RequestAuthentications do nothing there.',
  remedy: 'Give the Service a waypoint and attach the policy to it: `targetRefs` instead of `selector`.',
  peers: ['KIA0109', 'KIA0110', 'KIA1110', 'KIA1115', 'KIA1317'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const policy of wholePolicies(snapshot, here)) {
      if (policy.spec.dryRun || policy.spec.targetRefs.length > 0) continue;
      const target = targetOf(view, policy);
      if (!target) continue;
      const { action } = policy.spec;
      if (action === 'CUSTOM' || action === 'AUDIT') {
        yield {
          ...placeOf(policy, ['spec', 'action']),
          message: `${target.words} in ambient mode, where ztunnel takes no ${action} policies: this one has no effect there.`,
          related: [],
        };
        continue;
      }
      for (const rule of isEnforced(policy) ? policy.spec.rules : []) {
        const unread = askedBy(rule).filter(isUnread);
        if (unread.length > 0) yield finding(view, policy, rule, unread[0]!, target);
      }
    }
    for (const policy of here.requestAuthentications) {
      if (isPatch(snapshot, policy) || policy.spec.targetRefs.length > 0) continue;
      const target = targetOf(view, policy);
      if (!target) continue;
      yield {
        ...placeOf(policy),
        message: `${target.words} in ambient mode, where ztunnel reads no tokens: this RequestAuthentication has no effect there.`,
        related: [],
      };
    }
  },
};

interface AmbientTarget {
  /** `` `shop/cart` is`` or `` namespace `shop` is `` */
  readonly words: string;
  readonly workloads: readonly Workload[];
}

/** The ambient pods on which a policy acts, if they are all that is known; or its namespace. */
function targetOf(view: MeshView, policy: AuthorizationPolicy | RequestAuthentication): AmbientTarget | undefined {
  const { mesh } = view;
  const { namespace } = policy.metadata;
  const workloads = workloadsOf(view, policy);
  const ambient = workloads.filter((workload) => isAmbientPod(mesh, workload));
  if (ambient.length > 0) {
    const words = `${listed(ambient.map(workloadKey), 3)} ${ambient.length === 1 ? 'is' : 'are'}`;
    return { words, workloads: ambient };
  }
  if (workloads.length > 0 || policy.spec.selector || !isAmbientNamespace(mesh, namespace)) return undefined;
  return { words: `Namespace \`${namespace}\` is`, workloads: [] };
}

const UNREAD = new Set([
  'remoteIpBlocks',
  'remote.ip',
  'connection.sni',
  'source.serviceAccount',
  'source.trustDomain',
]);

function isUnread(asked: Asked): boolean {
  return isHttp(asked) || UNREAD.has(asked.name) || asked.name.startsWith('experimental.');
}

function finding(
  view: MeshView,
  policy: AuthorizationPolicy,
  rule: AuthorizationRule,
  asked: Asked,
  { words, workloads }: AmbientTarget,
): Finding {
  const field = asked.part === 'when' ? asked.name : String(asked.path.at(-1));
  return {
    ...placeOf(policy, asked.path, 'key'),
    message: `${words} in ambient mode, where ztunnel cannot read \`${field}\`: ${effect(view, policy, rule, workloads)}.`,
    related: [],
  };
}

function effect(
  view: MeshView,
  policy: AuthorizationPolicy,
  rule: AuthorizationRule,
  workloads: readonly Workload[],
): string {
  if (policy.spec.action === 'DENY') {
    const left = askedBy(rule).filter((each) => !isUnread(each));
    return left.length === 0 ? 'the rule denies nothing' : 'the rule denies whatever else it names, without this';
  }
  const others = workloads.length > 0 && workloads.every((workload) => isAllowedByOthers(view, workload));
  return others ? 'the rule is left out' : 'the rule is left out, and what no other one allows is refused';
}

function isAllowedByOthers(view: MeshView, workload: Workload): boolean {
  return policiesOn(view.mesh, workload).allow.some(({ spec }) =>
    spec.rules.some((rule) => !askedBy(rule).some(isUnread) && portsOf(rule) === undefined),
  );
}
