// Answers to the requests of our own: the table, and who may be asked about in "Explain Connection".
import type { KubernetesObject } from '../manifest/object';
import { workloadKey } from '../mesh/workload';
import { explainText } from '../report/explain';
import { findClients, findPort, findService, splitHostPort } from '../report/find';
import { PLAIN } from '../report/style';
import { meshTable, type TableRow } from '../report/table';
import { explainConnection } from '../words/explain';
import { count, placeOf, shortHost, shortName } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { positionAt } from '../yaml/range';
import type { ClientView } from './convert';
import type {
  ClientsAnswer,
  ExplainAnswer,
  ExplainParams,
  HostsAnswer,
  TableAnswer,
  TableCell,
  TablePlace,
} from './protocol';
import { canonical, pathForPeople } from './uri';

/** The meshes that a question is about: those of its file, else all. */
function meshesAsked(snapshot: Snapshot, uri: string | undefined): readonly MeshView[] {
  const own = uri === undefined ? [] : snapshot.meshesOf(canonical(uri));
  return own.length > 0 ? own : snapshot.meshes;
}

const HEADER = ['Host:port', 'Status', 'Server', 'Client', 'Authn policy', 'Destination rule', 'Clients'];

export function tableAnswer(snapshot: Snapshot, uri: string | undefined, client: ClientView): TableAnswer {
  const meshes = meshesAsked(snapshot, uri).map((view) => ({
    name: view.name,
    header: HEADER,
    rows: meshTable(view)
      .rows.filter((row) => !row.aside)
      .map((row) => ({ status: row.status, cells: cellsOf(snapshot, view, row, client) })),
  }));
  return { meshes };
}

function cellsOf(snapshot: Snapshot, view: MeshView, row: TableRow, client: ClientView): TableCell[] {
  const host = `${shortHost(row.service.host, view.mesh.settings.clusterDomain)}:${row.port.port}`;
  const link = (objects: readonly KubernetesObject[]): TableCell => ({
    text: objects.map(shortName).join(', ') || '-',
    ...(objects[0] && { place: toPlace(snapshot, objects[0], client) }),
  });
  return [
    {
      text: row.subset === undefined ? host : `${host} subset ${row.subset}`,
      place: toPlace(snapshot, row.service.object, client),
    },
    { text: row.status },
    { text: row.server },
    { text: row.client },
    link(row.policies),
    link(row.rules),
    clientsCell(snapshot, row, client),
  ];
}

function clientsCell(snapshot: Snapshot, { clients, of }: TableRow, client: ClientView): TableCell {
  const [only] = clients;
  if (clients.length === of || !only) return { text: count(of, 'client') };
  const text = `${clients.length} of ${count(of, 'client')}`;
  if (clients.length > 1) return { text };
  return { text: `${text}: ${workloadKey(only)}`, place: toPlace(snapshot, only.object, client) };
}

function toPlace(snapshot: Snapshot, object: KubernetesObject, client: ClientView): TablePlace {
  const { uri, range } = placeOf(object);
  return { uri: client.clientUri(uri), ...positionAt(snapshot.files.get(uri)?.lines ?? [0], range.start) };
}

export function clientsAnswer(snapshot: Snapshot, uri: string | undefined): ClientsAnswer {
  const found = new Map<string, string>();
  for (const { mesh } of meshesAsked(snapshot, uri)) {
    for (const workload of mesh.workloads) {
      const { kind } = workload.object;
      const plane = workload.dataplane === 'none' ? 'no sidecar' : workload.dataplane;
      found.set(workloadKey(workload), `${kind === 'KubernetesGateway' ? 'Gateway' : kind}, ${plane}`);
    }
  }
  return { clients: sorted(found) };
}

export function hostsAnswer(snapshot: Snapshot, uri: string | undefined): HostsAnswer {
  const found = new Map<string, string>();
  for (const { mesh } of meshesAsked(snapshot, uri)) {
    for (const service of mesh.services) {
      for (const port of service.ports) {
        if (port.protocol === 'udp') continue;
        const target = `${shortHost(service.host, mesh.settings.clusterDomain)}:${port.port}`;
        found.set(
          target,
          `${service.object.kind} ${shortName(service.object)}${port.name ? `, port ${port.name}` : ''}`,
        );
      }
    }
  }
  return { hosts: sorted(found) };
}

function sorted(found: ReadonlyMap<string, string>): { name: string; detail: string }[] {
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, detail]) => ({ name, detail }));
}

/** The explanation in each mesh asked about that has both the client and the host. */
export function explainAnswer(snapshot: Snapshot, params: ExplainParams, folder: string | undefined): ExplainAnswer {
  const { host, port: number } = splitHostPort(params.target);
  const texts = new Map<string, string[]>();
  for (const view of meshesAsked(snapshot, params.uri)) {
    const [workload] = findClients(view.mesh, params.client);
    const service = workload && findService(view.mesh, host, workload);
    const port = service && findPort(service, number);
    const explanation = port && explainConnection(view, workload, service, port);
    if (!explanation) continue;
    const text = explainText(explanation, snapshot, (uri) => (folder ? pathForPeople(uri, folder) : uri), PLAIN);
    texts.set(text, [...(texts.get(text) ?? []), view.name]);
  }
  if (texts.size === 0) return {};
  if (texts.size === 1) return { text: [...texts.keys()][0] };
  return { text: [...texts].map(([text, meshes]) => `# ${meshes.join(', ')}\n\n${text}`).join('\n') };
}
