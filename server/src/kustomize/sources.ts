// The files of a build: read through one function, each parsed once, every look noted.
import { parseDocuments, readDocument, type YamlDocument } from '../yaml/document';
import { type Node, originOfPlace, type Place, rootPlace, toNode } from './node';
import { BuildError } from './problem';
import { nodeOf } from './scalars';

/** A file as the caller has it. */
export interface KustomizeFile {
  /** Undefined for a file that exists and whose text is not known, such as one that is no text. */
  readonly text: string | undefined;
  /** Its documents, where they are parsed already. */
  readonly documents?: readonly YamlDocument[];
}

/** False for a file that exists and whose text is not known. */
export function isRead(file: KustomizeFile): boolean {
  return file.text !== undefined || file.documents !== undefined;
}

/** Gives a file by its URI, or undefined where there is none. */
export type Files = (uri: string) => KustomizeFile | undefined;

/** A document with its value as kustomize reads it. */
export interface Parsed {
  readonly document: YamlDocument;
  readonly node: Node;
}

export class Sources {
  /** The URIs that were asked for, whether or not there is a file: a change of any of them changes the result. */
  readonly reads = new Set<string>();
  private readonly parsed = new Map<string, readonly Parsed[]>();

  constructor(private readonly files: Files) {}

  find(uri: string): KustomizeFile | undefined {
    this.reads.add(uri);
    return this.files(uri);
  }

  /** A kustomization file is read as kubectl reads YAML, and only its first document. */
  kustomization(uri: string, file: KustomizeFile): Node | undefined {
    const document = (file.documents ?? parseDocuments(file.text ?? ''))[0];
    if (!document) return undefined;
    const place = rootPlace(uri, document);
    const broken = document.problems.find((problem) => problem.severity === 'error');
    if (broken) throw new BuildError('not-yaml', atProblem(place, broken.range.start), { reason: broken.message });
    return toNode(document.value, place);
  }

  /** The documents of a file; empty ones are left out. Throws where one is broken. */
  documents(uri: string, file: KustomizeFile): readonly Parsed[] {
    const known = this.parsed.get(uri);
    if (known) return known;
    const documents = file.documents ?? parseDocuments(file.text ?? '');
    const read = documents.map((document) => parse(uri, document)).filter(({ node }) => !isEmpty(node));
    this.parsed.set(uri, read);
    return read;
  }
}

function isEmpty(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** Kustomize takes no document of which a part is broken, nor one with a key twice. */
function parse(uri: string, document: YamlDocument): Parsed {
  const known = nodes.get(document);
  if (known?.place.source.uri === uri) return { document, node: known };
  const place = rootPlace(uri, document);
  const broken = document.problems[0];
  if (broken) throw new BuildError('not-yaml', atProblem(place, broken.range.start), { reason: broken.message });
  const node = nodeOf(document, place);
  nodes.set(document, node);
  return { document, node };
}

/** Documents outlive builds, and so do their nodes, which nobody changes: builds work on copies. */
const nodes = new WeakMap<YamlDocument, Node>();

function atProblem(place: Place, offset: number): Place {
  const at = place.source.document.pathAt(offset);
  return (at?.path ?? []).reduce<Place>((parent, step) => ({ source: parent.source, parent, step }), place);
}

/**
 * The documents of a text that stands in a scalar, such as a patch. Where the scalar is a block of lines its own lines
 * are parsed, so that every node keeps its place in the file; else all nodes have the scalar's.
 */
export function embedded(text: string, place: Place): Node[] {
  const direct = blockDocument(place);
  const parsed = parseDocuments(text).filter((document) => document.value !== null || document.problems.length > 0);
  const broken = parsed.find((document) => document.problems.length > 0);
  if (broken) throw new BuildError('patch-invalid', place, { reason: broken.problems[0]!.message });
  if (direct && parsed.length === 1 && JSON.stringify(direct.value) === JSON.stringify(parsed[0]!.value)) {
    return [nodeOf(direct, rootPlace(place.source.uri, direct))];
  }
  return parsed.map((document) => toNode(document.value, place, true));
}

/** The lines of a literal block as a document: their common indentation does not matter to YAML. */
function blockDocument(place: Place): YamlDocument | undefined {
  const { document, path } = originOfPlace(place);
  const range = document.rangeOf(path);
  if (!range || !document.has(path)) return undefined;
  const base = document.range.start;
  const source = document.text.slice(range.start - base, range.end - base);
  const head = /^\|[-+]?[ \t]*(?:#[^\n]*)?\r?\n/.exec(source)?.[0];
  if (head === undefined) return undefined;
  const body = readDocument(source.slice(head.length), range.start + head.length);
  return body.problems.length === 0 ? body : undefined;
}
