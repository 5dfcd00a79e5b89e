// The changes of a mesh as they are shown: those with one cause and one effect together, each with what decided, the
// reasons that changed first and then the shortest.
import { count } from '../words/names';
import type { Because } from '../words/reasons';
import type { ConnectionChange, Direction, Half, MeshChanges, ServerChange } from './diff-connections';
import type { Presence } from './diff-sides';
import type { Locate } from './location';

/** A sentence with code marks, and `file:line`, empty where it speaks of no object. */
export interface Reason {
  readonly text: string;
  readonly place: string;
}

export interface Line {
  /** Empty for what holds whoever calls. */
  readonly clients: readonly string[];
  readonly targets: readonly string[];
}

export interface Block {
  readonly direction: Direction;
  readonly before: string;
  readonly after: string;
  readonly lines: readonly Line[];
  /** What decided before and does so no more. */
  readonly was: readonly Reason[];
  readonly now: readonly Reason[];
}

/** Places in each of the two states. */
export interface Locators {
  readonly before: Locate;
  readonly after: Locate;
}

/** More tell no more. */
const MOST_REASONS = 4;

/** The blocks of a mesh's connections, the worst first. */
export function connectionBlocks(changes: readonly ConnectionChange[], locators: Locators): Block[] {
  return blocks(changes, ({ clients }) => clients, locators);
}

/** The blocks of what servers accept. */
export function serverBlocks(changes: readonly ServerChange[], locators: Locators): Block[] {
  return blocks(changes, () => [], locators);
}

function blocks<T extends ServerChange>(
  changes: readonly T[],
  clientsOf: (change: T) => readonly string[],
  locators: Locators,
): Block[] {
  const found = new Map<string, Block & { readonly lines: Line[] }>();
  for (const change of changes) {
    const { was, now } = reasons(change.before, change.after, locators);
    const { direction } = change;
    const [before, after] = [change.before.label, change.after.label];
    const key = JSON.stringify([direction, before, after, was, now]);
    const block = found.get(key) ?? { direction, before, after, lines: [], was, now };
    found.set(key, block);
    const clients = clientsOf(change);
    const name = change.subset === undefined ? change.name : `${change.name} ${change.subset}`;
    const known = block.lines.findIndex((line) => sameNames(line.clients, clients));
    if (known < 0) block.lines.push({ clients, targets: [name] });
    else block.lines[known] = { clients, targets: [...block.lines[known]!.targets, name] };
  }
  return [...found.values()].map((block) => ({ ...block, lines: joined(block.lines) }));
}

/** Clients of the same ports stand in one line. */
function joined(lines: readonly Line[]): Line[] {
  const found: Line[] = [];
  for (const line of lines) {
    const index = found.findIndex(({ targets }) => sameNames(targets, line.targets));
    if (index < 0) found.push(line);
    else found[index] = { ...line, clients: [...found[index]!.clients, ...line.clients] };
  }
  return found;
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

function reasons(before: Half, after: Half, { before: there, after: here }: Locators): Pick<Block, 'was' | 'now'> {
  const old = withFields(before.because);
  const fresh = withFields(after.because);
  const known = new Set(old.map((because) => textOf(because)));
  const current = new Set(fresh.map((because) => textOf(because)));
  const changed = fresh.filter((because) => !known.has(textOf(because))).sort(shortestFirst);
  // what no field says matters only where it changed
  const kept = fresh.filter((because) => known.has(textOf(because)) && because.path !== undefined).sort(shortestFirst);
  return {
    was: old
      .filter((because) => !current.has(textOf(because)))
      .sort(shortestFirst)
      .slice(0, MOST_REASONS)
      .map((because) => reasonOf(because, there)),
    now: [...changed, ...kept].slice(0, MOST_REASONS).map((because) => reasonOf(because, here)),
  };
}

/** Where a rule was looked up is not told beside the field of that rule. */
function withFields(list: readonly Because[]): Because[] {
  const told = new Set(list.filter(({ path }) => path !== undefined).map(({ object }) => object));
  return list.filter(({ path, object }) => path !== undefined || object === undefined || !told.has(object));
}

function shortestFirst(a: Because, b: Because): number {
  return Number(b.path !== undefined) - Number(a.path !== undefined) || a.text.length - b.text.length;
}

/** A reason with its place, and with the value of the field where the sentence does not say it. */
function reasonOf(because: Because, locate: Locate): Reason {
  const { object, path } = because;
  if (!object) return { text: because.text, place: '' };
  const { file, range } = locate(object, path);
  return { text: textOf(because), place: `${file}:${range.start.line + 1}` };
}

function textOf({ text, object, path }: Because): string {
  let value: unknown = path && object?.source.document.value;
  for (const step of path ? [...(object?.source.prefix ?? []), ...path] : [])
    value = (value as Record<string | number, unknown> | null | undefined)?.[step];
  const isShort = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return isShort && !text.includes(String(value)) ? `${text} ${value}` : text;
}

/** `3 clients mTLS, 1 client refused` for a port; for a workload, how it fares at how many ports. */
export function faresText({ kind, fares }: Presence): string {
  const noun = kind === 'workload' ? 'port' : 'client';
  return [...fares].map(([label, number]) => `${count(number, noun)} ${label}`).join(', ');
}

/** How many connections and ports each direction has, and what comes and goes. */
export interface Totals {
  readonly worse: number;
  readonly better: number;
  readonly other: number;
  readonly looser: number;
  readonly stricter: number;
  readonly added: number;
  readonly removed: number;
}

/** The totals of all meshes; a connection is one client and one port. */
export function totalsOf(meshes: readonly MeshChanges[]): Totals {
  const connections = meshes.flatMap((mesh) => mesh.connections);
  const clients = (direction: Direction): number =>
    connections.reduce((sum, each) => sum + (each.direction === direction ? each.clients.length : 0), 0);
  const servers = meshes.flatMap((mesh) => mesh.servers);
  const ports = (direction: Direction): number => servers.filter((each) => each.direction === direction).length;
  return {
    worse: clients('worse'),
    better: clients('better'),
    other: clients('other'),
    looser: ports('worse'),
    stricter: ports('better'),
    added: meshes.reduce((sum, { added }) => sum + added.length, 0),
    removed: meshes.reduce((sum, { removed }) => sum + removed.length, 0),
  };
}

/** `2 connections worse, 1 better; 3 ports let in more; 1 problem appears`; undefined where nothing differs. */
export function summaryWords(totals: Totals, appeared: number, gone: number): string | undefined {
  const { worse, better, other, looser, stricter, added, removed } = totals;
  const parts = [
    ...(worse > 0 ? [`${count(worse, 'connection')} worse`] : []),
    ...(better > 0 ? [`${count(better, 'connection')} better`] : []),
    ...(other > 0 ? [`${count(other, 'connection')} otherwise`] : []),
    ...(looser > 0 ? [`${count(looser, 'port')} ${looser === 1 ? 'lets' : 'let'} in more`] : []),
    ...(stricter > 0 ? [`${count(stricter, 'port')} ${stricter === 1 ? 'lets' : 'let'} in less`] : []),
    ...(added > 0 ? [`${added} added`] : []),
    ...(removed > 0 ? [`${removed} removed`] : []),
    ...(appeared > 0 ? [`${count(appeared, 'problem')} ${appeared === 1 ? 'appears' : 'appear'}`] : []),
    ...(gone > 0 ? [`${count(gone, 'problem')} ${gone === 1 ? 'goes' : 'go'}`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join(', ');
}
