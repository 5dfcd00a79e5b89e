// The answer that everything else reads: for each client, host, port and endpoint what is sent, what is accepted and
// what comes of it. Computed when asked for and kept, since a mesh does not change.
import { type Endpoint, endpointsOf } from '../mesh/endpoints';
import { selects } from '../manifest/object';
import type { Mesh } from '../mesh/mesh';
import type { ProtocolClass } from '../mesh/protocol';
import type { ScopedService } from '../mesh/scope';
import type { MeshPort, MeshService } from '../mesh/service';
import type { Workload } from '../mesh/workload';
import { type ClientDecision, type Cluster, decideCluster, type Discovery } from './client-tls';
import { inboundProtocols, isCaptured, NOT_CAPTURED, type WireBehaviour, wireBehaviour } from './inbound';
import { type Outcome, outcomeOf } from './outcome';
import { indexRules, type MergedRule, type RuleIndex } from './rule-index';
import { chooseRule, lookUpRules, type RuleCandidates } from './rule-lookup';
import {
  composePolicy,
  indexPolicies,
  type ModeDecision,
  modeForPort,
  namespaceMode,
  type PolicyIndex,
  type WorkloadPolicy,
} from './server-mode';

/** What one port of a workload takes. */
export interface Accepts {
  readonly port: number;
  readonly mode: ModeDecision;
  readonly protocol: ProtocolClass;
  /** False where the port's traffic goes past the sidecar; the mode then has no effect. */
  readonly captured: boolean;
  readonly wire: WireBehaviour;
}

export interface EndpointAnswer {
  readonly endpoint: Endpoint;
  readonly decision: ClientDecision;
  /** What the server takes; undefined where no sidecar is. */
  readonly accepts: Accepts | undefined;
  readonly outcome: Outcome;
}

/** One cluster of a client: a host's port, whole or one subset. */
export interface Send {
  readonly service: MeshService;
  readonly port: MeshPort;
  readonly subset: string | undefined;
  readonly rule: MergedRule | undefined;
  readonly discovery: Discovery;
  /** The one decision for every endpoint, where there is one. */
  readonly whole: ClientDecision | undefined;
  readonly endpoints: readonly EndpointAnswer[];
}

export interface MutualTls {
  readonly mesh: Mesh;
  readonly policies: PolicyIndex;
  readonly rules: RuleIndex;
  policyOf(workload: Workload): WorkloadPolicy;
  /** What a sidecar's port takes; undefined for pods without a sidecar. */
  accepts(workload: Workload, port: number): Accepts | undefined;
  /** Protocols of the ports that Services or listeners name. */
  protocolsOf(workload: Workload): ReadonlyMap<number, ProtocolClass>;
  /** The rules found for a client's namespace, before its labels choose among them. */
  candidates(clientNamespace: string, service: MeshService): RuleCandidates | undefined;
  ruleFor(client: Workload, service: MeshService): MergedRule | undefined;
  /** What a client with a proxy sends to one port of a service: the whole port first, then each subset. */
  sendsTo(client: Workload, scoped: ScopedService, port: MeshPort): readonly Send[];
  /** One cluster, for a rule already chosen. */
  send(
    service: MeshService,
    port: MeshPort,
    subset: string | undefined,
    rule: MergedRule | undefined,
    clientIsGateway: boolean,
  ): Send;
  /** Every cluster of a client with a proxy. */
  sends(client: Workload): readonly Send[];
  /** What a client without proxy meets when its application speaks plaintext. */
  rawOutcome(endpoint: Endpoint): Outcome;
  endpoints(service: MeshService, port: MeshPort): readonly Endpoint[];
}

