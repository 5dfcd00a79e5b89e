// The lines below a step of an explanation: the object that decided, how it won, and the ones that lost.
import type { MeshService } from '../mesh/service';
import type { Workload } from '../mesh/workload';
import type { ClientDecision } from '../mtls/client-tls';
import type { Connection, ConnectionEndpoint } from '../mtls/connections';
import { consideredRules, lostPolicies } from '../mtls/considered';
import type { ListeningServer } from '../mtls/gateway-listener';
import type { MutualTls } from '../mtls/mutual-tls';
import { assumedSend, modeAsked } from '../mtls/possible';
import { type MergedRule, ruleAt } from '../mtls/rule-index';
import { captureBecause } from './capture';
import { lostPolicyLine, lostRuleLine } from './considered';
import { objectName, pathText } from './names';
import { ambientBecause, type Because, clientBecause, dataplaneWords, lookupWords, modeBecause } from './reasons';

/** Why the client sends what it sends. */
export function clientLines(mtls: MutualTls, client: Workload, connection: Connection): Because[] {
  const { route, service } = connection;
  const sidecar = { text: dataplaneWords(client.reason), object: dataplaneObject(mtls, client) };
  if (route === 'no-sidecar') return [sidecar];
  const past = captureBecause(client, service, connection.port);
  if (route === 'excluded' && past) return [past];
  if (route === 'passthrough' || route === 'blocked') return [scopeLine(mtls, client, service)];
  const send = connection.send ?? assumedSend(mtls, connection);
  const rule = connection.rule ?? send?.rule;
  const decisions = send?.whole ? [send.whole] : [...new Set(send?.endpoints.map(({ decision }) => decision))];
  const considered = consideredRules(mtls, client, service);
  const known = decisions.filter(
    (decision) => decision.reason.code !== 'endpoint-takes-no-mtls' || route === 'cluster',
  );
  return [
    ...(route === 'unknown' || route === 'ztunnel' ? [past ?? sidecar] : []),
    ...waypointLine(mtls, connection),
    ...unique(
      known.map((decision) => toAddress(connection, decision) ?? decisionLine(decision, rule, connection.subset)),
    ),
    ...hiddenLines(connection, rule),
    ...(route === 'ztunnel' ? [] : ruleLines(rule, known)),
    ...considered.merged
      .filter((merged) => !considered.lost.some(({ rule: lost }) => lost === merged))
      .map((merged) => ({
        text: `\`${objectName(merged)}\` for host \`${merged.spec.host}\` is merged in: rules of one host act as one`,
        object: merged,
        path: ['spec', 'host'],
      })),
    ...(rule && considered.step && considered.lost.length > 0
      ? [{ text: `it wins: ${lookupWords(considered.step)}` }]
      : []),
    ...considered.lost.map((lost) => lostRuleLine(lost, client.namespace)),
  ];
}

/** The label that puts a waypoint before the service. */
function waypointLine(mtls: MutualTls, { service, send }: Connection): Because[] {
  if (!send?.waypoint) return [];
  const label = 'istio.io/use-waypoint';
  const own = service.object.metadata.labels[label] !== undefined;
  const object = own ? service.object : mtls.mesh.labelled(service.namespace);
  if (!object) return [];
  return [{ text: `\`${objectName(object)}\` is labelled \`${label}\``, object, path: ['metadata', 'labels', label] }];
}

/** Auto mTLS towards an address: whether anybody is there to end it, no pod shows. */
function toAddress({ endpoints }: Connection, decision: ClientDecision): Because | undefined {
  if (decision.reason.code !== 'auto-mtls') return undefined;
  const ends = endpoints.filter((each) => each.decision === decision).map(({ endpoint }) => endpoint);
  if (ends.length === 0 || ends.some(({ workload }) => workload)) return undefined;
  return { text: 'auto mTLS: a service account at an address is taken for a proxy there', object: ends[0]?.entry };
}

