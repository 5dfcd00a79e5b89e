// Values that remember where they were written: what a rendered field needs so that a problem is shown where it is mended.
import type { YamlDocument } from '../yaml/document';
import type { Path, TextRange } from '../yaml/range';

/** A place in a source: a document of a file and the path of a node in it. */
export interface Origin {
  readonly uri: string;
  /** May be a document inside a document, such as a patch written into a kustomization. */
  readonly document: YamlDocument;
  readonly path: Path;
}

/** The same as a chain, so that nothing is built before somebody asks. */
export interface Place {
  readonly source: { readonly uri: string; readonly document: YamlDocument };
  readonly parent: Place | undefined;
  readonly step: string | number | undefined;
}

export type Scalar = string | number | boolean | null;

export interface MapNode {
  readonly kind: 'map';
  readonly entries: Map<string, Node>;
  place: Place;
}
export interface ListNode {
  readonly kind: 'list';
  items: Node[];
  place: Place;
}
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly value: Scalar;
  readonly place: Place;
  /** The scalar as it is written, where that differs from how its value is printed. */
  readonly text?: string;
}
export type Node = MapNode | ListNode | ScalarNode;

export function rootPlace(uri: string, document: YamlDocument): Place {
  return { source: { uri, document }, parent: undefined, step: undefined };
}

/** The place below `place`; steps into the text of a scalar have none of their own. */
export function below(place: Place, ...steps: readonly (string | number)[]): Place {
  return steps.reduce<Place>((parent, step) => ({ source: parent.source, parent, step }), place);
}

export function originOfPlace(place: Place): Origin {
  const path: (string | number)[] = [];
  for (let at: Place = place; at.parent; at = at.parent) path.unshift(at.step!);
  return { ...place.source, path };
}

/** The range in its file of a place, or of what stands nearest above it. */
export function rangeOfOrigin({ document, path }: Origin, part: 'key' | 'value' | 'pair' = 'value'): TextRange {
  return document.rangeOf(path, part) ?? document.range;
}

/**
 * The node tree of a plain value that stands at `place`.
 * @param fixed all nodes get this one place: the value was made out of what is written there
 */
export function toNode(value: unknown, place: Place, fixed = false): Node {
  const child = (step: string | number): Place => (fixed ? place : below(place, step));
  if (Array.isArray(value)) {
    return { kind: 'list', items: value.map((item, index) => toNode(item, child(index), fixed)), place };
  }
  if (typeof value === 'object' && value !== null) {
    const entries = new Map(Object.entries(value).map(([key, item]) => [key, toNode(item, child(key), fixed)]));
    return { kind: 'map', entries, place };
  }
  return { kind: 'scalar', value: value as Scalar, place };
}

export function scalar(value: Scalar, place: Place): ScalarNode {
  return { kind: 'scalar', value, place };
}

export function emptyMap(place: Place): MapNode {
  return { kind: 'map', entries: new Map(), place };
}

/** The plain value of a node. */
export function toValue(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toValue);
  const result: Record<string, unknown> = {};
  for (const [key, item] of node.entries) {
    // a key of this name would set the prototype
    if (key === '__proto__') Object.defineProperty(result, key, { value: toValue(item), enumerable: true });
    else result[key] = toValue(item);
  }
  return result;
}

/** A copy that can be changed without changing `node`. */
export function clone<T extends Node>(node: T): T;
export function clone(node: Node): Node {
  if (node.kind === 'scalar') return node;
  if (node.kind === 'list') return { ...node, items: node.items.map((item) => clone(item)) };
  return { ...node, entries: new Map([...node.entries].map(([key, item]) => [key, clone(item)])) };
}

/** The node at `path`, where every step is a key or an index. */
export function nodeAt(node: Node | undefined, path: Path): Node | undefined {
  let at = node;
  for (const step of path) {
    if (at?.kind === 'map') at = at.entries.get(String(step));
    else if (at?.kind === 'list' && typeof step === 'number') at = at.items[step];
    else return undefined;
  }
  return at;
}

/** The deepest node on the way to `path`. */
export function nearestNode(root: Node, path: Path): Node {
  let at = root;
  for (const step of path) {
    const next = nodeAt(at, [step]);
    if (!next) return at;
    at = next;
  }
  return at;
}

/** The string at `path`, or empty. */
export function stringAt(node: Node | undefined, path: Path): string {
  const found = nodeAt(node, path);
  return found?.kind === 'scalar' && found.value !== null ? textOf(found) : '';
}

export function isNull(node: Node | undefined): boolean {
  return node === undefined || (node.kind === 'scalar' && node.value === null);
}

/** A scalar as text, the way it is written: `1.10` and not `1.1`. */
export function textOf(node: ScalarNode): string {
  if (node.text !== undefined) return node.text;
  if (typeof node.value !== 'number') return node.value === null ? '' : String(node.value);
  return writtenText(node) ?? String(node.value);
}

/** What the source has at the place of a plain scalar. */
export function writtenText(node: ScalarNode): string | undefined {
  const { document, path } = originOfPlace(node.place);
  const range = document.has(path) ? document.rangeOf(path) : undefined;
  if (!range) return undefined;
  const text = document.text.slice(range.start - document.range.start, range.end - document.range.start);
  return /^["'|>*&!]/.test(text) ? undefined : text.trim();
}

/** True for a null that is spelled out; `key:` with nothing behind it is none. */
export function isWrittenNull(node: Node): boolean {
  if (node.kind !== 'scalar' || node.value !== null) return false;
  const text = node.text ?? writtenText(node);
  return text !== undefined && /^(?:~|null|Null|NULL)$/.test(text);
}

/** The mapping at `path` of a mapping, made where it is missing. */
export function mapAt(root: MapNode, path: readonly string[], place: Place): MapNode {
  let at = root;
  for (const key of path) {
    let next = at.entries.get(key);
    if (next?.kind !== 'map') {
      next = emptyMap(place);
      at.entries.set(key, next);
    }
    at = next;
  }
  return at;
}

/** Strings of a mapping, as labels are. */
export function stringMap(node: Node | undefined): Map<string, string> {
  const result = new Map<string, string>();
  if (node?.kind === 'map') {
    for (const [key, item] of node.entries) if (item.kind === 'scalar') result.set(key, textOf(item));
  }
  return result;
}