/** The answers for a mesh. */
export function computeMutualTls(mesh: Mesh): MutualTls {
  const { settings } = mesh;
  const policies = indexPolicies(mesh.peerAuthentications, settings.rootNamespace);
  const rules = indexRules(mesh.destinationRules, settings);
  const policyOf = memoize((workload: Workload) => composePolicy(policies, workload.namespace, workload.labels));
  const protocolsOf = memoize((workload: Workload) => inboundProtocols(mesh, workload));
  const endpointsByPort = memoize((service: MeshService) =>
    memoize((port: MeshPort) => endpointsOf(mesh, service, port)),
  );
  const candidatesIn = memoize((service: MeshService) =>
    memoize((clientNamespace: string) => lookUpRules(rules, clientNamespace, service, settings.rootNamespace)),
  );
  const accepts = (workload: Workload, port: number): Accepts | undefined => {
    if (workload.dataplane !== 'sidecar') return undefined;
    const mode = modeForPort(policyOf(workload), port);
    const protocol = protocolsOf(workload).get(port) ?? 'auto';
    const captured = isCaptured(workload, port);
    return { port, mode, protocol, captured, wire: captured ? wireBehaviour(mode.mode, protocol) : NOT_CAPTURED };
  };
  const modeAt = (endpoint: Endpoint): ModeDecision =>
    endpoint.workload
      ? modeForPort(policyOf(endpoint.workload), endpoint.port)
      : modeForPort(composePolicy(policies, endpoint.namespace, endpoint.labels), endpoint.port);

  const answer = (endpoint: Endpoint, cluster: Cluster): EndpointAnswer => {
    const decision = cluster.at(endpoint);
    const server = endpoint.workload && accepts(endpoint.workload, endpoint.port);
    return { endpoint, decision, accepts: server, outcome: outcomeOf(decision.tls, { endpoint, wire: server?.wire }) };
  };
  const compute = (
    service: MeshService,
    port: MeshPort,
    subset: string | undefined,
    rule: MergedRule | undefined,
    gateway: boolean,
  ): Send => {
    const byName = mutual.endpoints(service, port);
    const byNumber = service.sources.length > 1 ? endpointsOf(mesh, service, port, 'number') : byName;
    const cluster = decideCluster({
      service,
      port: port.port,
      subset,
      rule,
      clientIsGateway: gateway,
      autoMtls: settings.enableAutoMtls,
      namespaceMode: namespaceMode(policies, service.namespace),
      endpoints: byNumber,
      modeAt,
    });
    // with ORIGINAL_DST the application picks the address, and a subset's labels filter nothing
    const labels =
      cluster.discovery === 'ORIGINAL_DST'
        ? undefined
        : rule?.subsets.find((each) => each.subset.name === subset)?.subset.labels;
    const all = cluster.discovery === 'EDS' ? byName : byNumber;
    const chosen = labels ? all.filter((endpoint) => selects(labels, endpoint.labels)) : all;
    return {
      service,
      port,
      subset,
      rule,
      discovery: cluster.discovery,
      whole: cluster.whole,
      endpoints: chosen.map((each) => answer(each, cluster)),
    };
  };
  // clients that use one rule share one answer, however many they are
  const clusters = memoize((_service: MeshService) =>
    memoize((_port: MeshPort) => new Map<MergedRule | undefined, Map<string, Send>>()),
  );

  const mutual: MutualTls = {
    mesh,
    policies,
    rules,
    policyOf,
    accepts,
    protocolsOf,
    candidates: (clientNamespace, service) => candidatesIn(service)(clientNamespace),
    endpoints: (service, port) => endpointsByPort(service)(port),
    ruleFor: (client, service) => chooseRule(candidatesIn(service)(client.namespace), client.namespace, client.labels),
    send(service, port, subset, rule, clientIsGateway) {
      const byRule = clusters(service)(port);
      let bySubset = byRule.get(rule);
      if (!bySubset) byRule.set(rule, (bySubset = new Map()));
      const key = `${clientIsGateway ? 'gateway' : 'sidecar'} ${subset ?? ''}`;
      let send = bySubset.get(key);
      if (!send) bySubset.set(key, (send = compute(service, port, subset, rule, clientIsGateway)));
      return send;
    },
    sendsTo(client, scoped, port) {
      const rule = mutual.ruleFor(client, scoped.service);
      const gateway = client.dataplane === 'gateway';
      const subsets = [undefined, ...(rule?.subsets.map(({ subset }) => subset.name) ?? [])];
      const sends = subsets.map((subset) => mutual.send(scoped.service, port, subset, rule, gateway));
      return sends.filter(hasCluster);
    },
    sends(client) {
      if (client.dataplane !== 'sidecar' && client.dataplane !== 'gateway') return [];
      const sends: Send[] = [];
      for (const scoped of mesh.scopeOf(client).services.values()) {
        if (scoped.service.resolution === 'alias') continue;
        for (const port of scoped.ports)
          if (port.protocol !== 'udp') sends.push(...mutual.sendsTo(client, scoped, port));
      }
      return sends;
    },
    rawOutcome(endpoint) {
      const server = endpoint.workload && accepts(endpoint.workload, endpoint.port);
      return outcomeOf('PLAINTEXT', { endpoint, wire: server?.wire });
    },
  };
  return mutual;
}

/** core/cluster_builder.go:buildCluster: a DNS cluster holds its addresses itself, and without any it is not made. */
function hasCluster(send: Send): boolean {
  return send.endpoints.length > 0 || (send.discovery !== 'STRICT_DNS' && send.discovery !== 'LOGICAL_DNS');
}

/** Remembers the results of a function of one value. */
function memoize<K, V>(compute: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    if (known.has(key)) return known.get(key)!;
    const value = compute(key);
    known.set(key, value);
    return value;
  };
}
