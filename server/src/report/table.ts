// The mutual TLS table: one row for each service port and each way in which clients fare there.
import { compareText } from '../manifest/object';
import type { MeshPort, MeshService } from '../mesh/service';
import { type Workload, workloadKey } from '../mesh/workload';
import { type Connection, connectionsFrom, connectionsTo } from '../mtls/connections';
import { shortHost, shortName } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import { type Cells, cellsOf, type Status } from './cells';

export interface TableRow extends Cells {
  readonly service: MeshService;
  readonly port: MeshPort;
  readonly subset: string | undefined;
  readonly route: Connection['route'];
  /** Those that fare like this, in the order of the mesh. */
  readonly clients: readonly Workload[];
  /** How many clients the port has in all. */
  readonly of: number;
  /**
   * True for what a reader asks about rarely: clients whose Sidecar scope lacks the host, clients of unknown kind that
   * nothing refuses, subsets without pods. Shown on request.
   */
  readonly aside: boolean;
}

/** A fact that the manifests lack, and that rows hang on. */
export interface TableNote {
  readonly code: 'injection-unknown';
  readonly namespace: string;
  readonly workloads: number;
  /** True when some connection is refused if the workloads have no sidecar, or if they have one. */
  readonly mayFail: boolean;
}

export interface MeshTable {
  readonly view: MeshView;
  /** By host, port, and then the worst first. */
  readonly rows: readonly TableRow[];
  readonly notes: readonly TableNote[];
}

export interface TableOptions {
  /** Only services of this namespace. */
  readonly namespace?: string;
  /** Only these services. */
  readonly services?: readonly MeshService[];
  /** Only this client. */
  readonly client?: Workload;
}

/** The table of a mesh. UDP ports have no rows: Istio leaves them alone. */
export function meshTable(view: MeshView, options: TableOptions = {}): MeshTable {
  const { mesh } = view;
  const rows = mesh.services
    .filter((service) => !isWaypointsOwn(mesh, service))
    .filter((service) => !options.namespace || service.namespace === options.namespace)
    .filter((service) => !options.services || options.services.includes(service))
    .flatMap((service) =>
      service.ports
        .filter((port) => port.protocol !== 'udp')
        .flatMap((port) => rowsOf(view, options.client, service, port)),
    );
  return {
    view,
    rows: rows.sort((a, b) => compareRows(a, b, mesh.settings.clusterDomain)),
    notes: notesOf(view, rows),
  };
}

/** The Service that a waypoint itself is reached by: clients never call it by name. */
export function isWaypointsOwn(mesh: MeshView['mesh'], { object }: MeshService): boolean {
  return mesh.kubernetesGateways.some(({ source }) => source === object.source);
}

function rowsOf(view: MeshView, client: Workload | undefined, service: MeshService, port: MeshPort): TableRow[] {
  const { mtls } = view;
  const connections = client ? connectionsFrom(mtls, client, service, port) : connectionsTo(mtls, service, port);
  if (connections.length === 0) return [withoutClients(view, service, port)];
  // each client reaches the whole port in one way
  const whole = connections.filter(({ subset }) => subset === undefined);
  const all = whole.reduce((sum, { clients }) => sum + clients.length, 0);
  const rows = new Map<string, TableRow>();
  for (const connection of [...connections].sort((a, b) => rank(a) - rank(b))) {
    const cells = cellsOf(mtls, connection);
    const { subset, route, clients } = connection;
    const row: TableRow = { ...cells, service, port, subset, route, clients, of: all, aside: false };
    const twin = [...rows.values()].find((other) => isAlike(other, row));
    if (subset !== undefined && [...rows.values()].some((whole) => isPartOf(row, whole))) continue;
    if (twin) rows.set(keyOf(twin), { ...twin, clients: [...twin.clients, ...clients] });
    else rows.set(keyOf(row), row);
  }
  const list = [...rows.values()];
  return list.map((row) => ({ ...row, aside: isAside(row, list) }));
}

/** What can be said of a port's servers, whoever calls them. */
export function serversAlone(view: MeshView, service: MeshService, port: MeshPort): Cells {
  const endpoints = view.mtls.endpoints(service, port).map((endpoint) => ({
    endpoint,
    accepts: endpoint.workload && view.mtls.accepts(endpoint.workload, endpoint.port),
    ambient: undefined,
    decision: undefined,
    outcome: 'unknown' as const,
    failure: undefined,
  }));
  const connection: Connection = {
    ...{ service, port, subset: undefined, route: 'passthrough', rule: undefined, send: undefined, clients: [] },
    parts: [],
    byOwnPods: false,
    endpoints,
    outcome: 'unknown',
  };
  const cells = cellsOf(view.mtls, connection);
  return { ...cells, because: cells.because.slice(0, 1) };
}

