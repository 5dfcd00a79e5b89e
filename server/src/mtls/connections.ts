// Who talks to a service's port and what comes of it: clients that fare alike are one connection.

import type { DestinationRule } from '../manifest/kinds/destination-rule';
import { selects } from '../manifest/object';
import type { Endpoint } from '../mesh/endpoints';
import type { Scope, ScopedService } from '../mesh/scope';
import type { MeshPort, MeshService } from '../mesh/service';
import { waypointOf } from '../mesh/waypoint';
import type { Workload } from '../mesh/workload';
import { outboundCapture, outboundKey } from './capture';
import type { ClientDecision } from './client-tls';
import { identityOf, isServerRefused } from './handshake';
import { memoizeWeakly } from './memoize';
import type { Accepts, MutualTls, Send } from './mutual-tls';
import { type AmbientBehaviour, type FailureCode, failureOf, type Outcome, outcomeOf } from './outcome';
import type { MergedRule } from './rule-index';

/** Clients of one namespace that send alike to everybody. */
export interface ClientGroup {
  readonly namespace: string;
  readonly dataplane: Workload['dataplane'];
  /** What they can call by name; undefined without a proxy. */
  readonly scope: Scope | undefined;
  /** All that they send goes through their proxy, whatever the address and port. */
  readonly capturesAll: boolean;
  /** At least one. */
  readonly members: readonly Workload[];
}

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
  readonly endpoints: readonly ConnectionEndpoint[];
  /** `fail` if any endpoint refuses; `unknown` if any is unknown; else what the endpoints have, `mixed` if they differ. */
  readonly outcome: Outcome | 'mixed' | 'no-endpoints' | 'blocked';
}

/** The groups of a mesh, in the order of its workloads; worked out once. */
export const clientGroups = memoizeWeakly(groupClients);

function groupClients(mtls: MutualTls): readonly ClientGroup[] {
  const groups = new Map<string, { group: ClientGroup; members: Workload[] }>();
  const scopeIds = new Map<Scope, number>();
  const selecting = new Map<string, DestinationRule[]>();
  for (const rule of mtls.mesh.destinationRules) {
    if (!rule.spec.workloadSelector) continue;
    selecting.set(rule.metadata.namespace, [...(selecting.get(rule.metadata.namespace) ?? []), rule]);
  }
  for (const workload of mtls.mesh.workloads) {
    const { dataplane } = workload;
    const scope = dataplane === 'none' || dataplane === 'unknown' ? undefined : mtls.mesh.scopeOf(workload);
    if (scope && !scopeIds.has(scope)) scopeIds.set(scope, scopeIds.size);
    // rules with a workloadSelector tell clients of one namespace apart
    const own = scope ? (selecting.get(workload.namespace) ?? []) : [];
    const chosen = own
      .map((rule) => (selects(rule.spec.workloadSelector!.matchLabels, workload.labels) ? '1' : '0'))
      .join('');
    // each waypoint has services of its own
    const name = dataplane === 'waypoint' ? workload.name : '';
    const key = `${workload.namespace} ${dataplane} ${name} ${scope ? scopeIds.get(scope) : ''} ${chosen} ${outboundKey(workload)}`;
    const known = groups.get(key);
    if (known) known.members.push(workload);
    else {
      const members = [workload];
      groups.set(key, {
        members,
        group: { namespace: workload.namespace, dataplane, scope, capturesAll: outboundKey(workload) === '', members },
      });
    }
  }
  return [...groups.values()].map(({ group }) => group);
}

/**
 * Every way in which the other workloads of the mesh reach one port of a service, those that fare alike in one entry.
 * Each subset that a client's rule defines has entries of its own.
 * @param groups of {@link clientGroups}
 */
export function connectionsTo(
  mtls: MutualTls,
  groups: readonly ClientGroup[],
  service: MeshService,
  port: MeshPort,
): Connection[] {
  const servers = new Set(mtls.endpoints(service, port).map(({ workload }) => workload));
  const near = new Set([...servers].map((server) => server?.namespace));
  const others = groups.flatMap((group) => {
    if (!near.has(group.namespace)) return [group];
    const members = group.members.filter((member) => !servers.has(member));
    return members.length === group.members.length ? [group] : members.length > 0 ? [{ ...group, members }] : [];
  });
  const found = connectionsOf(mtls, others, service, port);
  // a service that nobody else can call is shown as its own pods see it
  return found.length > 0 ? found : connectionsOf(mtls, groups, service, port);
}

