// The client's half of the answers: what each cluster of a proxy sends to each endpoint, and what comes of it.
import { selects } from '../manifest/object';
import { type Endpoint, endpointsOf } from '../mesh/endpoints';
import type { Mesh } from '../mesh/mesh';
import type { MeshPort, MeshService } from '../mesh/service';
import type { Workload } from '../mesh/workload';
import { type ClientDecision, type Discovery, decideCluster, type ProxyKind } from './client-tls';
import { ztunnelSends } from './hbone';
import { memoize } from './memoize';
import { type Outcome, outcomeOf } from './outcome';
import type { MergedRule } from './rule-index';
import type { Accepts, Servers } from './server';
import { namespaceMode, type PolicyIndex } from './server-mode';

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
  /** Ambient: what stands in between; the endpoints are then the waypoint's. */
  readonly waypoint?: Workload;
}

export interface Clusters {
  /** The endpoints of a port as endpoint lists have them. */
  endpoints(service: MeshService, port: MeshPort): readonly Endpoint[];
  /** The cluster of a proxy under a rule already chosen. Clients that use one rule share one answer. */
  send(
    service: MeshService,
    port: MeshPort,
    subset: string | undefined,
    rule: MergedRule | undefined,
    proxy: ProxyKind,
  ): Send;
  /** The same cluster with the outcomes for one client, where AuthorizationPolicies tell ambient's clients apart. */
  forClient(send: Send, client: Workload): Send;
  /** What ztunnel sends to a port for any ambient client. */
  ztunnelSend(service: MeshService, port: MeshPort, waypoint: Workload | undefined): Send;
}

/** The clusters of a mesh. */
export function createClusters(mesh: Mesh, policies: PolicyIndex, servers: Servers): Clusters {
  const { settings } = mesh;
  const endpointsByPort = memoize((service: MeshService) =>
    memoize((port: MeshPort) => endpointsOf(mesh, service, port)),
  );
  const known = memoize((service: MeshService) =>
    memoize((port: MeshPort) =>
      memoize((rule: MergedRule | undefined) =>
        memoize((proxy: ProxyKind) =>
          memoize((subset: string | undefined) => compute(service, port, subset, rule, proxy)),
        ),
      ),
    ),
  );
  const answer = (endpoint: Endpoint, decision: ClientDecision): EndpointAnswer => {
    const server = servers.at(endpoint);
    return { endpoint, decision, accepts: server.accepts, outcome: outcomeOf(decision.tls, server) };
  };
  const compute: Clusters['send'] = (service, port, subset, rule, proxy) => {
    const byName = endpointsByPort(service)(port);
    const byNumber = service.sources.length > 1 ? endpointsOf(mesh, service, port, 'number') : byName;
    const { discovery, whole, at } = decideCluster({
      service,
      port: port.port,
      subset,
      rule,
      proxy,
      autoMtls: settings.enableAutoMtls,
      ambient: settings.ambient,
      namespaceMode: namespaceMode(policies, service.namespace),
      endpoints: byNumber,
      modeAt: servers.modeAt,
    });
    const all = discovery === 'EDS' ? byName : byNumber;
    const labels = rule?.subsets.find((each) => each.subset.name === subset)?.subset.labels;
    // with ORIGINAL_DST the application picks the address, and a subset's labels filter nothing
    const chosen = labels && discovery !== 'ORIGINAL_DST' ? all.filter((each) => selects(labels, each.labels)) : all;
    return { service, port, subset, rule, discovery, whole, endpoints: chosen.map((each) => answer(each, at(each))) };
  };
  return {
    endpoints: (service, port) => endpointsByPort(service)(port),
    send: (service, port, subset, rule, proxy) => known(service)(port)(rule)(proxy)(subset),
    forClient(send, client) {
      if (!send.endpoints.some(({ endpoint }) => servers.tellsClientsApart(endpoint))) return send;
      const { namespace, serviceAccount } = client;
      const identity = { trustDomain: settings.trustDomain, namespace, serviceAccount };
      const endpoints = send.endpoints.map((each) => {
        const outcome = outcomeOf(each.decision.tls, servers.at(each.endpoint, identity));
        return { ...each, outcome };
      });
      return { ...send, endpoints };
    },
    ztunnelSend(service, port, waypoint) {
      const base = { service, port, subset: undefined, rule: undefined, discovery: 'EDS', whole: undefined } as const;
      if (!waypoint)
        return { ...base, endpoints: endpointsByPort(service)(port).map((each) => answer(each, ztunnelSends(each))) };
      const own = mesh.services.find((each) => each.object.source === waypoint.object.source);
      const entrance = own?.ports[0];
      const endpoints = own && entrance ? endpointsByPort(own)(entrance) : [];
      const tunnel: ClientDecision = { tls: 'HBONE', reason: { code: 'ztunnel' } };
      return { ...base, waypoint, endpoints: endpoints.map((each) => answer(each, tunnel)) };
    },
  };
}

/** core/cluster_builder.go:buildCluster: a DNS cluster holds its addresses itself, and without any it is not made. */
export function hasCluster(send: Send): boolean {
  return send.endpoints.length > 0 || (send.discovery !== 'STRICT_DNS' && send.discovery !== 'LOGICAL_DNS');
}
