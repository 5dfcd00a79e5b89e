// peer-authentication-selects-nothing: the selector of a PeerAuthentication fits no workload of its namespace.
import { hasLabels } from '../manifest/kinds/peer-authentication';
import type { Finding, Rule, RuleContext } from './rule';
import { unselected } from './unselected';

export const peerAuthenticationSelectsNothing: Rule = {
  id: 'peer-authentication-selects-nothing',
  severity: 'warning',
  summary: 'The selector of a PeerAuthentication fits no workload of its namespace.',
  happens: 'The policy has no effect; the workloads keep the mode of their namespace or of the mesh.',
  remedy: "Put the policy into the workload's namespace, and select by labels of the pod template.",
  peers: ['KIA0004'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const { mesh } = view;
    // in the root namespace a selector is ignored anyway: peer-authentication-ignored
    if (here.name === mesh.settings.rootNamespace) return;
    for (const policy of here.peerAuthentications) {
      const { selector } = policy.spec;
      if (!hasLabels(selector)) continue;
      const path = ['spec', 'selector', 'matchLabels'];
      const finding = unselected(snapshot, mesh, { policy, labels: selector!.matchLabels, path });
      if (finding) yield finding;
    }
  },
};
