// One YAML document: the value that Kubernetes would read from it, and where each part of that value stands.
import type { Document, Node } from 'yaml';
import { excessOf, isTooDeep, isTooLong, repeatedKeys } from './budget';
import { loadValue } from './load';
import type { Path, TextRange } from './range';
import { splitDocuments } from './split';
import { descend, find, type PathAt, parseTree } from './tree';

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

/** A document. Places are those in its file, at the moment at which they are asked for. */
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

/** All documents of a file, in order. A broken document has problems and no value; the others are unharmed. */
export function parseDocuments(text: string): YamlDocument[] {
  return placeDocuments(text);
}

/**
 * The documents of a file, in order.
 * @param earlier those that the file had: where their text is still there they are kept with all that is known of
 *   them, and moved to where it is
 */
export function placeDocuments(text: string, earlier: readonly PlacedDocument[] = []): PlacedDocument[] {
  const kept = new Map<string, PlacedDocument[]>();
  for (const document of earlier) {
    const same = kept.get(document.text);
    if (same) same.push(document);
    else kept.set(document.text, [document]);
  }
  return splitDocuments(text).map(({ start, end }) => {
    const own = text.slice(start, end);
    const document = kept.get(own)?.shift();
    document?.move(start);
    return document ?? new PlacedDocument(own, start);
  });
}

/**
 * Reads one document.
 * @param text the document's own text
 * @param start where that text begins in its file
 */
export function readDocument(text: string, start: number): YamlDocument {
  return new PlacedDocument(text, start);
}

/**
 * A document that can be moved. It is read as far as somebody asks: its value comes from a fast loader, the tree with
 * every node's place is made only for documents that are broken, reported on or pointed at.
 */
export class PlacedDocument implements YamlDocument {
  private reading: Reading | undefined;
  /** Made again when it is asked for after the memory was needed. */
  private parsed: WeakRef<Document.Parsed> | undefined;
  private isTreeless = false;

  /** @param start where `text` begins in its file */
  constructor(
    readonly text: string,
    private start: number,
  ) {}

  /** Says where the document begins now. */
  move(start: number): void {
    this.start = start;
  }

  get range(): TextRange {
    return { start: this.start, end: this.start + this.text.length };
  }

  get value(): unknown {
    return this.read().value;
  }

  get problems(): readonly YamlProblem[] {
    return this.read().problems.map((each) => ({ ...each, range: this.placed(each.range) }));
  }

  has(path: Path): boolean {
    const tree = this.tree();
    return tree ? find(tree, path).rest === 0 : isIn(this.read().value, path);
  }

  rangeOf(path: Path, part: Part = 'value'): TextRange | undefined {
    const range = this.innerRangeOf(path, part);
    return range && this.placed(range);
  }

  pathAt(offset: number): PathAt | undefined {
    const at = offset - this.start;
    if (at < 0 || at > this.text.length) return undefined;
    return descend(this.tree()?.contents ?? null, at, []);
  }

  /** From the document to its file. */
  private placed({ start, end }: TextRange): TextRange {
    return { start: start + this.start, end: end + this.start };
  }

  private innerRangeOf(path: Path, part: Part): TextRange | undefined {
    const tree = this.tree();
    // its first line stands for all of it
    if (!tree) return { start: 0, end: /^\s*[^\n]*/.exec(this.text)![0].length };
    const found = find(tree, path);
    const value = this.rangeOfNode(found.node);
    const key = found.pair && this.rangeOfNode(found.pair.key as Node);
    // A missing field is reported at the key of its nearest parent, not at that parent's whole body.
    if (found.rest > 0 && key) return key;
    if (part === 'key') return key ?? value;
    if (part === 'pair' && key) return { start: key.start, end: Math.max(key.end, value?.end ?? key.end) };
    // "mtls:" with nothing behind it has an empty value; its key is what can be seen.
    return value && value.end > value.start ? value : (key ?? value);
  }

  private rangeOfNode(node: Node | null | undefined): TextRange | undefined {
    return node?.range ? within(this.whole, [node.range[0], node.range[1]]) : undefined;
  }

  /** In the document itself. */
  private get whole(): TextRange {
    return { start: 0, end: this.text.length };
  }

  /** Undefined where it is too long or too deep for one. */
  private tree(): Document.Parsed | undefined {
    let tree = this.parsed?.deref();
    if (tree || this.isTreeless) return tree;
    this.isTreeless = isTooLong(this.text);
    if (this.isTreeless) return undefined;
    try {
      tree = parseTree(this.text);
    } catch (error) {
      // the parser goes down a level by a call: what is too deep for that has no tree
      if (!(error instanceof RangeError)) throw error;
      this.isTreeless = true;
      return undefined;
    }
    this.parsed = new WeakRef(tree);
    return tree;
  }

  private read(): Reading {
    this.reading ??= this.readAll();
    return this.reading;
  }

  private readAll(): Reading {
    const range = this.whole;
    const without = (code: string): Reading => ({ value: undefined, problems: [problem('error', code, range)] });
    const isLong = isTooLong(this.text);
    const fast = loadValue(this.text);
    if (fast && isTooDeep(fast.value)) return without('TOO_DEEP');
    if (fast) return { value: fast.value, problems: isLong ? [problem('warning', 'TOO_LONG', range)] : [] };
    if (isLong) return without('TOO_LONG');
    const tree = this.tree();
    return tree ? readTree(tree, range) : without('TOO_DEEP');
  }
}

/** @param range nothing goes beyond its end */
function within(range: TextRange, [start, end]: readonly [number, number]): TextRange {
  return { start: Math.min(start, range.end), end: Math.min(Math.max(end, start), range.end) };
}

interface Reading {
  readonly value: unknown;
  readonly problems: readonly YamlProblem[];
}

/** What a document without a fast reading says of itself: its errors and, if it has only mild ones, its value. */
function readTree(tree: Document.Parsed, range: TextRange): Reading {
  // the parser notices by itself when it comes to the end of the call stack
  if (tree.errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION'))
    return { value: undefined, problems: [problem('error', 'TOO_DEEP', range)] };
  const problems: YamlProblem[] = tree.errors.map((error) => ({
    severity: 'error',
    code: error.code,
    message: error.message,
    range: within(range, error.pos),
  }));
  if (problems.some((problem) => problem.severity === 'error')) return { value: undefined, problems };
  // kubectl keeps the last of two equal keys and goes on, so the document still counts
  for (const key of repeatedKeys(tree))
    problems.push(problem('warning', 'DUPLICATE_KEY', within(range, [key.range![0], key.range![0] + 1])));
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
