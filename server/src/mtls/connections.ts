// Who talks to a service's port and what comes of it: clients that fare alike are one connection.

import { derive, memo } from '../incremental/cells';
import type { Endpoint } from '../mesh/endpoints';
import { sameItems, unique } from '../mesh/lookup';
import type { Scope, ScopedService } from '../mesh/scope';
import type { MeshPort, MeshService } from '../mesh/service';
import { waypointOf } from '../mesh/waypoint';
import type { Client, Workload } from '../mesh/workload';
import { outboundCapture } from './capture';
import type { ClientDecision } from './client-tls';
import { type ClientGroup, clientsOf, distinguished } from './clients';
import { identityOf, isServerRefused } from './handshake';
import type { Accepts, MutualTls, Send } from './mutual-tls';
import { type AmbientBehaviour, type FailureCode, failureOf, type Outcome, outcomeOf } from './outcome';
import type { MergedRule } from './rule-index';

/** How traffic leaves the clients. */
export type Route =
  /** Through the proxy's own cluster for the host, or through the one of a gRPC library. */
  | 'cluster'
  /** Through ztunnel, and from there to a waypoint where there is one. */
  | 'ztunnel'
  /** As the application sends it: there is no sidecar. */
  | 'no-sidecar'
  /** As the application sends it: annotations of the pod lead it past the sidecar. */
  | 'excluded'
  /** As the application sends it: the sidecar does not know the host (Sidecar scope, exportTo). */
  | 'passthrough'
  /** Not at all: the sidecar does not know the host and unknown hosts are blocked (REGISTRY_ONLY). */
  | 'blocked'
  /** Whether the clients have a sidecar is not known, or whether it takes what they send. */
  | 'unknown';

export interface ConnectionEndpoint {
  readonly endpoint: Endpoint;
  readonly accepts: Accepts | undefined;
  /** What ztunnel lets through, in ambient. */
  readonly ambient: AmbientBehaviour | undefined;
  /** Undefined for clients without a cluster: plaintext, as far as manifests tell. */
  readonly decision: ClientDecision | undefined;
  readonly outcome: Outcome;
  readonly failure: FailureCode | undefined;
}

/** One way in which clients reach a port. */
export interface Connection {
  readonly service: MeshService;
  readonly port: MeshPort;
  readonly subset: string | undefined;
  readonly route: Route;
  readonly rule: MergedRule | undefined;
  /** Undefined unless `route` is `cluster` or `ztunnel`. */
  readonly send: Send | undefined;
  readonly clients: readonly Workload[];
  /** Nobody else can call the service, so that it is shown as its own pods see it. */
  readonly byOwnPods: boolean;
  readonly endpoints: readonly ConnectionEndpoint[];
  /** `fail` if any endpoint refuses; `unknown` if any is unknown; else what the endpoints have, `mixed` if they differ. */
  readonly outcome: Outcome | 'mixed' | 'no-endpoints' | 'blocked';
}

/** Somebody to ask on behalf of clients whose namespace says nothing about a host. */
function anybody(dataplane: Client['dataplane']): Client {
  return { namespace: '', name: '', labels: {}, annotations: {}, serviceAccount: '', dataplane };
}

/** Clients to put a question for, all alike. */
interface Callers {
  readonly namespace: string;
  readonly dataplane: Client['dataplane'];
  readonly scope: Scope | undefined;
  readonly capturesAll: boolean;
  readonly sample: Client;
  /** Asked for when somebody looks: the lists are long. */
  members(): readonly Workload[];
}

function callersOf(group: ClientGroup, without?: ReadonlySet<Workload | undefined>): Callers[] {
  const { namespace, dataplane, scope, capturesAll, sample } = group;
  const same = { namespace, dataplane, scope, capturesAll };
  if (!without?.size) return [{ ...same, sample, members: () => group.members }];
  const members = group.members.filter((member) => !without.has(member));
  return members.length > 0 ? [{ ...same, sample: members[0]!, members: () => members }] : [];
}

