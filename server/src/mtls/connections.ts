// Who talks to a service's port and what comes of it: clients that fare alike are one connection.

import { derive, memo, memoWeakly } from '../incremental/cells';
import type { Endpoint } from '../mesh/endpoints';
import { sameItems } from '../mesh/lookup';
import type { Scope, ScopedService } from '../mesh/scope';
import type { MeshPort, MeshService } from '../mesh/service';
import { waypointOf } from '../mesh/waypoint';
import type { Client, Workload } from '../mesh/workload';
import { type Callers, callerOf, callersOf, strangers } from './callers';
import { outboundCapture } from './capture';
import { type ClientPart, membersOf } from './client-set';
import type { ClientDecision } from './client-tls';
import { clientsOf } from './clients';
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
  /** The same in parts, which connections may share. */
  readonly parts: readonly ClientPart[];
  /** Nobody else can call the service, so that it is shown as its own pods see it. */
  readonly byOwnPods: boolean;
  readonly endpoints: readonly ConnectionEndpoint[];
  /** `fail` if any endpoint refuses; `unknown` if any is unknown; else what the endpoints have, `mixed` if they differ. */
  readonly outcome: Outcome | 'mixed' | 'no-endpoints' | 'blocked';
}

const known = memoWeakly((mtls: MutualTls) =>
  memo((service: MeshService): ReadonlyMap<MeshPort, readonly Connection[]> => {
    const own = clientsOf(mtls).groupsIn(service.namespace);
    const others = strangers(mtls, service);
    return new Map(
      service.ports.map((port) => {
        const servers = mtls.endpoints(service, port).flatMap(({ workload }) => workload ?? []);
        const near = own.flatMap((group) => callersOf(group, servers));
        const found = connectionsOf(mtls, [...near, ...others], service, port);
        if (found.length > 0) return [port, found];
        const all = own.flatMap((group) => callersOf(group));
        return [port, connectionsOf(mtls, all, service, port, true)];
      }),
    );
  }),
);

function policyOf(scope: Scope | undefined): string | undefined {
  return scope?.sidecar?.spec.outboundTrafficPolicy;
}

/**
 * Every way in which the other workloads of the mesh reach one port of a service, those that fare alike in one entry.
 * Each subset that a client's rule defines has entries of its own.
 */
export function connectionsTo(mtls: MutualTls, service: MeshService, port: MeshPort): readonly Connection[] {
  return known(mtls)(service).get(port) ?? [];
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
  return connectionsOf(mtls, [callerOf(group, client)], service, port);
}

function connectionsOf(
  mtls: MutualTls,
  callers: readonly Callers[],
  service: MeshService,
  port: MeshPort,
  byOwnPods = false,
): Connection[] {
  const found = new Map<Send | string, { connection: Connection; parts: ClientPart[] }>();
  const add = (key: Send | string, part: ClientPart, make: () => Way): void => {
    const known = found.get(key);
    if (known) known.parts.push(part);
    else {
      const parts = [part];
      found.set(key, { parts, connection: new ConnectionOf(make(), parts, byOwnPods) });
    }
  };
  for (const group of callers) {
    const scoped = group.scope?.services.get(service.host);
    if (group.dataplane === 'waypoint' && !isWaypointOf(mtls, service, group.sample)) continue;
    const past = routePast(group, service, port);
    if (past) {
      add(past, group.part, () => withoutCluster(mtls, service, port, past));
    } else if (group.scope && scoped?.service === service && scoped.ports.includes(port)) {
      for (const { send, client, part } of sendsOf(mtls, group, scoped, port))
        add(keyOf(send, group), part, () => throughProxy(mtls, send, client));
    } else {
      const route = routeWithoutCluster(mtls, group, service);
      if (route) add(route, group.part, () => withoutCluster(mtls, service, port, route));
    }
  }
  return [...found.values()].map(({ connection }) => connection);
}

function isWaypointOf({ mesh }: MutualTls, service: MeshService, client: Client): boolean {
  const waypoint = waypointOf(mesh, service);
  return waypoint?.name === client.name && waypoint.namespace === client.namespace;
}

/** A connection without those who take it. */
type Way = Omit<Connection, 'clients' | 'parts' | 'byOwnPods'>;

/** The lists of clients are long and most are never looked at, so they are put together when they are. */
class ConnectionOf implements Connection {
  readonly service: MeshService;
  readonly port: MeshPort;
  readonly subset: string | undefined;
  readonly route: Route;
  readonly rule: MergedRule | undefined;
  readonly send: Send | undefined;
  readonly endpoints: readonly ConnectionEndpoint[];
  readonly outcome: Connection['outcome'];
  private list: (() => readonly Workload[]) | undefined;

  constructor(
    way: Way,
    readonly parts: readonly ClientPart[],
    readonly byOwnPods: boolean,
  ) {
    this.service = way.service;
    this.port = way.port;
    this.subset = way.subset;
    this.route = way.route;
    this.rule = way.rule;
    this.send = way.send;
    this.endpoints = way.endpoints;
    this.outcome = way.outcome;
  }

  get clients(): readonly Workload[] {
    this.list ??= derive(() => membersOf(this.parts), sameItems);
    return this.list();
  }
}

interface Sending extends Pick<Callers, 'part'> {
  readonly send: Send;
  readonly client: Client;
}

/** What the members send: together, or one by one where policies of ambient servers tell them apart. */
function sendsOf(mtls: MutualTls, { sample, part }: Callers, scoped: ScopedService, port: MeshPort): Sending[] {
  const sends = mtls.sendsTo(sample, scoped, port);
  if (!sends.some((send) => send.tellsClientsApart)) return sends.map((send) => ({ send, client: sample, part }));
  return membersOf([part]).flatMap((member) =>
    mtls
      .sendsTo(member, scoped, port)
      .map((send): Sending => ({ send, client: member, part: { type: 'pods', members: [member] } })),
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

function throughProxy(mtls: MutualTls, send: Send, client: Client): Way {
  const { service, port, subset, rule } = send;
  const identity = identityOf(mtls.mesh.settings, client);
  const endpoints = send.endpoints.map(({ endpoint, accepts, decision, outcome }): ConnectionEndpoint => {
    const ambient = endpoint.workload && mtls.ambientAccepts(endpoint.workload, endpoint.port, identity);
    const server = { endpoint, wire: mtls.wireOf(endpoint.workload, endpoint.port), ambient };
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
    endpoints,
    outcome: combined(endpoints),
  };
}

function withoutCluster(mtls: MutualTls, service: MeshService, port: MeshPort, route: Route): Way {
  const endpoints = mtls.endpoints(service, port).map((endpoint): ConnectionEndpoint => {
    const accepts = endpoint.workload && mtls.accepts(endpoint.workload, endpoint.port);
    const ambient = endpoint.workload && mtls.ambientAccepts(endpoint.workload, endpoint.port);
    const server = { endpoint, wire: mtls.wireOf(endpoint.workload, endpoint.port), ambient };
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
