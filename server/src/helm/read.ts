// What a template says whatever its values are: its documents as they can be read without rendering, and the gaps in them.
import { type Document, isAlias, isCollection, isMap, isPair, isScalar, isSeq, type Node, type Pair } from 'yaml';
import { readDocument, type YamlDocument } from '../yaml/document';
import { firstFrom, type Path, type TextRange } from '../yaml/range';
import { splitDocuments } from '../yaml/split';
import { parseTree } from '../yaml/tree';
import type { Flow, Insertion } from './flow';
import { maskTemplate } from './mask';

/** A place of which the template does not tell all. */
export interface Gap {
  /** From the document's root; empty where nothing of the document is certain. */
  readonly path: Path;
  /**
   * `unknown`: the value is not known. `open`: the mapping or list may have more than is written. `conditional`: it may
   * not be there, or several times.
   */
  readonly reason: 'unknown' | 'open' | 'conditional';
}

export interface TemplateDocument {
  /** Of the masked text: ranges are right in the template, values are what is literal and placeholders. */
  readonly document: YamlDocument;
  readonly gaps: readonly Gap[];
}

export interface TemplateReading {
  readonly documents: readonly TemplateDocument[];
  /** Actions may print documents of which the template shows nothing. */
  readonly hidesDocuments: boolean;
}

/**
 * Reads a template. Never throws.
 * @returns undefined where the text is no template of Go's that could be rendered
 */
export function readTemplate(text: string): TemplateReading | undefined {
  const template = maskTemplate(text);
  if (!template) return undefined;
  const { flow, masked } = template;
  const documents = splitDocuments(template.text).map((range): TemplateDocument => {
    const own = template.text.slice(range.start, range.end);
    const document = readDocument(own, range.start);
    const uncertain = isUncertain(range, flow, template.text);
    const whole: readonly Gap[] = uncertain ? [{ path: [], reason: uncertain }] : [];
    if (uncertain === 'unknown') return { document, gaps: whole };
    if (document.value === undefined) return { document, gaps: [{ path: [], reason: 'unknown' }] };
    return { document, gaps: [...whole, ...new Gaps(own, range, masked, flow).find(parseTree(own))] };
  });
  return { documents, hidesDocuments: flow.insertions.some(({ column }) => column === 0) };
}

/** Why nothing of a document is certain, where that is so. */
function isUncertain({ start, end }: TextRange, flow: Flow, text: string): Gap['reason'] | undefined {
  const first = firstFrom(flow.unclear, start, (offset) => offset);
  if (flow.unclear[first] !== undefined && flow.unclear[first] <= end) return 'unknown';
  const next = firstFrom(flow.separators, start - 2, ({ offset }) => offset);
  if (flow.separators[next - 1]?.conditional) return 'conditional';
  if (!flow.separators[next]?.conditional) return undefined;
  // without that separator, what follows its block belongs to this document
  let last = next + 1;
  while (flow.separators[last]?.conditional) last++;
  return hasContentBetween(text, end, flow.separators[last]?.offset ?? text.length, flow) ? 'unknown' : undefined;
}