/** The deciding field with its value, where it is a rule's. */
function decisionLine(decision: ClientDecision, rule: MergedRule | undefined, subset: string | undefined): Because {
  const because = clientBecause(decision, rule, subset);
  if (because.object?.kind === 'BackendTLSPolicy') return because;
  if (decision.reason.code !== 'rule' || !rule) return because;
  const object = ruleAt(rule, decision.reason.path, subset);
  const path = decision.reason.modeStated ? [...decision.reason.path, 'mode'] : decision.reason.path;
  const mode = decision.tls === 'PLAINTEXT' ? 'DISABLE' : decision.tls;
  const value = decision.reason.modeStated ? mode : 'has no `mode`, which means DISABLE';
  return {
    text: `\`${objectName(object)}\` for host \`${object.spec.host}\`: \`${pathText(path)}\` ${value}`,
    object,
    path,
  };
}

/** A port setting without `tls` that takes the outer block away from the cluster. */
function hiddenLines({ port, send }: Connection, rule: MergedRule | undefined): Because[] {
  const policy = rule?.trafficPolicy;
  const index = policy?.portLevelSettings.findIndex((item) => item.port === port.port) ?? -1;
  const object = rule?.policyFrom;
  if (!policy?.tls || index < 0 || policy.portLevelSettings[index]!.tls || !object) return [];
  // the decision speaks of it already
  if (send?.endpoints.some(({ decision }) => decision.reason.code === 'hidden-block')) return [];
  const path = ['spec', 'trafficPolicy', 'portLevelSettings', index];
  return [
    {
      text: `\`${pathText(path)}\` has no \`tls\` and replaces the outer block whole: \`mode: ${policy.tls.mode}\` does not count on port \`${port.port}\``,
      object,
      path,
    },
  ];
}

/** A rule that the client uses although it says nothing of TLS, and rules merged with it. */
function ruleLines(rule: MergedRule | undefined, decisions: readonly ClientDecision[]): Because[] {
  if (!rule) return [{ text: 'no DestinationRule covers the host for this client' }];
  const speaks = decisions.some(({ reason }) => 'path' in reason);
  if (speaks) return [];
  const object = rule.rule;
  return [{ text: `\`${objectName(object)}\` is the rule for the host; it sets no TLS mode here`, object }];
}

function scopeLine(mtls: MutualTls, client: Workload, service: MeshService): Because {
  const { sidecar } = mtls.mesh.scopeOf(client);
  if (!sidecar) return { text: `the service is not exported to \`${client.namespace}\``, object: service.object };
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
  if (workload.dataplane === 'waypoint')
    return [{ text: `\`${objectName(workload.object)}\` makes it`, object: workload.object }];
  const listener = mtls.listener(workload, endpoint.port);
  if (listener) return [...listener.servers.map(gatewayLine), sidecar];
  const ambient = mtls.ambientMode(workload, endpoint.port);
  if (ambient) {
    const lost = lostPolicies(mtls, workload, ambient).map(lostPolicyLine);
    return [ambientBecause(ambient), ...lost, sidecar];
  }
  const decision = accepts?.mode ?? (workload.dataplane === 'unknown' ? modeAsked(mtls, endpoint) : undefined);
  if (!decision) return [sidecar];
  const lost = lostPolicies(mtls, workload, decision).map(lostPolicyLine);
  return [modeBecause(decision), ...lost, ...(accepts ? [] : [sidecar])];
}

/** A server of a Gateway, with the field that says what it takes. */
function gatewayLine({ gateway, index, tlsMode }: ListeningServer): Because {
  const path = ['spec', 'servers', index, ...(tlsMode === undefined ? [] : ['tls', 'mode'])];
  const says = tlsMode === undefined ? 'has no `tls`' : `\`tls.mode\` ${tlsMode}`;
  return { text: `\`${objectName(gateway)}\`: \`spec.servers[${index}]\` ${says}`, object: gateway, path };
}

/** The object that says whether a workload has a sidecar. */
function dataplaneObject(mtls: MutualTls, workload: Workload): Because['object'] {
  const ref = workload.reason.object;
  return (ref?.kind === 'Namespace' && mtls.mesh.labelled(ref.name)) || workload.object;
}

function unique(reasons: readonly Because[]): Because[] {
  return [...new Map(reasons.map((reason) => [reason.text, reason])).values()];
}