function connectionsOf(
  mtls: MutualTls,
  groups: readonly ClientGroup[],
  service: MeshService,
  port: MeshPort,
): Connection[] {
  const found = new Map<Send | string, { connection: Connection; parts: (readonly Workload[])[] }>();
  const add = (key: Send | string, clients: readonly Workload[], make: () => Connection): void => {
    const known = found.get(key);
    if (known) known.parts.push(clients);
    else {
      const parts = [clients];
      found.set(key, { parts, connection: withClients(make(), parts) });
    }
  };
  for (const group of groups) {
    const scoped = group.scope?.services.get(service.host);
    if (group.dataplane === 'waypoint' && waypointOf(mtls.mesh, service) !== group.members[0]) continue;
    const past = routePast(group, service, port);
    if (past) {
      add(past, group.members, () => withoutCluster(mtls, service, port, past));
    } else if (group.scope && scoped?.service === service && scoped.ports.includes(port)) {
      for (const { send, clients } of sendsOf(mtls, group, scoped, port))
        add(keyOf(send, group), clients, () => throughProxy(mtls, send, clients[0]!));
    } else {
      const route = routeWithoutCluster(mtls, group, service);
      if (route) add(route, group.members, () => withoutCluster(mtls, service, port, route));
    }
  }
  return [...found.values()].map(({ connection }) => connection);
}

/** The lists of clients are long and most are never looked at, so they are put together when they are. */
function withClients(connection: Connection, parts: readonly (readonly Workload[])[]): Connection {
  let clients: readonly Workload[] | undefined;
  return {
    ...connection,
    get clients() {
      clients ??= parts.length === 1 ? parts[0]! : ([] as Workload[]).concat(...parts);
      return clients;
    },
  };
}

/** What the members send: together, or one by one where policies of ambient servers tell them apart. */
function sendsOf(
  mtls: MutualTls,
  { members }: ClientGroup,
  scoped: ScopedService,
  port: MeshPort,
): { send: Send; clients: readonly Workload[] }[] {
  const sends = mtls.sendsTo(members[0]!, scoped, port);
  if (members.length === 1 || !sends.some((send) => send.tellsClientsApart))
    return sends.map((send) => ({ send, clients: members }));
  return members.flatMap((member) => mtls.sendsTo(member, scoped, port).map((send) => ({ send, clients: [member] })));
}

/** Sidecars share one answer object; the answers of ambient are told by what they say. */
function keyOf(send: Send, { dataplane }: ClientGroup): Send | string {
  if (dataplane !== 'ambient' && !send.tellsClientsApart) return send;
  const rule = send.rule ? `${send.rule.namespace}/${send.rule.rule.metadata.name}` : '';
  const parts = send.endpoints.map(({ decision, outcome }) => `${decision.tls} ${decision.reason.code} ${outcome}`);
  return [dataplane, send.subset ?? '', rule, send.waypoint?.name ?? '', ...parts].join('|');
}

/** How traffic leaves that the pods keep from their sidecars; undefined for what goes through them. */
function routePast(
  { scope, members, capturesAll }: ClientGroup,
  service: MeshService,
  port: MeshPort,
): Route | undefined {
  // another namespace's service of the same host answers in its place
  const scoped = scope?.services.get(service.host);
  if (capturesAll || (scoped && scoped.service !== service)) return undefined;
  const { captured } = outboundCapture(members[0]!, service, port.port);
  return captured === true ? undefined : captured === false ? 'excluded' : 'unknown';
}

function routeWithoutCluster(mtls: MutualTls, group: ClientGroup, service: MeshService): Route | undefined {
  const { dataplane } = group;
  if (dataplane === 'none') return 'no-sidecar';
  if (dataplane === 'unknown') return 'unknown';
  // another namespace's service of the same host answers in its place; waypoints serve what is behind them
  if (dataplane === 'waypoint' || group.scope?.services.has(service.host)) return undefined;
  if (dataplane === 'ambient' || dataplane === 'proxyless') return 'no-sidecar';
  const policy = group.scope?.sidecar?.spec.outboundTrafficPolicy ?? mtls.mesh.settings.outboundTrafficPolicy;
  return policy === 'REGISTRY_ONLY' ? 'blocked' : 'passthrough';
}

function throughProxy(mtls: MutualTls, send: Send, client: Workload): Connection {
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
  return { service, port, subset, route, rule, send, clients: [], endpoints, outcome: combined(endpoints) };
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
  return { service, port, subset: undefined, route, rule: undefined, send: undefined, clients: [], endpoints, outcome };
}

function combined(endpoints: readonly ConnectionEndpoint[]): Connection['outcome'] {
  const outcomes = new Set(endpoints.map((each) => each.outcome));
  if (outcomes.size === 0) return 'no-endpoints';
  if (outcomes.has('fail')) return 'fail';
  if (outcomes.has('unknown')) return 'unknown';
  return outcomes.size === 1 ? [...outcomes][0]! : 'mixed';
}
