// authorization-rule-split: what was probably one rule of an AuthorizationPolicy is two, and either is enough.
import type { AuthorizationPolicy, AuthorizationRule } from '../manifest/kinds/authorization-policy';
import { workloadKey } from '../mesh/workload';
import { placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { joinToItemBefore } from './fix-fields';
import { offered } from './fixes';
import { askedBy, isEnforced, knownPorts, portsOf, wholePolicies, workloadsOf } from './policies';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const authorizationRuleSplit: Rule = {
  id: 'authorization-rule-split',
  severity: 'warning',
  summary: 'One rule of an AuthorizationPolicy says who, the next says what, and either is enough.',
  happens:
    '`- from:` and `- to:` with a dash each are two rules: the first lets its clients do everything, the second lets everybody do what it names. Where the second is for all ports, the policy lets everybody in; otherwise this is information.',
  remedy: 'Write `to` into the rule with `from`, without a dash: then both are asked for.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const policy of wholePolicies(snapshot, here)) {
      if (!isEnforced(policy) || policy.spec.action !== 'ALLOW') continue;
      for (const [index, rule] of policy.spec.rules.entries()) {
        const before = policy.spec.rules[index - 1];
        if (before && isOnlyFrom(before) && isOnlyTo(rule) && !isForAnybody(rule))
          yield finding(snapshot, view, policy, rule, index);
      }
    }
  },
};

function isOnlyFrom(rule: AuthorizationRule): boolean {
  return rule.from.length > 0 && rule.to.length === 0 && rule.when.length === 0;
}

function isOnlyTo(rule: AuthorizationRule): boolean {
  return rule.to.length > 0 && rule.from.length === 0 && rule.when.length === 0;
}

/** What is commonly open to everybody: health, metrics, documents. */
function isForAnybody(rule: AuthorizationRule): boolean {
  const usual = /health|live|ready|metrics|ping|status|info|version|public|static|login|well-known|favicon|docs/i;
  return rule.to.every((matches) => {
    const paths = matches.filter(({ field, negated }) => field === 'paths' && !negated).flatMap(({ values }) => values);
    return paths.length > 0 && paths.every((path) => usual.test(path));
  });
}

function finding(
  snapshot: Snapshot,
  view: MeshView,
  policy: AuthorizationPolicy,
  rule: AuthorizationRule,
  index: number,
): Finding {
  // without a namespace it goes wherever it is applied, and without a selector nothing tells to whom
  const isPlaced = policy.metadata.namespaceStated || policy.spec.selector !== undefined;
  const open = (isPlaced ? workloadsOf(view, policy) : []).filter((workload) => {
    const ports = knownPorts(view, workload);
    const named = portsOf(rule);
    const isAboutPorts = askedBy(rule).every(({ name, negated }) => name === 'ports' && !negated);
    return isAboutPorts && named !== undefined && ports.length > 0 && ports.every((port) => named.has(port));
  });
  const whom = listed(open.map(workloadKey), 3);
  return {
    ...placeOf(policy, [...rule.path, 'to'], 'key'),
    ...(open.length === 0 && { severity: 'information' as const }),
    message:
      open.length > 0
        ? `This is a rule of its own and lets every client in to ${whom}: it is for all ports, so the rule before it changes nothing. Without the dash \`to\` belongs to that rule.`
        : 'This is a rule of its own: it lets every client do this, and the rule before it lets its clients do everything. Without the dash `to` belongs to that rule, and both are asked for.',
    related: [
      {
        ...placeOf(policy, [...(policy.spec.rules[index - 1]?.path ?? [])]),
        message: 'the rule before',
      },
    ],
    fixes: () => {
      const list = rule.path.slice(0, -1);
      return offered(joinToItemBefore(snapshot, policy, list, index, 'Ask for both in one rule: take the dash away'));
    },
  };
}
