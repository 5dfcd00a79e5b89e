// Objects that could have decided and did not, each with the reason.
import type { IgnoredBecause, LostPeerAuthentication, LostRule, LostRuleReason } from '../mtls/considered';
import { objectName } from './names';
import { type Because, lostBecause } from './reasons';

/** Why an object is no part of the mesh. */
export const IGNORED: Readonly<Record<IgnoredBecause, string>> = {
  rejected: 'does not exist: the API server refuses it as it is written',
  revision: 'is not read: its label `istio.io/rev` hands it to another revision',
  repeated: 'does not count: another manifest of the same name does',
  undiscovered: 'does not exist for istiod: its namespace is not among the discovered ones',
  open: 'is left out: what fills it in is not known, and it may decide',
};

const LOST_RULES: Readonly<Record<Exclude<LostRuleReason, IgnoredBecause>, (winner: string) => string>> = {
  ztunnel: () => 'is not read: ztunnel sends for the client',
  'namespace-not-looked-at': () =>
    'is not looked at: only the namespaces of the client, the service and the mesh root are',
  'not-exported': () => 'is not shown to `CLIENT`: its `exportTo` leaves it out',
  'later-namespace': () => 'is not used: a rule was found before its namespace was asked',
  'less-specific': () => 'is not used: its host is less specific',
  'hidden-by-more-specific': (winner) =>
    `is not found: ${winner} has a more specific host, and is not shown to \`CLIENT\` itself`,
  'not-selected': () => 'is not used: its `workloadSelector` does not select the client',
  'other-rule-of-host': () => 'is not used: another rule of the same host and namespace goes before it',
  swallowed: (winner) => `is swallowed: it was merged into ${winner}, which is not shown to \`CLIENT\``,
  'merged-policy-unused': () =>
    'is merged in, but only the first traffic policy of a host counts, and this one is dropped',
  'merged-subset-unused': (winner) => `is merged in, but ${winner} has a subset of the same name first`,
};

/** @param namespace the client's */
export function lostRuleLine({ rule, reason, winner }: LostRule, namespace: string): Because {
  const path =
    reason === 'not-exported'
      ? ['spec', 'exportTo']
      : reason === 'revision'
        ? ['metadata', 'labels', 'istio.io/rev']
        : ['spec', 'host'];
  const by = winner ? `\`${objectName(winner)}\`` : 'another';
  const why = reason in IGNORED ? IGNORED[reason as IgnoredBecause] : LOST_RULES[reason as keyof typeof LOST_RULES](by);
  return {
    text: `\`${objectName(rule)}\` for host \`${rule.spec.host}\` ${why.replace('CLIENT', namespace)}`,
    object: rule,
    path,
  };
}

export function lostPolicyLine({ policy, reason, winner }: LostPeerAuthentication): Because {
  const name = `\`${objectName(policy)}\``;
  const by = winner ? `\`${objectName(winner)}\`` : '';
  switch (reason) {
    case 'overridden':
      return {
        text: `${name} (${policy.spec.mode}) is overridden: ${winner?.spec.selector ? 'a workload selector is more specific' : "a namespace's policy goes before the mesh's"}`,
        object: policy,
        path: ['spec', 'mtls', 'mode'],
      };
    case 'unset-mode':
      return { text: `${name} sets no mode of its own`, object: policy };
    case 'duplicate':
      return {
        text: `${name} is ignored: ${by} is the first policy without selector in the namespace`,
        object: policy,
      };
    case 'rejected':
    case 'revision':
    case 'repeated':
    case 'open':
    case 'undiscovered':
      return { text: `${name} ${IGNORED[reason]}`, object: policy };
    default:
      return lostBecause({ policy, reason, winner });
  }
}
