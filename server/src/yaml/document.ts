// One YAML document: the value that Kubernetes would read from it, and where each part of that value stands.
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { excessOf, isTooDeep, isTooLong, repeatedKeys } from './budget';
import { loadValue } from './load';
import type { Path, TextRange } from './range';
import { KUBERNETES_SCALARS } from './scalars';
import { splitDocuments } from './split';

/** Why a document cannot be read, or is read otherwise than it looks. */
export interface YamlProblem {
  readonly severity: 'error' | 'warning';
  /**
   * The parser's code, such as `BAD_INDENT`; ours are `DUPLICATE_KEY`, what {@link excessOf} says, and `TOO_LONG`:
   * a warning where the value is known and only the places in it are not.
   */
  readonly code: string;
  readonly message: string;
  /** In the file, not in the document. */
  readonly range: TextRange;
}

/** Which part of a mapping entry or item is meant. */
export type Part = 'key' | 'value' | 'pair';

/** Where a position falls in a document. */
export interface PathAt {
  readonly path: Path;
  readonly part: 'key' | 'value';
}

export interface YamlDocument {
  /** The document's place in its file. */
  readonly range: TextRange;
  /** Its plain value, or undefined when it has a syntax error. Never throws. */
  readonly value: unknown;
  readonly problems: readonly YamlProblem[];
  /**
   * The place in the file of the node at `path`. When the path leads nowhere the nearest node above it is given, so
   * that a missing field is reported at its parent; undefined only for an empty document.
   */
  rangeOf(path: Path, part?: Part): TextRange | undefined;
  /** True when the document has a node at exactly this path. */
  has(path: Path): boolean;
  /** The deepest path at `offset` of the file. */
  pathAt(offset: number): PathAt | undefined;
  /** The text of the document itself. */
  readonly text: string;
}

/** The tree of one document, with the place of every node in `text`; broken text gives a tree with errors. */
export function parseTree(text: string): Document.Parsed {
  return parseDocument(text, {
    schema: 'failsafe',
    customTags: (tags) => [...tags, ...KUBERNETES_SCALARS],
    merge: true,
    // looked for by ourselves: the parser compares each key with each
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
    strict: false,
  });
}

/** All documents of a file, in order. A broken document has problems and no value; the others are unharmed. */
export function parseDocuments(text: string): YamlDocument[] {
  return splitDocuments(text).map((range) => readDocument(text.slice(range.start, range.end), range));
}

/**
 * Reads one document, as far as somebody asks: its value comes from a fast loader, the tree with every node's range is
 * made only for documents that are broken, reported on or pointed at.
 * @param text the document's own text
 * @param range where that text stands in its file
 */
