// The tree of a document's text, which knows where every node stands. Offsets are those of the text.
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
import type { Path } from './range';
import { KUBERNETES_SCALARS } from './scalars';

/** Where a position falls in a document. */
export interface PathAt {
  readonly path: Path;
  readonly part: 'key' | 'value';
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

/** The node at a path, or the nearest one above it. */
export interface Found {
  node: Node | null;
  pair: Pair | undefined;
  /** How many steps of the path could not be taken. */
  rest: number;
}

/** Looks a path up; where it leads nowhere, as far as it goes. */
export function find(tree: Document.Parsed, path: Path): Found {
  let node: Node | null = tree.contents;
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

/** The deepest path at an offset, below `node`. */
export function descend(node: Node | null, at: number, path: (string | number)[]): PathAt {
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