const known = memo((mtls: MutualTls) =>
  memo((service: MeshService) =>
    memo((port: MeshPort): readonly Connection[] => {
      const own = clientsOf(mtls).groupsIn(service.namespace);
      const servers = new Set(mtls.endpoints(service, port).map(({ workload }) => workload));
      const near = own.flatMap((group) => callersOf(group, servers));
      const found = connectionsOf(mtls, [...near, ...strangers(mtls, service)], service, port);
      if (found.length > 0) return found;
      return connectionsOf(
        mtls,
        own.flatMap((group) => callersOf(group)),
        service,
        port,
        true,
      );
    }),
  ),
);

/** Clients of other namespaces than the service's own: one by one where they may differ, else by class. */
function strangers(mtls: MutualTls, service: MeshService): Callers[] {
  const { mesh } = mtls;
  const clients = clientsOf(mtls);
  const isOther = ({ namespace }: ClientGroup): boolean => namespace !== service.namespace;
  const apart = distinguished(mtls, service);
  const classed = clients.classes().flatMap((kind): Callers[] => {
    const sample = anybody(kind.dataplane);
    const scope = kind.dataplane === 'none' || kind.dataplane === 'unknown' ? undefined : mesh.scopeOf(sample);
    const alone = apart ? kind.namespaces.filter((name) => apart.has(name)) : kind.namespaces;
    const rest = apart ? kind.namespaces.filter((name) => !apart.has(name)) : [];
    const one = alone
      .flatMap((name) => clients.ofClass(kind, name))
      .filter(isOther)
      .flatMap((group) => callersOf(group));
    if (rest.length === 0) return one;
    const members = (): Workload[] =>
      rest.flatMap((name) => clients.ofClass(kind, name).flatMap((group) => group.members));
    return [...one, { namespace: '', dataplane: kind.dataplane, scope, capturesAll: true, sample, members }];
  });
  const candidates = mesh.servicesByHost.get(service.host) ?? [];
  const leading = mesh.virtualServicesTo(service.host).map(({ metadata }) => metadata.namespace);
  const { may, never } = clients.importing(unique([...candidates.map(({ namespace }) => namespace), ...leading]));
  const asked = [...clients.special(), ...may].filter(isOther).flatMap((group) => callersOf(group));
  return [...asked, ...classed, ...unimporting(never.filter(isOther))];
}

/** Clients whose Sidecars import nothing of the service: together, by what becomes of unknown hosts. */
function unimporting(groups: readonly ClientGroup[]): Callers[] {
  const alike = new Map<string, ClientGroup[]>();
  for (const group of groups) {
    // what goes past the sidecar hangs on annotations
    const key = group.capturesAll ? `${group.dataplane} ${policyOf(group.scope) ?? ''}` : keyOfGroup(group);
    alike.set(key, [...(alike.get(key) ?? []), group]);
  }
  return [...alike.values()].flatMap((list): Callers[] => {
    const [first] = list;
    if (list.length === 1) return callersOf(first!);
    return callersOf(first!).map((callers) => ({ ...callers, members: () => list.flatMap((group) => group.members) }));
  });
}

function keyOfGroup({ namespace, dataplane, sample }: ClientGroup): string {
  return `${namespace} ${dataplane} ${sample.name}`;
}

function policyOf(scope: Scope | undefined): string | undefined {
  return scope?.sidecar?.spec.outboundTrafficPolicy;
}

/**
 * Every way in which the other workloads of the mesh reach one port of a service, those that fare alike in one entry.
 * Each subset that a client's rule defines has entries of its own.
 */
export function connectionsTo(mtls: MutualTls, service: MeshService, port: MeshPort): readonly Connection[] {
  return known(mtls)(service)(port);
}

