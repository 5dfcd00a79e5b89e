// The client's half of the answers: what each cluster of a proxy sends to each endpoint, and what comes of it.

import { memo, memoOfTwo } from '../incremental/cells';
import { isIpAddress } from '../manifest/address';
import { selects } from '../manifest/object';
import { type Endpoint, endpointsByPort, endpointsOf, sameEndpoints } from '../mesh/endpoints';
import type { Mesh } from '../mesh/mesh';
import type { MeshPort, MeshService } from '../mesh/service';
import { waypointOf } from '../mesh/waypoint';
import type { Client, Workload } from '../mesh/workload';
import { type ClientDecision, type Discovery, decideCluster, type ProxyKind } from './client-tls';
import { identityOf } from './handshake';
import { ztunnelSends as ztunnelDecision } from './hbone';
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
  /** Policies of ambient servers look at who the client is, so that the outcomes may differ between clients. */
  readonly tellsClientsApart: boolean;
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
  forClient(send: Send, client: Client): Send;
  /** What ztunnel sends to a port for any ambient client. */
  ztunnelSend(service: MeshService, port: MeshPort): Send;
  /** The cluster of the whole port, then those of the rule's subsets; only those that exist. */
  sends(service: MeshService, port: MeshPort, rule: MergedRule | undefined, proxy: ProxyKind): readonly Send[];
}

/** The clusters of a mesh. */
export function createClusters(mesh: Mesh, policies: PolicyIndex, servers: Servers): Clusters {
  const { settings } = mesh;
  const endpoints = memo((service: MeshService) => endpointsByPort(mesh, service), sameEndpoints);
  const endpointsAt: Clusters['endpoints'] = (service, port) => endpoints(service).get(port) ?? [];
  const answer = (endpoint: Endpoint, decision: ClientDecision): EndpointAnswer => {
    const server = servers.at(endpoint);
    return { endpoint, decision, accepts: server.accepts, outcome: outcomeOf(decision.tls, server) };
  };
  const send: Clusters['send'] = (service, port, subset, rule, proxy) => {
    const byName = endpointsAt(service, port);
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
    const all = discovery === 'EDS' ? byName.filter(isListed) : byNumber;
    const labels = rule?.subsets.find((each) => each.subset.name === subset)?.subset.labels;
    // with ORIGINAL_DST the application picks the address, and a subset's labels filter nothing
    const chosen = labels && discovery !== 'ORIGINAL_DST' ? all.filter((each) => selects(labels, each.labels)) : all;
    return finish({ service, port, subset, rule, discovery, whole }, chosen, at);
  };
  const finish = (
    base: Omit<Send, 'endpoints' | 'tellsClientsApart'>,
    endpoints: readonly Endpoint[],
    decide: (endpoint: Endpoint) => ClientDecision,
  ): Send => ({
    ...base,
    endpoints: endpoints.map((each) => answer(each, decide(each))),
    tellsClientsApart: endpoints.some((each) => servers.tellsClientsApart(each)),
  });
  const sendsAt = (
    service: MeshService,
    port: MeshPort,
    rule: MergedRule | undefined,
    proxy: ProxyKind,
  ): readonly Send[] => {
    // without a cluster for the whole port there is none for its subsets (core/cluster.go:buildOutboundClusters)
    if (!isResolvable(mesh, service, port)) return [];
    const subsets = [undefined, ...(rule?.subsets.map(({ subset }) => subset.name) ?? [])];
    return subsets.map((subset) => send(service, port, subset, rule, proxy)).filter(hasCluster);
  };
  const sendsOf = (proxy: ProxyKind) =>
    memoOfTwo(
      (service: MeshService, rule: MergedRule | undefined) =>
        new Map(service.ports.map((port) => [port, sendsAt(service, port, rule, proxy)])),
    );
  const sends = {
    sidecar: sendsOf('sidecar'),
    gateway: sendsOf('gateway'),
    waypoint: sendsOf('waypoint'),
    proxyless: sendsOf('proxyless'),
  } satisfies Record<ProxyKind, unknown>;
  const ztunnelSend = memoOfTwo((service: MeshService, port: MeshPort): Send => {
    const waypoint = waypointOf(mesh, service);
    const base = { service, port, subset: undefined, rule: undefined, discovery: 'EDS', whole: undefined } as const;
    if (!waypoint) return finish(base, endpointsAt(service, port), ztunnelDecision);
    const own = mesh.servicesIn(waypoint.namespace).find((each) => each.object.source === waypoint.object.source);
    const entrance = own?.ports[0];
    const endpoints = own && entrance ? endpointsAt(own, entrance) : [];
    return finish({ ...base, waypoint }, endpoints, () => ({ tls: 'HBONE', reason: { code: 'ztunnel' } }));
  });
  return {
    endpoints: endpointsAt,
    send,
    sends: (service, port, rule, proxy) => sends[proxy](service, rule).get(port) ?? [],
    ztunnelSend,
    forClient(each, client) {
      if (!each.tellsClientsApart) return each;
      const identity = identityOf(settings, client);
      const endpoints = each.endpoints.map((endpoint) => {
        const outcome = outcomeOf(endpoint.decision.tls, servers.at(endpoint.endpoint, identity));
        return { ...endpoint, outcome };
      });
      return { ...each, endpoints };
    },
  };
}

/** eds/endpoint_builder.go:BuildClusterLoadAssignment: endpoint lists leave out names that DNS would have to resolve. */
function isListed({ address }: Endpoint): boolean {
  return address === undefined || address === '' || address.startsWith('unix://') || isIpAddress(address);
}

/** core/cluster_builder.go:buildCluster: a DNS cluster is not made without addresses, whatever a rule makes of it. */
function isResolvable(mesh: Mesh, service: MeshService, port: MeshPort): boolean {
  const dns = service.resolution === 'dns' || service.resolution === 'dns-round-robin';
  return !dns || endpointsOf(mesh, service, port, 'number').length > 0;
}

/** core/cluster_builder.go:buildCluster: a DNS cluster holds its addresses itself, and without any it is not made. */
function hasCluster(send: Send): boolean {
  return send.endpoints.length > 0 || (send.discovery !== 'STRICT_DNS' && send.discovery !== 'LOGICAL_DNS');
}
