// The lines below a step of an explanation: the object that decided, how it won, and the ones that lost.
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import type { Workload } from '../mesh/workload';
import type { ClientDecision } from '../mtls/client-tls';
import type { Connection, ConnectionEndpoint } from '../mtls/connections';
import { consideredRules, type LostPeerAuthentication, type LostRule, lostPolicies } from '../mtls/considered';
import type { MutualTls } from '../mtls/mutual-tls';
import { assumedSend, modeAsked } from '../mtls/possible';
import type { MergedRule } from '../mtls/rule-index';
import { objectName, pathText } from './names';
import { type Because, clientBecause, dataplaneWords, lookupWords, lostBecause, modeBecause } from './reasons';

/** Why the client sends what it sends. */
export function clientLines(mtls: MutualTls, client: Workload, connection: Connection): Because[] {
  const { route, service } = connection;
  const sidecar = { text: dataplaneWords(client.reason), object: dataplaneObject(mtls, client) };
  if (route === 'no-sidecar') return [sidecar];
  if (route === 'passthrough' || route === 'blocked') return [scopeLine(mtls, client)];
  const send = connection.send ?? assumedSend(mtls, connection);
  const rule = connection.rule ?? send?.rule;
  const decisions = send?.whole ? [send.whole] : [...new Set(send?.endpoints.map(({ decision }) => decision))];
  const considered = consideredRules(mtls, client, service);
  const known = decisions.filter(
    (decision) => decision.reason.code !== 'endpoint-takes-no-mtls' || route === 'cluster',
  );
  return [
    ...(route === 'unknown' ? [sidecar] : []),
    ...unique(known.map((decision) => decisionLine(decision, rule))),
    ...ruleLines(rule, known),
    ...(rule && considered.step && considered.lost.length > 0
      ? [{ text: `it wins: ${lookupWords(considered.step)}` }]
      : []),
    ...considered.lost.map((lost) => lostRuleLine(lost, client)),
  ];
}

/** The deciding field with its value, where it is a rule's. */
function decisionLine(decision: ClientDecision, rule: MergedRule | undefined): Because {
  const because = clientBecause(decision, rule);
  const object = rule?.policyFrom ?? rule?.rule;
  if (decision.reason.code !== 'rule' || !object) return because;
  const path = decision.reason.modeStated ? [...decision.reason.path, 'mode'] : decision.reason.path;
  const mode = decision.tls === 'PLAINTEXT' ? 'DISABLE' : decision.tls;
  const value = decision.reason.modeStated ? mode : 'has no `mode`, which means DISABLE';
  return {
    text: `\`${objectName(object)}\` for host \`${object.spec.host}\`: \`${pathText(path)}\` ${value}`,
    object,
    path,
  };
}

/** A rule that the client uses although it says nothing of TLS, and rules merged with it. */
function ruleLines(rule: MergedRule | undefined, decisions: readonly ClientDecision[]): Because[] {
  if (!rule) return [{ text: 'no DestinationRule covers the host for this client' }];
  const speaks = decisions.some(({ reason }) => 'path' in reason);
  if (speaks) return [];
  const object = rule.rule;
  return [{ text: `\`${objectName(object)}\` is the rule for the host; it sets no TLS mode here`, object }];
}

const LOST_RULES = {
  'namespace-not-looked-at': () =>
    'is not looked at: only the namespaces of the client, the service and the mesh root are',
  'not-exported': (namespace: string) => `is not shown to \`${namespace}\`: its \`exportTo\` leaves it out`,
  'later-namespace': () => 'is not used: a rule was found before its namespace was asked',
  'less-specific': () => 'is not used: its host is less specific',
  'not-selected': () => 'is not used: its `workloadSelector` does not select the client',
  'other-rule-of-host': () => 'is not used: another rule of the same host and namespace goes before it',
  'merged-policy-unused': () =>
    'is merged in, but only the first traffic policy of a host counts, and this one is dropped',
} as const;

function lostRuleLine({ rule, reason }: LostRule, client: Workload): Because {
  const path = reason === 'not-exported' ? ['spec', 'exportTo'] : ['spec', 'host'];
  return {
    text: `\`${objectName(rule)}\` for host \`${rule.spec.host}\` ${LOST_RULES[reason](client.namespace)}`,
    object: rule as DestinationRule,
    path,
  };
}

function scopeLine(mtls: MutualTls, client: Workload): Because {
  const { sidecar } = mtls.mesh.scopeOf(client);
  if (!sidecar) return { text: `the service is not exported to \`${client.namespace}\`` };
  return {
    text: `\`${objectName(sidecar)}\` imports other hosts only`,
    object: sidecar,
    path: ['spec', 'egress'],
  };
}

/** Why the server accepts what it accepts. */
export function serverLines(mtls: MutualTls, { endpoint, accepts }: ConnectionEndpoint): Because[] {
  const { workload } = endpoint;
  if (!workload)
    return endpoint.entry
      ? [{ text: `\`${objectName(endpoint.entry)}\` gives the address`, object: endpoint.entry }]
      : [];
  const sidecar = {
    text: `\`${objectName(workload.object)}\`: ${dataplaneWords(workload.reason)}`,
    object: dataplaneObject(mtls, workload),
  };
  const decision = accepts?.mode ?? (workload.dataplane === 'unknown' ? modeAsked(mtls, endpoint) : undefined);
  if (!decision) return [sidecar];
  const lost = lostPolicies(mtls, workload, decision).map(lostPolicyLine);
  return [modeBecause(decision), ...lost, ...(accepts ? [] : [sidecar])];
}

function lostPolicyLine(lost: LostPeerAuthentication): Because {
  const { policy, reason, winner } = lost;
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
    default:
      return lostBecause({ policy, reason, winner });
  }
}

/** The object that says whether a workload has a sidecar. */
function dataplaneObject(mtls: MutualTls, workload: Workload): Because['object'] {
  const ref = workload.reason.object;
  return (ref?.kind === 'Namespace' && mtls.mesh.namespaces.get(ref.name)) || workload.object;
}

function unique(reasons: readonly Because[]): Because[] {
  return [...new Map(reasons.map((reason) => [reason.text, reason])).values()];
}
