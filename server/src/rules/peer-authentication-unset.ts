// peer-authentication-unset: a PeerAuthentication that sets no mode leaves everything as it is.
import type { PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { hasLabels } from '../manifest/kinds/peer-authentication';
import { namespaceMode } from '../mtls/server-mode';
import { objectName, placeOf } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import { isPatch } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';

export const peerAuthenticationUnset: Rule = {
  id: 'peer-authentication-unset',
  severity: 'information',
  summary: 'A PeerAuthentication sets no mode.',
  happens:
    '`UNSET`, or no `mode` at all, means that the mode is inherited: from the namespace, then from the mesh, then PERMISSIVE. The policy changes nothing, but it still takes the place of younger policies for the same pods.',
  remedy: 'State the mode that is meant, or remove the policy.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    // ztunnel composes policies in its own way, where such a policy can matter
    if (view.mesh.settings.ambient) return;
    for (const policy of here.peerAuthentications) {
      if (setsSomething(policy) || isPatch(snapshot, policy) || view.mtls.policies.of(here.name).duplicates.has(policy))
        continue;
      // a mode under another name is field-unknown
      if (policy.problems.some(({ code, path }) => code === 'unknown-field' && path[1] !== 'selector')) continue;
      yield finding(view, policy);
    }
  },
};

function setsSomething({ spec }: PeerAuthentication): boolean {
  const modes = [spec.mode, ...spec.portLevelMtls.values()];
  return modes.some((mode) => mode !== undefined && mode !== 'UNSET');
}

function finding({ mtls, mesh }: MeshView, policy: PeerAuthentication): Finding {
  const { namespace } = policy.metadata;
  const inherited = namespaceMode(mtls.policies, namespace);
  const from = inherited?.policy && inherited.policy !== policy ? `, from \`${objectName(inherited.policy)}\`` : '';
  const mode = inherited?.mode ?? 'PERMISSIVE';
  const whose = hasLabels(policy.spec.selector)
    ? 'the pods that it selects'
    : namespace === mesh.settings.rootNamespace
      ? 'the mesh'
      : `namespace \`${namespace}\``;
  const path = ['spec', 'mtls', 'mode'];
  const stated = policy.source.document.has([...policy.source.prefix, ...path]);
  return {
    ...(stated ? placeOf(policy, path) : placeOf(policy)),
    message: `This policy sets no mode: ${whose} ${hasLabels(policy.spec.selector) ? 'keep' : 'keeps'} ${mode}${from}.`,
    related: [],
  };
}
