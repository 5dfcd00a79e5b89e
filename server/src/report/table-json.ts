// The table for machines; `docs/schemas/table.schema.json` describes it.
import { type KubernetesObject, refOf } from '../manifest/object';
import { workloadKey } from '../mesh/workload';
import { shortName } from '../words/names';
import type { Because } from '../words/reasons';
import type { Snapshot } from '../workspace/workspace';
import { type Locate, type Location, locator } from './location';
import { settingsJson } from './settings';
import type { MeshTable, TableRow } from './table';

export interface JsonBecause {
  readonly text: string;
  readonly object: { kind: string; namespace: string; name: string } | null;
  readonly location: Location | null;
}

/** A reason with its place; code marks are left in the text. */
export function becauseJson(because: Because, locate: Locate): JsonBecause {
  const { text, object, path } = because;
  return {
    text,
    object: object ? objectJson(object) : null,
    location: object ? locate(object, path) : null,
  };
}

/** Kind, namespace and name. */
export function objectJson(object: KubernetesObject): NonNullable<JsonBecause['object']> {
  const { kind, namespace, name } = refOf(object);
  return { kind: kind === 'KubernetesGateway' ? 'Gateway' : kind, namespace, name };
}

/**
 * The JSON value of some tables.
 * @param fileOf the path to print for a URI
 * @param nameOf the name to print for a mesh; empty where there is one
 */
export function tableJson(
  tables: readonly MeshTable[],
  snapshot: Snapshot,
  fileOf: (uri: string) => string,
  nameOf: (table: MeshTable) => string,
): unknown {
  const locate = locator(snapshot, fileOf);
  return {
    rows: tables.flatMap((table) => table.rows.map((row) => rowJson(row, nameOf(table), locate))),
    notes: tables.flatMap((table) => table.notes.map((note) => ({ mesh: nameOf(table), ...note }))),
    settings: tables.flatMap((table) =>
      settingsJson(table.view.mesh.settings, snapshot, fileOf).map((each) => ({ mesh: nameOf(table), ...each })),
    ),
  };
}

/** Beyond this a list of clients is no help, and thousands of rows with all of them fill the disk. */
const MOST_CLIENTS = 50;

function rowJson(row: TableRow, mesh: string, locate: Locate): unknown {
  const names = (objects: TableRow['policies'] | TableRow['rules']): string | null =>
    objects.map(shortName).join(', ') || null;
  return {
    mesh,
    host: row.service.host,
    port: row.port.port,
    namespace: row.service.namespace,
    subset: row.subset ?? null,
    status: row.status,
    server: row.server,
    client: row.client,
    authnPolicy: names(row.policies),
    destinationRule: names(row.rules),
    route: row.route,
    aside: row.aside,
    clients: { count: row.clients.length, of: row.of, workloads: row.clients.slice(0, MOST_CLIENTS).map(workloadKey) },
    endpoints: row.endpoints.map(({ to, port, server, client, status, failure, policy }) => ({
      to,
      port,
      server,
      client,
      status,
      failure: failure ?? null,
      authnPolicy: policy ? shortName(policy) : null,
    })),
    because: row.because.map((because) => becauseJson(because, locate)),
  };
}
