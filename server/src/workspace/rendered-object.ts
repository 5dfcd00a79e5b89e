// Objects that a kustomization renders, as the other rooms know objects: each field with the place where it is edited.
import { type Node, nodeAt, originOfPlace, type Place } from '../kustomize/node';
import type { RenderedObject } from '../kustomize/result';
import type { RenderedSource, Source } from '../manifest/object';
import { rangeOfOrigin } from '../manifest/object';
import { type KnownObject, readValue } from '../manifest/read';
import type { YamlDocument } from '../yaml/document';
import type { Path } from '../yaml/range';

/** The known object that a rendered one is; undefined for kinds that Mutual does not know. */
export function knownObject(rendered: RenderedObject): KnownObject | undefined {
  return readValue(rendered.value, sourceOf(rendered));
}

function sourceOf(object: RenderedObject): Source {
  const { origin: whole, node, value } = object;
  const { uri, document } = whole;
  const origins = placesOf(node);
  return {
    uri,
    prefix: [],
    rendered: origins,
    document: {
      value,
      problems: [],
      text: document.text,
      get range() {
        return document.range;
      },
      has: (path) => nodeAt(node, path) !== undefined,
      // only for what is written in the object's own file; places of fields come from their origins
      rangeOf(path, part = 'value') {
        const origin = origins.origin(path);
        return origin.uri === uri ? rangeOfOrigin(origin, part) : undefined;
      },
      pathAt(offset) {
        const found = origins.fieldAt(uri, offset);
        return found && { path: found.path, part: found.part ?? 'value' };
      },
    },
  };
}

/** The fields of an object by where they are written. */
interface Written {
  readonly uri: string;
  readonly document: YamlDocument;
  /** By the path in the document, as JSON. */
  readonly fields: Map<string, Path>;
}

function placesOf(node: Node): RenderedSource {
  let written: Written[] | undefined;
  let uris: Set<string> | undefined;
  const all = (): Written[] => {
    written ??= gather(node);
    return written;
  };
  return {
    get uris() {
      uris ??= urisOf(node, new Set());
      return uris;
    },
    origin(path) {
      let at = node;
      for (const [index, step] of path.entries()) {
        const next = nodeAt(at, [step]);
        if (!next) return { ...originOfPlace(at.place), rest: path.length - index };
        at = next;
      }
      return { ...originOfPlace(at.place), rest: 0 };
    },
    fieldAt(uri, offset) {
      const holders = all().filter(
        ({ uri: own, document: { range } }) => own === uri && range.start <= offset && offset <= range.end,
      );
      // a patch inside a kustomization is nearer than the kustomization
      holders.sort(
        (a, b) => a.document.range.end - a.document.range.start - (b.document.range.end - b.document.range.start),
      );
      for (const holder of holders) {
        const found = fieldIn(holder, node, offset);
        if (found) return found;
      }
      return undefined;
    },
  };
}

function fieldIn(
  { uri, document, fields }: Written,
  node: Node,
  offset: number,
): ReturnType<RenderedSource['fieldAt']> {
  const at = document.pathAt(offset);
  if (!at) return undefined;
  const origin = { uri, document, path: at.path, rest: 0 };
  const exact = fields.get(JSON.stringify(at.path));
  if (exact) return { path: exact, part: at.part, origin };
  // a merge patch names its object by fields that it does not change
  const { value } = document;
  const isObject = typeof value === 'object' && value !== null && 'kind' in value && 'metadata' in value;
  const isNamed = isObject && !fields.has('[]') && at.path.length > 0 && nodeAt(node, at.path) !== undefined;
  return isNamed ? { path: at.path, part: at.part, origin } : undefined;
}

function gather(node: Node): Written[] {
  const found = new Map<YamlDocument, Written>();
  const visit = (at: Node, path: Path): void => {
    const { uri, document, path: own } = originOfPlace(at.place);
    let written = found.get(document);
    if (!written) {
      written = { uri, document, fields: new Map() };
      found.set(document, written);
    }
    const key = JSON.stringify(own);
    if (!written.fields.has(key)) written.fields.set(key, path);
    if (at.kind === 'list') for (const [index, item] of at.items.entries()) visit(item, [...path, index]);
    if (at.kind === 'map') for (const [name, item] of at.entries) visit(item, [...path, name]);
  };
  visit(node, []);
  return [...found.values()];
}

function urisOf(node: Node, found: Set<string>): Set<string> {
  found.add(node.place.source.uri);
  if (node.kind === 'list') for (const item of node.items) urisOf(item, found);
  if (node.kind === 'map') for (const item of node.entries.values()) urisOf(item, found);
  return found;
}

/** True when both have the same value, written at the same places of the same texts. */
export function sameObject(a: RenderedObject, b: RenderedObject): boolean {
  return sameNode(a.node, b.node);
}

function sameNode(a: Node, b: Node): boolean {
  if (a.kind !== b.kind || !samePlace(a.place, b.place)) return false;
  if (a.kind === 'scalar' || b.kind === 'scalar') {
    return a.kind === 'scalar' && b.kind === 'scalar' && a.value === b.value && a.text === b.text;
  }
  if (a.kind === 'list' || b.kind === 'list') {
    if (a.kind !== 'list' || b.kind !== 'list' || a.items.length !== b.items.length) return false;
    return a.items.every((item, index) => sameNode(item, b.items[index]!));
  }
  if (a.entries.size !== b.entries.size) return false;
  for (const [key, item] of a.entries) {
    const other = b.entries.get(key);
    if (!other || !sameNode(item, other)) return false;
  }
  return true;
}

function samePlace(a: Place, b: Place): boolean {
  let [x, y]: [Place | undefined, Place | undefined] = [a, b];
  if (x !== y && !sameText(a.source, b.source)) return false;
  for (; x && y && x !== y; x = x.parent, y = y.parent) if (x.step !== y.step) return false;
  return x === y;
}

/** A text that stands where it stood: the document may have been parsed anew. */
function sameText(a: Place['source'], b: Place['source']): boolean {
  if (a === b || a.document === b.document) return true;
  return a.uri === b.uri && a.document.range.start === b.document.range.start && a.document.text === b.document.text;
}
