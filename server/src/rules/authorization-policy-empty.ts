// authorization-policy-empty: an AuthorizationPolicy without rules allows nothing, one with an empty rule everything.
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import type { Mesh } from '../mesh/mesh';
import { workloadKey } from '../mesh/workload';
import { count, placeOf } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import { valueAt } from '../yaml/edit';
import type { Path } from '../yaml/range';
import { isEnforced, policiesOn, wholePolicies, workloadsOf } from './policies';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const authorizationPolicyEmpty: Rule = {
  id: 'authorization-policy-empty',
  severity: 'warning',
  summary: 'An AuthorizationPolicy without rules allows nothing, and one with an empty rule everything.',
  happens:
    'ALLOW without `rules` matches no request, and as there is an ALLOW policy, all that no other one allows is refused. A rule that asks for nothing (`- {}`, or `from: []`) matches every request: beside it no other rule of the policy counts. As a default for a namespace both are common, and then this is information.',
  remedy: 'Write the rules, or name the policy `deny-all` or `allow-all` if that is meant.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const policy of wholePolicies(snapshot, here)) {
      if (!isEnforced(policy) || policy.spec.action === 'CUSTOM') continue;
      const { rules } = policy.spec;
      if (rules.length === 0) yield* withoutRules(view, policy);
      const empty = rules.find((rule) => rule.from.length + rule.to.length + rule.when.length === 0);
      if (empty) yield withEmptyRule(policy, empty.path);
    }
  },
};

/** A default that allows nothing is what Istio advises; where nothing else allows anything it may be an accident. */
function* withoutRules(view: MeshView, policy: AuthorizationPolicy): Iterable<Finding> {
  if (policy.spec.action !== 'ALLOW') return;
  const workloads = workloadsOf(view, policy).filter(
    ({ dataplane }) => dataplane === 'sidecar' || dataplane === 'ambient' || dataplane === 'gateway',
  );
  const shut = workloads.filter((workload) =>
    policiesOn(view.mesh, workload).allow.every(({ spec }) => spec.rules.length === 0),
  );
  const isMeant = /deny|nothing|none|block|lock|default/i.test(policy.metadata.name);
  const isAccident = !isMeant && (/allow|permit/i.test(policy.metadata.name) || hasKey(policy, 'rules'));
  const names = listed(shut.map(workloadKey), 3);
  const who =
    shut.length > 0
      ? `${names} ${shut.length === 1 ? 'refuses' : 'refuse'} every request`
      : `every request that no other policy allows is refused${scope(view.mesh, policy)}`;
  yield {
    ...placeOf(policy, hasKey(policy, 'rules') ? ['spec', 'rules'] : undefined, 'key'),
    severity: isAccident && shut.length > 0 ? 'warning' : 'information',
    message: `An ALLOW policy without rules allows nothing: ${who}.`,
    related: [],
  };
}

function scope({ settings }: Mesh, policy: AuthorizationPolicy): string {
  const { namespace } = policy.metadata;
  if (policy.spec.selector) return '';
  return namespace === settings.rootNamespace ? ' in the whole mesh' : ` in namespace \`${namespace}\``;
}

function hasKey(policy: AuthorizationPolicy, name: string): boolean {
  const { document, prefix } = policy.source;
  return document.has([...prefix, 'spec', name]);
}

function withEmptyRule(policy: AuthorizationPolicy, path: Path): Finding {
  const { action, rules } = policy.spec;
  const { document, prefix } = policy.source;
  const written = Object.keys((valueAt(document.value, [...prefix, ...path]) as object | null) ?? {});
  const others = rules.length - 1;
  const whom = { ALLOW: 'allows every request', DENY: 'denies every request', AUDIT: '', CUSTOM: '' }[action];
  const beside =
    others > 0
      ? `, so ${count(others, 'other rule')} of this policy ${others === 1 ? 'changes' : 'change'} nothing`
      : '';
  const why =
    written.length > 0 ? `\`${written.join('` and `')}\` without entries asks for nothing: this rule` : 'An empty rule';
  return {
    ...placeOf(policy, written.length > 0 ? [...path, written[0]!] : path, written.length > 0 ? 'key' : 'value'),
    severity: others > 0 || written.length > 0 ? 'warning' : 'information',
    message: `${why} ${whom}${beside}.`,
    related: [],
  };
}
