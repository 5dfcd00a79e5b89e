// What a document may cost: how deep it may nest, how far its aliases may unfold, how long it may be to be looked at
// node by node. Whoever writes manifests is far below all of this.
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair } from 'yaml';

/** In UTF-16 code units. The API server takes objects of 1.5 MiB; longer documents are lists that a tool has dumped. */
const LONGEST = 2 * 1024 * 1024;
/** The parser makes a token of each line break; ordinary manifests of 2 MiB have 70,000. */
const MOST_LINES = 100_000;

/** True for a document of which no tree is made. */
export function isTooLong(text: string): boolean {
  if (text.length > LONGEST) return true;
  if (text.length <= MOST_LINES) return false;
  let lines = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines > MOST_LINES;
}

/** Levels of mappings and sequences. Kubernetes' JSON decoder allows 10,000, and no type of it is 50 levels deep. */
export const DEEPEST = 500;

/** Each alias is looked for among all anchors. */
const MOST_ALIASES = 10_000;

/** Why a document is not unfolded. */
export type Excess = 'TOO_DEEP' | 'TOO_MANY_ALIASES' | 'CYCLIC_ALIAS' | 'BAD_ALIAS';

/** True when a value that is a tree, such as a parser makes without aliases, nests deeper than is read. */
export function isTooDeep(value: unknown): boolean {
  let level: object[] = typeof value === 'object' && value !== null ? [value] : [];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    const next: object[] = [];
    for (const each of level) {
      for (const child of Array.isArray(each) ? each : Object.values(each))
        if (typeof child === 'object' && child !== null) next.push(child);
    }
    level = next;
  }
  return false;
}

interface Size {
  /** Nodes to decode, aliases unfolded. */
  readonly nodes: number;
  /** Those of them that an alias stands for. */
  readonly aliased: number;
  readonly depth: number;
}
const ONE: Size = { nodes: 1, aliased: 0, depth: 0 };

/** Why the aliases of a tree cannot be unfolded; undefined where they can. Measures without unfolding. */
export function excessOf(tree: Document.Parsed): Excess | undefined {
  const anchors = new Map<string, Size | undefined>();
  let aliases = 0;
  const measure = (node: Node | null | undefined, depth: number): Size | Excess => {
    if (depth > DEEPEST) return 'TOO_DEEP';
    if (isAlias(node)) {
      if (++aliases > MOST_ALIASES) return 'TOO_MANY_ALIASES';
      if (!anchors.has(node.source)) return 'BAD_ALIAS';
      const size = anchors.get(node.source);
      if (!size) return 'CYCLIC_ALIAS';
      if (depth + size.depth > DEEPEST) return 'TOO_DEEP';
      return { nodes: 1 + size.nodes, aliased: size.nodes, depth: size.depth };
    }
    const anchor = node && 'anchor' in node ? node.anchor : undefined;
    // an alias inside of its own anchor finds it without a size
    if (anchor) anchors.set(anchor, undefined);
    const children = isMap(node) ? node.items.flatMap(({ key, value }) => [key, value]) : isSeq(node) ? node.items : [];
    let sum = ONE;
    for (const child of children) {
      const size = measure(child as Node | null, depth + 1);
      if (typeof size === 'string') return size;
      sum = {
        nodes: sum.nodes + size.nodes,
        aliased: sum.aliased + size.aliased,
        depth: Math.max(sum.depth, size.depth + 1),
      };
    }
    if (anchor) anchors.set(anchor, sum);
    return sum;
  };
  const size = measure(tree.contents, 0);
  if (typeof size === 'string') return size;
  return isExcessive(size) ? 'TOO_MANY_ALIASES' : undefined;
}

/** The share of aliased nodes that go-yaml v2 refuses (decode.go: `allowedAliasRatio`, "excessive aliasing"). */
function isExcessive({ nodes, aliased }: Size): boolean {
  if (aliased <= 100 || nodes <= 1000) return false;
  const [low, high] = [400_000, 4_000_000];
  const share = nodes <= low ? 0.99 : nodes >= high ? 0.1 : 0.99 - 0.89 * ((nodes - low) / (high - low));
  return aliased / nodes > share;
}

/** Keys that their mapping has already, in the order of the text. */
export function repeatedKeys(tree: Document.Parsed): Node[] {
  const repeated: Node[] = [];
  const open: Node[] = tree.contents ? [tree.contents] : [];
  for (let node = open.pop(); node; node = open.pop()) {
    if (isMap(node)) {
      const seen = new Set<unknown>();
      for (const { key, value } of node.items as Pair<Node, Node | null>[]) {
        for (const each of [key, value]) if (isMap(each) || isSeq(each)) open.push(each);
        if (!isScalar(key) || key.value === '<<') continue;
        if (seen.has(key.value)) repeated.push(key);
        seen.add(key.value);
      }
    } else if (isSeq(node)) {
      for (const item of node.items as Node[]) if (isMap(item) || isSeq(item)) open.push(item);
    }
  }
  return repeated.sort((a, b) => a.range![0] - b.range![0]);
}