/** The ways in which one client reaches one port of a service: the whole port, and each subset of its rule. */
export function connectionsFrom(
  mtls: MutualTls,
  client: Workload,
  service: MeshService,
  port: MeshPort,
): readonly Connection[] {
  const group = clientsOf(mtls)
    .groupsIn(client.namespace)
    .find(({ members }) => members.includes(client));
  if (!group) return [];
  return connectionsOf(mtls, [{ ...callersOf(group)[0]!, sample: client, members: () => [client] }], service, port);
}

function connectionsOf(
  mtls: MutualTls,
  callers: readonly Callers[],
  service: MeshService,
  port: MeshPort,
  byOwnPods = false,
): Connection[] {
  const found = new Map<Send | string, { connection: Connection; parts: (() => readonly Workload[])[] }>();
  const add = (key: Send | string, clients: () => readonly Workload[], make: () => Connection): void => {
    const known = found.get(key);
    if (known) known.parts.push(clients);
    else {
      const parts = [clients];
      found.set(key, { parts, connection: withClients(make(), parts, byOwnPods) });
    }
  };
  for (const group of callers) {
    const scoped = group.scope?.services.get(service.host);
    if (group.dataplane === 'waypoint' && !isWaypointOf(mtls, service, group.sample)) continue;
    const past = routePast(group, service, port);
    if (past) {
      add(past, group.members, () => withoutCluster(mtls, service, port, past));
    } else if (group.scope && scoped?.service === service && scoped.ports.includes(port)) {
      for (const { send, client, clients } of sendsOf(mtls, group, scoped, port))
        add(keyOf(send, group), clients, () => throughProxy(mtls, send, client));
    } else {
      const route = routeWithoutCluster(mtls, group, service);
      if (route) add(route, group.members, () => withoutCluster(mtls, service, port, route));
    }
  }
  return [...found.values()].map(({ connection }) => connection);
}

function isWaypointOf({ mesh }: MutualTls, service: MeshService, client: Client): boolean {
  const waypoint = waypointOf(mesh, service);
  return waypoint?.name === client.name && waypoint.namespace === client.namespace;
}

/** The lists of clients are long and most are never looked at, so they are put together when they are. */
function withClients(
  connection: Connection,
  parts: readonly (() => readonly Workload[])[],
  byOwnPods: boolean,
): Connection {
  const clients = derive(() => (parts.length === 1 ? parts[0]!() : parts.flatMap((part) => part())), sameItems);
  return {
    ...connection,
    byOwnPods,
    get clients() {
      return clients();
    },
  };
}

interface Sending {
  readonly send: Send;
  readonly client: Client;
  clients(): readonly Workload[];
}

/** What the members send: together, or one by one where policies of ambient servers tell them apart. */
function sendsOf(mtls: MutualTls, { sample, members }: Callers, scoped: ScopedService, port: MeshPort): Sending[] {
  const sends = mtls.sendsTo(sample, scoped, port);
  if (!sends.some((send) => send.tellsClientsApart))
    return sends.map((send) => ({ send, client: sample, clients: members }));
  return members().flatMap((member) =>
    mtls.sendsTo(member, scoped, port).map((send) => ({ send, client: member, clients: () => [member] })),
  );
}

/** Sidecars share one answer object; the answers of ambient are told by what they say. */
function keyOf(send: Send, { dataplane }: Callers): Send | string {
  if (dataplane !== 'ambient' && !send.tellsClientsApart) return send;
  const rule = send.rule ? `${send.rule.namespace}/${send.rule.rule.metadata.name}` : '';
  const parts = send.endpoints.map(({ decision, outcome }) => `${decision.tls} ${decision.reason.code} ${outcome}`);
  return [dataplane, send.subset ?? '', rule, send.waypoint?.name ?? '', ...parts].join('|');
}

