// request-authentication-selects-nothing: the selector of a RequestAuthentication fits no workload.
import { hasLabels } from '../manifest/kinds/peer-authentication';
import type { Finding, Rule, RuleContext } from './rule';
import { unselected } from './unselected';

export const requestAuthenticationSelectsNothing: Rule = {
  id: 'request-authentication-selects-nothing',
  severity: 'warning',
  summary: 'The selector of a RequestAuthentication fits no workload.',
  happens:
    'No token is looked at: bad ones pass, and policies that ask for a `requestPrincipal` never match. In the root namespace a selector looks in every namespace, elsewhere in its own.',
  remedy: "Put the object into the workload's namespace, and select by labels of the pod template.",
  peers: ['KIA0004'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const { mesh } = view;
    for (const policy of here.requestAuthentications) {
      const { selector } = policy.spec;
      if (!selector || !hasLabels(selector)) continue;
      const everywhere = here.name === mesh.settings.rootNamespace;
      const path = ['spec', 'selector', 'matchLabels'];
      const finding = unselected(snapshot, mesh, { policy, labels: selector.matchLabels, path, everywhere });
      if (finding) yield finding;
    }
  },
};
