// Who reaches a workload's port through the services that lead there, and how it goes for them.

import type { MeshService } from '../mesh/service';
import { type Workload, workloadKey } from '../mesh/workload';
import { type Connection, type ConnectionEndpoint, connectionsTo } from '../mtls/connections';
import type { MutualTls } from '../mtls/mutual-tls';
import { count, objectName } from '../words/names';
import { bothCases } from '../words/unknown';
import type { MeshView } from '../workspace/workspace';
import { code, list } from './markdown';

/** The worst that happens to one client at one port. */
export interface Caller {
  readonly client: Workload;
  readonly connection: Connection;
  readonly endpoint: ConnectionEndpoint;
}

/** Worst first. */
const ORDER = ['fail', 'unknown', 'plaintext', 'app-tls', 'mtls-unknown', 'mtls'] as const;

/** Answers about callers in one mesh; what they share is computed once. */
export interface Callers {
  /** Every way in which clients reach one port of a service. */
  connections(service: MeshService, port: MeshService['ports'][number]): readonly Connection[];
  /** By workload port, each client once. */
  of(workload: Workload): ReadonlyMap<number, readonly Caller[]>;
}

export function callersIn(view: MeshView): Callers {
  const callers: Callers = {
    connections: (service, port) => connectionsTo(view.mtls, service, port),
    of(workload) {
      const ports = new Map<number, Map<Workload, Caller>>();
      // selectors reach no further than their namespace
      for (const service of view.mesh.servicesIn(workload.namespace)) {
        for (const port of service.ports) {
          const leadsHere = view.mtls.endpoints(service, port).some((endpoint) => endpoint.workload === workload);
          if (!leadsHere || port.protocol === 'udp') continue;
          for (const connection of callers.connections(service, port)) collect(ports, workload, connection);
        }
      }
      return new Map([...ports].map(([port, found]) => [port, [...found.values()]]));
    },
  };
  return callers;
}

function collect(ports: Map<number, Map<Workload, Caller>>, workload: Workload, connection: Connection): void {
  // a subset is used only where a route says so; the service's own hover shows it
  if (connection.outcome === 'blocked' || connection.subset !== undefined) return;
  for (const endpoint of connection.endpoints) {
    if (endpoint.endpoint.workload !== workload) continue;
    const { port } = endpoint.endpoint;
    const found = ports.get(port) ?? new Map<Workload, Caller>();
    ports.set(port, found);
    for (const client of connection.clients) {
      // a pod that calls itself is rarely meant
      if (client === workload) continue;
      const known = found.get(client);
      const worse = !known || ORDER.indexOf(endpoint.outcome) < ORDER.indexOf(known.endpoint.outcome);
      if (worse) found.set(client, { client, connection, endpoint });
    }
  }
}

/** `5 clients with mTLS · **1 refused: legacy/batch has no sidecar**` */
export function callersText(callers: readonly Caller[] | undefined, mtls: MutualTls): string {
  if (!callers) return 'no Service leads here';
  if (callers.length === 0) return 'nobody in these manifests';
  const having = (...outcomes: readonly string[]): readonly Caller[] =>
    callers.filter(({ endpoint }) => outcomes.includes(endpoint.outcome));
  const parts: string[] = [];
  const add = (found: readonly Caller[], words: string): void => {
    if (found.length > 0) parts.push(`${parts.length === 0 ? count(found.length, 'client') : found.length} ${words}`);
  };
  add(having('mtls', 'mtls-unknown'), 'with mTLS');
  add(having('plaintext'), 'with plaintext');
  add(having('app-tls'), 'with TLS of their own');
  const refused = having('fail');
  if (refused.length > 0) parts.push(`**${refused.length} refused: ${refusedText(refused)}**`);
  const unknown = having('unknown');
  for (const [cases, some] of byCases(mtls, unknown))
    parts.push(`${some.length} unknown: ${list(some.map(nameOf))}${cases && `, ${cases}`}`);
  return parts.join(' · ');
}

/** Callers of which too little is known, by what may come of them. */
function byCases(mtls: MutualTls, callers: readonly Caller[]): ReadonlyMap<string, readonly Caller[]> {
  const found = new Map<string, Caller[]>();
  for (const caller of callers) {
    const cases = bothCases(mtls, caller.connection);
    found.set(cases, [...(found.get(cases) ?? []), caller]);
  }
  return found;
}

/** True when somebody is refused. */
export function anyRefused(callers: readonly Caller[] | undefined): boolean {
  return callers?.some(({ endpoint }) => endpoint.outcome === 'fail') ?? false;
}

function nameOf({ client }: Caller): string {
  return code(workloadKey(client));
}

/** The names, and the cause where all have the same. */
function refusedText(refused: readonly Caller[]): string {
  const names = list(refused.map(nameOf));
  const causes = new Set(refused.map((caller) => causeOf(caller, refused.length === 1)));
  return causes.size === 1 ? `${names} ${[...causes][0]}`.trimEnd() : names;
}

function causeOf({ connection }: Caller, one: boolean): string {
  if (connection.route === 'no-sidecar') return one ? 'has no sidecar' : 'have no sidecar';
  if (connection.route === 'excluded') return one ? 'sends past its sidecar' : 'send past their sidecars';
  if (connection.route === 'passthrough') return one ? 'does not know the host' : 'do not know the host';
  const object = connection.rule?.policyFrom ?? connection.rule?.rule;
  return object ? `by ${code(objectName(object))}` : '';
}
