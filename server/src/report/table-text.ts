// The table for people: aligned columns, one heading a mesh, and below what the rows hang on.
import { workloadKey } from '../mesh/workload';
import { count, shortHost, shortName } from '../words/names';
import { type Style, setCode, shorten } from './style';
import type { MeshTable, TableNote, TableRow } from './table';

export interface TableTextOptions {
  readonly style: Style;
  /** Columns of the terminal; undefined for a file or a pipe, where nothing is cut. */
  readonly width: number | undefined;
  /** Rows that are set aside as well. */
  readonly all: boolean;
  /** Rows alone, without the notes below. */
  readonly quiet: boolean;
  /** The name of a mesh for people: a folder relative to where the user is. */
  readonly nameOf: (table: MeshTable) => string;
  /** For one client: no column that says how many clients fare so. */
  readonly oneClient?: boolean;
}

const HEADINGS = ['HOST:PORT', 'STATUS', 'SERVER', 'CLIENT', 'AUTHN POLICY', 'DESTINATION RULE', ''];
/** Columns that may be cut in the middle where a terminal is narrow. */
const ELASTIC = [0, 5, 4];
const GAP = '  ';

/** The whole report, each line ended by a newline. Meshes with the same rows share one table. */
export function tableText(tables: readonly MeshTable[], options: TableTextOptions): string {
  const { style } = options;
  const bodies = new Map<string, { names: string[]; table: MeshTable }>();
  for (const table of tables) {
    if (table.rows.length === 0) continue;
    const body = meshText(table, options);
    const known = bodies.get(body);
    if (known) known.names.push(options.nameOf(table));
    else bodies.set(body, { names: [options.nameOf(table)], table });
  }
  const several = tables.length > 1;
  const parts = [...bodies].map(([body, { names }]) => {
    const heading = several ? names.map((name) => `${style.bold(name === '' ? '.' : name)}\n`).join('') : '';
    return `${heading}${body}`;
  });
  return [...parts, ...(options.quiet ? [] : footer(tables, options))].join('\n');
}

function meshText(table: MeshTable, options: TableTextOptions): string {
  const shown = table.rows.filter((row) => options.all || !row.aside);
  const domain = table.view.mesh.settings.clusterDomain;
  const { servicesByHost } = table.view.mesh;
  const cells = shown.map((row) => {
    const isShared = (servicesByHost.get(row.service.host)?.length ?? 0) > 1;
    return rowCells(row, domain, isShared, options.oneClient ?? false);
  });
  const widths = narrow(
    HEADINGS.map((heading, column) => Math.max(heading.length, ...cells.map((row) => row[column]!.length))),
    options.width,
  );
  const { style } = options;
  const line = (row: readonly string[], paint: (text: string, column: number) => string): string =>
    row
      .map((text, column) => {
        const cut = shorten(text, widths[column]!);
        return paint(cut, column) + ' '.repeat(widths[column]! - cut.length);
      })
      .join(GAP)
      .trimEnd();
  const lines = [
    line(HEADINGS, (text) => style.bold(text)),
    ...cells.map((row, index) => line(row, (text, column) => paintCell(text, column, shown[index]!, style))),
  ];
  return lines.map((text) => `${text}\n`).join('');
}

/** A host that several namespaces define is told apart by the namespace. */
function rowCells(row: TableRow, domain: string, isShared: boolean, oneClient: boolean): string[] {
  const namespace = isShared ? ` (${row.service.namespace})` : '';
  const host = `${shortHost(row.service.host, domain)}:${row.port.port}${namespace}`;
  const names = (objects: TableRow['policies'] | TableRow['rules']): string => objects.map(shortName).join(', ') || '-';
  const some = row.clients.length < row.of && !oneClient;
  return [
    row.subset === undefined ? host : `${host} ${row.subset}`,
    row.status,
    row.server,
    row.client,
    names(row.policies),
    names(row.rules),
    some ? who(row) : '',
  ];
}

/** How many clients fare so; a single one is named. */
function who(row: TableRow): string {
  const [only] = row.clients;
  const numbers = `${row.clients.length} of ${count(row.of, 'client')}`;
  return row.clients.length === 1 && only ? `${numbers}: ${workloadKey(only)}` : numbers;
}

const PAINT = { OK: 'green', CONFLICT: 'red', UNKNOWN: 'yellow', BLOCKED: 'yellow', 'NO ENDPOINTS': 'yellow' } as const;

function paintCell(text: string, column: number, row: TableRow, style: Style): string {
  if (column === 1) return style[PAINT[row.status]](text);
  return column === 6 || text === '-' ? style.dim(text) : text;
}

/** Narrows the elastic columns, the widest first, until a line fits; they keep at least 16 characters. */
function narrow(widths: readonly number[], width: number | undefined): number[] {
  const fitted = [...widths];
  if (width === undefined) return fitted;
  const total = (): number => fitted.reduce((sum, each) => sum + each, 0) + GAP.length * (fitted.length - 1);
  while (total() > width) {
    const widest = ELASTIC.reduce((a, b) => (fitted[b]! > fitted[a]! ? b : a));
    if (fitted[widest]! <= 16) break;
    fitted[widest]!--;
  }
  return fitted;
}

/** What the rows of all meshes hang on, each fact once. */
function footer(tables: readonly MeshTable[], { style, all }: TableTextOptions): string[] {
  const aside = tables.flatMap(({ rows }) => rows).filter((row) => row.aside).length;
  const notes = joinNotes(tables.flatMap((table) => table.notes)).map((note) => setCode(noteText(note), style));
  if (aside > 0 && !all) {
    const reasons =
      'clients whose Sidecar scope lacks the host, subsets without pods, clients that may have no sidecar and are not refused';
    notes.push(`${count(aside, 'row')} set aside (${reasons}). --all shows ${aside === 1 ? 'it' : 'them'}.`);
  }
  return notes.length === 0 ? [] : [notes.map((note) => `${style.dim('·')} ${note}\n`).join('')];
}

/** One note a namespace, whatever the number of meshes that lack it. */
function joinNotes(notes: readonly TableNote[]): TableNote[] {
  const byNamespace = new Map<string, TableNote>();
  for (const note of notes) {
    const known = byNamespace.get(note.namespace);
    const workloads = Math.max(note.workloads, known?.workloads ?? 0);
    byNamespace.set(note.namespace, { ...note, workloads, mayFail: note.mayFail || (known?.mayFail ?? false) });
  }
  return [...byNamespace.values()];
}

/** A missing fact, what hangs on it and the way to state it; code is marked with backticks. */
function noteText({ namespace, mayFail }: TableNote): string {
  const fails = mayFail ? 'some connections are refused' : 'traffic is plaintext, and nothing is refused';
  return `Whether \`${namespace}\` is injected is not in these files (no Namespace manifest). "?" marks what holds with sidecars; without, ${fails}. If it is injected, say so: --assume-injected ${namespace}`;
}