export function readDocument(text: string, range: TextRange): YamlDocument {
  const base = range.start;
  const shift = (pos: readonly [number, number]): TextRange => ({
    start: base + Math.min(pos[0], text.length),
    end: base + Math.min(Math.max(pos[1], pos[0]), text.length),
  });
  const isLong = once(() => isTooLong(text));
  const tree = once((): Document.Parsed | undefined => {
    if (isLong()) return undefined;
    try {
      return parseTree(text);
    } catch (error) {
      // the parser goes down a level by a call: what is too deep for that has no tree
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  });
  const read = once((): Reading => {
    const without = (code: string): Reading => ({ value: undefined, problems: [problem('error', code, range)] });
    const fast = loadValue(text);
    if (fast && isTooDeep(fast.value)) return without('TOO_DEEP');
    if (fast) return { value: fast.value, problems: isLong() ? [problem('warning', 'TOO_LONG', range)] : [] };
    if (isLong()) return without('TOO_LONG');
    const parsed = tree();
    return parsed ? readTree(parsed, range, shift) : without('TOO_DEEP');
  });
  const nodeRange = (node: Node | null | undefined): TextRange | undefined =>
    node?.range ? shift([node.range[0], node.range[1]]) : undefined;

  return {
    range,
    text,
    get value() {
      return read().value;
    },
    get problems() {
      return read().problems;
    },
    has(path) {
      const parsed = tree();
      return parsed ? find(parsed.contents, path, parsed).rest === 0 : isIn(read().value, path);
    },
    rangeOf(path, part = 'value') {
      const parsed = tree();
      // its first line stands for all of it
      if (!parsed) return { start: range.start, end: range.start + /^\s*[^\n]*/.exec(text)![0].length };
      const found = find(parsed.contents, path, parsed);
      const value = nodeRange(found.node);
      const key = found.pair && nodeRange(found.pair.key as Node);
      // A missing field is reported at the key of its nearest parent, not at that parent's whole body.
      if (found.rest > 0 && key) return key;
      if (part === 'key') return key ?? value;
      if (part === 'pair' && key) return { start: key.start, end: Math.max(key.end, value?.end ?? key.end) };
      // "mtls:" with nothing behind it has an empty value; its key is what can be seen.
      return value && value.end > value.start ? value : (key ?? value);
    },
    pathAt(offset) {
      const at = offset - base;
      if (at < 0 || at > text.length) return undefined;
      return descend(tree()?.contents ?? null, at, []);
    },
  };
}

interface Reading {
  readonly value: unknown;
  readonly problems: readonly YamlProblem[];
}

/** What a document without a fast reading says of itself: its errors and, if it has only mild ones, its value. */
function readTree(
  tree: Document.Parsed,
  range: TextRange,
  shift: (pos: readonly [number, number]) => TextRange,
): Reading {
  // the parser notices by itself when it comes to the end of the call stack
  if (tree.errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION'))
    return { value: undefined, problems: [problem('error', 'TOO_DEEP', range)] };
  const problems: YamlProblem[] = tree.errors.map((error) => ({
    severity: 'error',
    code: error.code,
    message: error.message,
    range: shift(error.pos),
  }));
  if (problems.some((problem) => problem.severity === 'error')) return { value: undefined, problems };
  // kubectl keeps the last of two equal keys and goes on, so the document still counts
  for (const key of repeatedKeys(tree))
    problems.push(problem('warning', 'DUPLICATE_KEY', shift([key.range![0], key.range![0] + 1])));
  const excess = excessOf(tree);
  if (excess) return { value: undefined, problems: [...problems, problem('error', excess, range)] };
  try {
    return { value: tree.toJS({ maxAliasCount: -1 }), problems };
  } catch (error) {
    // merge keys that merge what is no mapping
    const message = String((error as Error).message);
    return { value: undefined, problems: [...problems, { severity: 'error', code: 'BAD_MERGE', message, range }] };
  }
}

const MESSAGES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'Map keys must be unique',
  TOO_DEEP: 'It nests deeper than 500 levels',
  TOO_LONG: 'It is longer than 2 MiB or 100,000 lines',
  TOO_MANY_ALIASES: 'Its aliases unfold to more than the API server reads',
  CYCLIC_ALIAS: 'An anchor contains itself',
  BAD_ALIAS: 'An alias has no anchor before it',
};

function problem(severity: YamlProblem['severity'], code: string, range: TextRange): YamlProblem {
  return { severity, code, message: MESSAGES[code] ?? code, range };
}

function isIn(value: unknown, path: Path): boolean {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return false;
    here = (here as Record<string | number, unknown>)[step];
  }
  return true;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

interface Found {
  node: Node | null;
  pair: Pair | undefined;
  /** How many steps of the path could not be taken. */
  rest: number;
}

function find(root: Node | null, path: Path, tree: Document.Parsed): Found {
  let node: Node | null = root;
  let pair: Pair | undefined;
  for (let i = 0; i < path.length; i++) {
    const here: Node | null | undefined = isAlias(node) ? node.resolve(tree) : node;
    const step = path[i]!;
    let next: Node | null | undefined;
    let nextPair: Pair | undefined;
    if (isMap(here)) {
      nextPair = entriesOf(here).get(String(step));
      next = nextPair ? ((nextPair.value as Node | null) ?? (nextPair.key as Node)) : undefined;
    } else if (isSeq(here) && typeof step === 'number') {
      next = here.items[step] as Node | undefined;
    }
    if (!next) return { node, pair, rest: path.length - i };
    node = next;
    pair = nextPair;
  }
  return { node, pair, rest: 0 };
}

const entries = new WeakMap<YAMLMap, ReadonlyMap<string | undefined, Pair>>();

/** The entries of a mapping by their keys' texts; the last of equal ones counts. */
function entriesOf(map: YAMLMap): ReadonlyMap<string | undefined, Pair> {
  let found = entries.get(map);
  if (!found) {
    found = new Map(map.items.map((item) => [keyText(item.key), item]));
    entries.set(map, found);
  }
  return found;
}

function keyText(key: unknown): string | undefined {
  return isScalar(key) ? (key.source ?? String(key.value)) : undefined;
}

/** The index of the last item that begins at or before `at`; -1 for none. Items stand in the order of the text. */
function lastBefore<T>(items: readonly T[], at: number, nodeOf: (item: T) => Node | null): number {
  let low = -1;
  let high = items.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    // what is empty stands where the next item begins
    if ((nodeOf(items[middle]!)?.range?.[0] ?? Number.POSITIVE_INFINITY) <= at) low = middle;
    else high = middle;
  }
  return low;
}

function descend(node: Node | null, at: number, path: (string | number)[]): PathAt {
  if (isMap(node)) {
    // an entry reaches up to the next entry's key, so that a position behind a key or on a blank line finds its owner
    const owner = node.items[lastBefore(node.items, at, ({ key }) => key as Node | null)];
    const name = owner && keyText(owner.key);
    if (owner && name !== undefined) {
      const keyRange = (owner.key as Node).range!;
      if (at <= keyRange[1]) return { path: [...path, name], part: 'key' };
      return descend(owner.value as Node | null, at, [...path, name]);
    }
  } else if (isSeq(node)) {
    const index = lastBefore(node.items, at, (item) => item as Node | null);
    if (index >= 0) return descend(node.items[index] as Node, at, [...path, index]);
  }
  return { path, part: 'value' };
}