/** A service that no workload here could call still has servers to speak of. */
function withoutClients(view: MeshView, service: MeshService, port: MeshPort): TableRow {
  const cells = serversAlone(view, service, port);
  const status = cells.status === 'NO ENDPOINTS' || service.external ? cells.status : 'UNKNOWN';
  return {
    ...{ ...cells, status, client: 'no clients' },
    ...{ service, port, subset: undefined, route: 'cluster', clients: [], of: 0, aside: false },
  };
}

const ROUTES: readonly Connection['route'][] = [
  'cluster',
  'ztunnel',
  'no-sidecar',
  'excluded',
  'unknown',
  'passthrough',
  'blocked',
];

/** Whole ports before subsets and clients with a sidecar first, since the others are told by how they differ. */
function rank(connection: Connection): number {
  return ROUTES.indexOf(connection.route) + (connection.subset === undefined ? 0 : 10);
}

/** What sets a row apart from the others of its port. */
function keyOf(row: TableRow): string {
  const names = (objects: TableRow['policies'] | TableRow['rules']): string => objects.map(shortName).join(',');
  const scope = isScoped(row) ? 'scoped' : 'out of scope';
  return [row.subset ?? '', scope, row.status, row.server, row.client, names(row.policies), names(row.rules)].join('|');
}

/** True when a further row would say nothing new: clients without a cluster differ only by what comes of it. */
function isAlike(row: TableRow, other: TableRow): boolean {
  if (keyOf(row) === keyOf(other)) return true;
  if (other.route === 'cluster' || row.subset !== other.subset || row.status !== other.status) return false;
  if (!isScoped(other)) return false;
  return row.server === other.server && (row.client === other.client || row.endpoints.length === 0);
}

/** True for a subset that only picks endpoints of the whole port, each of which fares as it does there. */
function isPartOf(row: TableRow, whole: TableRow): boolean {
  if (whole.subset !== undefined || whole.route !== row.route || row.endpoints.length === 0) return false;
  const keyOfEndpoint = (each: TableRow['endpoints'][number]): string =>
    [each.to, each.port, each.server, each.client, each.status].join(' ');
  const known = new Set(whole.endpoints.map(keyOfEndpoint));
  return row.endpoints.every((each) => known.has(keyOfEndpoint(each)));
}

function isScoped({ route }: TableRow): boolean {
  return route !== 'passthrough' && route !== 'blocked';
}

function isAside(row: TableRow, all: readonly TableRow[]): boolean {
  if (all.length === 1) return false;
  if (!isScoped(row)) return all.some(isScoped);
  if (row.subset !== undefined && row.status === 'NO ENDPOINTS') return true;
  if (row.mayFail) return false;
  const beside = (route: Connection['route']): boolean => all.some((other) => other.route === route);
  // clients that nothing refuses are no news beside those that are known to have a sidecar, nor beside unknown servers
  if (row.route === 'unknown') return row.status === 'UNKNOWN' && beside('cluster');
  return row.route === 'no-sidecar' && row.server.endsWith('?') && (beside('cluster') || beside('unknown'));
}

const WORST_FIRST: readonly Status[] = ['CONFLICT', 'BLOCKED', 'UNKNOWN', 'NO ENDPOINTS', 'OK'];

function compareRows(a: TableRow, b: TableRow, domain: string): number {
  return (
    compareText(shortHost(a.service.host, domain), shortHost(b.service.host, domain)) ||
    compareText(a.service.namespace, b.service.namespace) ||
    a.port.port - b.port.port ||
    compareText(a.subset ?? '', b.subset ?? '') ||
    WORST_FIRST.indexOf(a.status) - WORST_FIRST.indexOf(b.status) ||
    b.clients.length - a.clients.length
  );
}

/** Namespaces of unknown injection that the rows hang on: of their servers, or of their clients. */
function notesOf(view: MeshView, rows: readonly TableRow[]): TableNote[] {
  const unknown = view.mesh.workloads.filter(
    ({ dataplane, reason }) => dataplane === 'unknown' && reason.code === 'namespace-labels-unknown',
  );
  if (unknown.length === 0) return [];
  const unknownRows = rows.filter(({ status }) => status === 'UNKNOWN');
  const keysOf = (row: TableRow): string[] => [...row.endpoints.map(({ to }) => to), ...row.clients.map(workloadKey)];
  const keys = new Set(unknownRows.flatMap(keysOf));
  const risky = new Set(unknownRows.filter(({ mayFail }) => mayFail).flatMap(keysOf));
  const concerned = unknown.filter((workload) => keys.has(workloadKey(workload)));
  const counts = new Map<string, number>();
  for (const { namespace } of concerned) counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  return [...counts]
    .sort(([a], [b]) => compareText(a, b))
    .map(([namespace, workloads]) => ({
      code: 'injection-unknown',
      namespace,
      workloads,
      mayFail: concerned.some((workload) => workload.namespace === namespace && risky.has(workloadKey(workload))),
    }));
}
