// authorization-policy-selects-nothing: the selector of an AuthorizationPolicy fits no workload.
import { hasLabels } from '../manifest/kinds/peer-authentication';
import type { Finding, Rule, RuleContext } from './rule';
import { unselected } from './unselected';

export const authorizationPolicySelectsNothing: Rule = {
  id: 'authorization-policy-selects-nothing',
  severity: 'warning',
  summary: 'The selector of an AuthorizationPolicy fits no workload.',
  happens:
    'The policy has no effect: what it denies is let in, and what it allows is left to other policies. In the root namespace a selector looks in every namespace, elsewhere in its own.',
  remedy: "Put the policy into the workload's namespace, and select by labels of the pod template.",
  peers: ['IST0127', 'KIA0004'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const { mesh } = view;
    for (const policy of here.authorizationPolicies) {
      const { selector } = policy.spec;
      if (!selector || !hasLabels(selector)) continue;
      const everywhere = here.name === mesh.settings.rootNamespace;
      const path = ['spec', 'selector', 'matchLabels'];
      const finding = unselected(snapshot, mesh, { policy, labels: selector.matchLabels, path, everywhere });
      if (finding) yield finding;
    }
  },
};
