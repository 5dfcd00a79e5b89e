// AuthorizationPolicies that could have decided a call and did not, each with the reason.
import type { ConsideredPolicy, PolicyPart } from '../authorization/considered';
import { IGNORED } from './considered';
import { objectName } from './names';
import type { Because } from './reasons';

const MOST_LINES = 5;

const PARTS: Readonly<Record<Exclude<PolicyPart, 'decides'>, string>> = {
  'no-rule-matches': 'acts, and none of its rules is about this call',
  'decided-before': 'acts, and is not asked: what comes before it has decided',
  'dry-run': 'only logs: it is a dry run',
  'only-logs': 'only logs: its action is AUDIT',
  'no-proxy': 'selects it without effect: no proxy is there to hold to it',
  'proxy-unknown': 'acts if a sidecar is there',
  'ztunnel-action': 'is not for ztunnel, which takes ALLOW and DENY alone',
  'ztunnel-selector': 'is not for ztunnel, which passes over an empty selector',
  'other-namespace': 'has no effect here: its selector fits, but it is of another namespace',
  'selector-differs': 'selects other pods',
  'targets-gateways': 'has `targetRefs`, which are for gateways and waypoints alone',
  'target-differs': 'is not for this gateway or service: waypoints take only policies whose `targetRefs` name them',
  ...IGNORED,
  open: 'is left out: what fills it in is not known, and it may act',
};

/** The field that a reason speaks of. */
const FIELDS: Partial<Record<PolicyPart, readonly string[]>> = {
  'selector-differs': ['spec', 'selector'],
  'ztunnel-selector': ['spec', 'selector'],
  'targets-gateways': ['spec', 'targetRefs'],
  'ztunnel-action': ['spec', 'action'],
  'only-logs': ['spec', 'action'],
  'dry-run': ['metadata', 'annotations', 'istio.io/dry-run'],
  revision: ['metadata', 'labels', 'istio.io/rev'],
};

/** A line for each policy that has no say, those nearest to the answer first; what is too much is counted. */
export function lostPolicyLines(considered: readonly ConsideredPolicy[]): Because[] {
  const lost = considered.filter(({ part }) => part !== 'decides');
  // policies for other pods tell the least
  const ordered = [
    ...lost.filter(({ part }) => part !== 'selector-differs'),
    ...lost.filter(({ part }) => part === 'selector-differs'),
  ];
  const shown = ordered.length > MOST_LINES + 1 ? ordered.slice(0, MOST_LINES) : ordered;
  const lines = shown.map(({ policy, part }): Because => {
    const path = FIELDS[part];
    const text = `\`${objectName(policy)}\` ${PARTS[part as keyof typeof PARTS]}`;
    return { text, object: policy, ...(path && { path }) };
  });
  const rest = ordered.length - shown.length;
  return rest > 0 ? [...lines, { text: `and ${rest} more that have no say` }] : lines;
}
