// Who talks to a service's port and what comes of it: clients that fare alike are one connection.
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import type { Endpoint } from '../mesh/endpoints';
import type { Scope } from '../mesh/scope';
import type { MeshPort, MeshService } from '../mesh/service';
import type { Workload } from '../mesh/workload';
import type { ClientDecision } from './client-tls';
import type { Accepts, MutualTls, Send } from './mutual-tls';
import { type FailureCode, failureOf, type Outcome, outcomeOf } from './outcome';
import type { MergedRule } from './rule-index';

/** Clients of one namespace that send alike to everybody. */
export interface ClientGroup {
  readonly namespace: string;
  readonly dataplane: 'sidecar' | 'gateway' | 'none' | 'unknown';
  /** What they can call by name; undefined without a proxy. */
  readonly scope: Scope | undefined;
  /** At least one. */
  readonly members: readonly Workload[];
}

/** How traffic leaves the clients. */
export type Route =
  /** Through the sidecar's own cluster for the host. */
  | 'cluster'
  /** As the application sends it: there is no sidecar. */
  | 'no-sidecar'
  /** As the application sends it: the sidecar does not know the host (Sidecar scope, exportTo). */
  | 'passthrough'
  /** Not at all: the sidecar does not know the host and unknown hosts are blocked (REGISTRY_ONLY). */
  | 'blocked'
  /** Whether the clients have a sidecar is not known. */
  | 'unknown';

export interface ConnectionEndpoint {
  readonly endpoint: Endpoint;
  readonly accepts: Accepts | undefined;
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
  /** Undefined unless `route` is `cluster`. */
  readonly send: Send | undefined;
  readonly clients: readonly Workload[];
  readonly endpoints: readonly ConnectionEndpoint[];
  /** `fail` if any endpoint refuses; `unknown` if any is unknown; else what the endpoints have, `mixed` if they differ. */
  readonly outcome: Outcome | 'mixed' | 'no-endpoints' | 'blocked';
}

/** The groups of a mesh, in the order of its workloads. */
export function clientGroups(mtls: MutualTls): ClientGroup[] {
  const groups = new Map<string, { group: ClientGroup; members: Workload[] }>();
  const scopeIds = new Map<Scope, number>();
  const selecting = new Map<string, DestinationRule[]>();
  for (const rule of mtls.mesh.destinationRules) {
    if (!rule.spec.workloadSelector) continue;
    selecting.set(rule.metadata.namespace, [...(selecting.get(rule.metadata.namespace) ?? []), rule]);
  }
  for (const workload of mtls.mesh.workloads) {
    const dataplane = asClient(workload);
    const scope = dataplane === 'sidecar' || dataplane === 'gateway' ? mtls.mesh.scopeOf(workload) : undefined;
    if (scope && !scopeIds.has(scope)) scopeIds.set(scope, scopeIds.size);
    // rules with a workloadSelector tell clients of one namespace apart
    const own = scope ? (selecting.get(workload.namespace) ?? []) : [];
    const chosen = own
      .map((rule) => (includes(rule.spec.workloadSelector!.matchLabels, workload) ? '1' : '0'))
      .join('');
    const key = `${workload.namespace} ${dataplane} ${scope ? scopeIds.get(scope) : ''} ${chosen}`;
    const known = groups.get(key);
    if (known) known.members.push(workload);
    else {
      const members = [workload];
      groups.set(key, { members, group: { namespace: workload.namespace, dataplane, scope, members } });
    }
  }
  return [...groups.values()].map(({ group }) => group);
}

function asClient(workload: Workload): ClientGroup['dataplane'] {
  const { dataplane } = workload;
  return dataplane === 'sidecar' || dataplane === 'gateway' || dataplane === 'none' ? dataplane : 'unknown';
}

function includes(selector: Readonly<Record<string, string>>, workload: Workload): boolean {
  return Object.entries(selector).every(([key, value]) => workload.labels[key] === value);
}

/**
 * Every way in which the workloads of the mesh reach one port of a service, those that fare alike in one entry. Each
 * subset that a client's rule defines has entries of its own.
 * @param groups of {@link clientGroups}
 */
export function connectionsTo(
  mtls: MutualTls,
  groups: readonly ClientGroup[],
  service: MeshService,
  port: MeshPort,
): Connection[] {
  const found = new Map<Send | Route, { connection: Connection; clients: Workload[] }>();
  const add = (key: Send | Route, clients: readonly Workload[], make: () => Connection): void => {
    const known = found.get(key);
    if (known) known.clients.push(...clients);
    else {
      const list = [...clients];
      found.set(key, { clients: list, connection: { ...make(), clients: list } });
    }
  };
  for (const group of groups) {
    const scoped = group.scope?.services.get(service.host);
    if (group.scope && scoped?.service === service && scoped.ports.includes(port)) {
      for (const send of mtls.sendsTo(group.members[0]!, scoped, port))
        add(send, group.members, () => throughCluster(send));
    } else {
      const route = routeWithoutCluster(mtls, group, service);
      if (route) add(route, group.members, () => withoutCluster(mtls, service, port, route));
    }
  }
  return [...found.values()].map(({ connection }) => connection);
}

function routeWithoutCluster(mtls: MutualTls, group: ClientGroup, service: MeshService): Route | undefined {
  if (group.dataplane === 'none') return 'no-sidecar';
  if (group.dataplane === 'unknown') return 'unknown';
  // another namespace's service of the same host answers in its place
  if (group.scope?.services.has(service.host)) return undefined;
  const policy = group.scope?.sidecar?.spec.outboundTrafficPolicy ?? mtls.mesh.settings.outboundTrafficPolicy;
  return policy === 'REGISTRY_ONLY' ? 'blocked' : 'passthrough';
}

function throughCluster(send: Send): Connection {
  const endpoints = send.endpoints.map(({ endpoint, accepts, decision, outcome }) => ({
    endpoint,
    accepts,
    decision,
    outcome,
    failure: failureOf(decision.tls, { endpoint, wire: accepts?.wire }),
  }));
  const { service, port, subset, rule } = send;
  return { service, port, subset, route: 'cluster', rule, send, clients: [], endpoints, outcome: combined(endpoints) };
}

function withoutCluster(mtls: MutualTls, service: MeshService, port: MeshPort, route: Route): Connection {
  const endpoints = mtls.endpoints(service, port).map((endpoint): ConnectionEndpoint => {
    const accepts = endpoint.workload && mtls.accepts(endpoint.workload, endpoint.port);
    const server = { endpoint, wire: accepts?.wire };
    const unknown = route === 'unknown' || endpoint.workload?.dataplane === 'unknown';
    const outcome = unknown ? 'unknown' : outcomeOf('PLAINTEXT', server);
    return {
      endpoint,
      accepts,
      decision: undefined,
      outcome,
      failure: unknown ? undefined : failureOf('PLAINTEXT', server),
    };
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