/** True when something stands there that is printed in any case. */
function hasContentBetween(text: string, start: number, end: number, flow: Flow): boolean {
  let at = start;
  for (let index = firstFrom(flow.conditional, start, (range) => range.end); at < end; index++) {
    const range = flow.conditional[index] ?? { start: end, end };
    if (/^[ \t]*[^\s#]/m.test(text.slice(at, Math.min(range.start, end)))) return true;
    at = range.end;
  }
  for (let index = firstFrom(flow.insertions, start, ({ offset }) => offset); ; index++) {
    const offset = flow.insertions[index]?.offset;
    if (offset === undefined || offset >= end) return false;
    if (!within(flow.conditional, { start: offset, end: offset })) return true;
  }
}

class Gaps {
  private readonly gaps: Gap[] = [];

  constructor(
    private readonly text: string,
    private readonly range: TextRange,
    private readonly masked: readonly TextRange[],
    private readonly flow: Flow,
  ) {}

  find(tree: Document.Parsed): readonly Gap[] {
    this.visit(tree.contents, []);
    const { insertions } = this.flow;
    for (let index = firstFrom(insertions, this.range.start, ({ offset }) => offset); ; index++) {
      const insertion = insertions[index];
      if (!insertion || insertion.offset > this.range.end) break;
      this.openAt(tree.contents, [], insertion);
    }
    return this.gaps;
  }

  private note(path: Path, reason: Gap['reason']): void {
    this.gaps.push({ path, reason });
  }

  private visit(node: Node | null, path: Path): void {
    if (isAlias(node)) this.note(path, 'unknown');
    else if (isScalar(node) || (isCollection(node) && node.flow)) {
      // an action between brackets may print more than one item
      if (overlaps(this.masked, this.place(node))) this.note(path, 'unknown');
    } else if (isMap(node)) for (const pair of node.items) this.visitPair(pair, path);
    else if (isSeq(node)) {
      node.items.forEach((item, index) => {
        const child = isPair(item) ? null : (item as Node);
        if (this.isConditional(child)) {
          this.note(path, 'open');
          this.note([...path, index], 'conditional');
        }
        this.visit(child, [...path, index]);
      });
    }
  }

  private visitPair({ key, value }: Pair, path: Path): void {
    const name = key as Node;
    if (!isScalar(name) || name.value === '<<' || overlaps(this.masked, this.place(name))) {
      this.note(path, 'open');
      if (isScalar(name)) this.note([...path, nameOf(name)], 'unknown');
      return;
    }
    const child = [...path, nameOf(name)];
    if (this.isConditional(name)) this.note(child, 'conditional');
    this.visit(value as Node | null, child);
  }

  private isConditional(node: Node | null): boolean {
    return node?.range !== undefined && node.range !== null && within(this.flow.conditional, this.place(node));
  }

  private place(node: Node): TextRange {
    const [start, end] = node.range ?? [0, 0];
    return { start: this.range.start + start, end: this.range.start + end };
  }

  /** Notes what lines at the column of `insertion`, or to the right of it, may belong to. */
  private openAt(node: Node | null, path: Path, insertion: Insertion): void {
    const offset = insertion.offset - this.range.start;
    if (!isCollection(node) || node.flow || this.columnOf(node) >= insertion.column) {
      this.note(path, isCollection(node) && !node.flow ? 'open' : 'unknown');
    }
    if (isMap(node) && !node.flow) {
      const pair = node.items[firstFrom(node.items, offset + 1, (item) => startOf(item.key as Node)) - 1];
      if (!pair || !isScalar(pair.key)) return;
      const column = this.columnOf(pair.key);
      const value = pair.value as Node | null;
      const isEmpty = value === null || (isScalar(value) && value.range?.[0] === value.range?.[1]);
      // a list may stand as far left as its key
      if (column < insertion.column || (column === insertion.column && (isEmpty || isSeq(value)))) {
        this.openAt(value, [...path, nameOf(pair.key)], insertion);
      }
    } else if (isSeq(node) && !node.flow) {
      const index = firstFrom(node.items, offset + 1, (item) => startOf(item as Node)) - 1;
      if (index >= 0 && this.columnOf(node) < insertion.column)
        this.openAt(node.items[index] as Node, [...path, index], insertion);
    }
  }

  private columnOf(node: Node): number {
    const start = startOf(node);
    return (
      start - (this.text.lastIndexOf('\n', start - 1) + 1) - (this.text.charCodeAt(0) === 0xfeff && start === 0 ? 1 : 0)
    );
  }
}

function nameOf(key: { readonly source?: string; readonly value: unknown }): string {
  return key.source ?? String(key.value);
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

/** True when one of `ranges`, which are in order, has a part in `place`. */
function overlaps(ranges: readonly TextRange[], place: TextRange): boolean {
  const next = ranges[firstFrom(ranges, place.start + 1, ({ end }) => end)];
  return next !== undefined && next.start < place.end;
}

function within(ranges: readonly TextRange[], place: TextRange): boolean {
  const next = ranges[firstFrom(ranges, place.start, ({ end }) => end)];
  return next !== undefined && next.start <= place.start;
}