/** How traffic leaves that the pods keep from their sidecars; undefined for what goes through them. */
function routePast({ scope, sample, capturesAll }: Callers, service: MeshService, port: MeshPort): Route | undefined {
  // another namespace's service of the same host answers in its place
  const scoped = scope?.services.get(service.host);
  if (capturesAll || (scoped && scoped.service !== service)) return undefined;
  const { captured } = outboundCapture(sample, service, port.port);
  return captured === true ? undefined : captured === false ? 'excluded' : 'unknown';
}

function routeWithoutCluster(mtls: MutualTls, group: Callers, service: MeshService): Route | undefined {
  const { dataplane } = group;
  if (dataplane === 'none') return 'no-sidecar';
  if (dataplane === 'unknown') return 'unknown';
  // another namespace's service of the same host answers in its place; waypoints serve what is behind them
  if (dataplane === 'waypoint' || group.scope?.services.has(service.host)) return undefined;
  if (dataplane === 'ambient' || dataplane === 'proxyless') return 'no-sidecar';
  const policy = policyOf(group.scope) ?? mtls.mesh.settings.outboundTrafficPolicy;
  return policy === 'REGISTRY_ONLY' ? 'blocked' : 'passthrough';
}

function throughProxy(mtls: MutualTls, send: Send, client: Client): Connection {
  const { service, port, subset, rule } = send;
  const identity = identityOf(mtls.mesh.settings, client);
  const endpoints = send.endpoints.map(({ endpoint, accepts, decision, outcome }): ConnectionEndpoint => {
    const ambient = endpoint.workload && mtls.ambientAccepts(endpoint.workload, endpoint.port, identity);
    const server = { endpoint, wire: accepts?.wire, ambient };
    if (endpoint.workload?.dataplane === 'unknown')
      return { endpoint, accepts, ambient, decision, outcome: 'unknown', failure: undefined };
    // istiod's own answer ends at the sockets; whom the client expects comes after
    if (outcome === 'mtls' && isServerRefused(mtls, send, decision, endpoint))
      return { endpoint, accepts, ambient, decision, outcome: 'fail', failure: 'identity-refused' };
    return { endpoint, accepts, ambient, decision, outcome, failure: failureOf(decision.tls, server) };
  });
  const route = client.dataplane === 'ambient' ? 'ztunnel' : 'cluster';
  return {
    service,
    port,
    subset,
    route,
    rule,
    send,
    clients: [],
    byOwnPods: false,
    endpoints,
    outcome: combined(endpoints),
  };
}

function withoutCluster(mtls: MutualTls, service: MeshService, port: MeshPort, route: Route): Connection {
  const endpoints = mtls.endpoints(service, port).map((endpoint): ConnectionEndpoint => {
    const accepts = endpoint.workload && mtls.accepts(endpoint.workload, endpoint.port);
    const ambient = endpoint.workload && mtls.ambientAccepts(endpoint.workload, endpoint.port);
    const server = { endpoint, wire: accepts?.wire, ambient };
    if (route === 'unknown' || endpoint.workload?.dataplane === 'unknown')
      return { endpoint, accepts, ambient, decision: undefined, outcome: 'unknown', failure: undefined };
    const outcome = outcomeOf('PLAINTEXT', server);
    return { endpoint, accepts, ambient, decision: undefined, outcome, failure: failureOf('PLAINTEXT', server) };
  });
  const outcome = route === 'blocked' ? 'blocked' : combined(endpoints);
  return {
    service,
    port,
    subset: undefined,
    route,
    rule: undefined,
    send: undefined,
    clients: [],
    byOwnPods: false,
    endpoints,
    outcome,
  };
}

function combined(endpoints: readonly ConnectionEndpoint[]): Connection['outcome'] {
  const outcomes = new Set(endpoints.map((each) => each.outcome));
  if (outcomes.size === 0) return 'no-endpoints';
  if (outcomes.has('fail')) return 'fail';
  if (outcomes.has('unknown')) return 'unknown';
  return outcomes.size === 1 ? [...outcomes][0]! : 'mixed';
}
