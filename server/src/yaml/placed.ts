// Documents that keep what has been read of them while the file around them changes: only their place is another then.
import { readDocument, type YamlDocument } from './document';
import type { Path, TextRange } from './range';
import { splitDocuments } from './split';

/** A document that can be moved. Ranges are those of the moment at which they are asked for. */
export class PlacedDocument implements YamlDocument {
  private readonly inner: YamlDocument;

  /** @param start where `text` begins in its file */
  constructor(
    readonly text: string,
    private start: number,
  ) {
    this.inner = readDocument(text, { start: 0, end: text.length });
  }

  /** Says where the document begins now. */
  move(start: number): void {
    this.start = start;
  }

  get range(): TextRange {
    return { start: this.start, end: this.start + this.text.length };
  }

  get value(): unknown {
    return this.inner.value;
  }

  get problems(): YamlDocument['problems'] {
    return this.inner.problems.map((problem) => ({ ...problem, range: this.shifted(problem.range) }));
  }

  has(path: Path): boolean {
    return this.inner.has(path);
  }

  rangeOf(path: Path, part?: Parameters<YamlDocument['rangeOf']>[1]): TextRange | undefined {
    const range = this.inner.rangeOf(path, part);
    return range && this.shifted(range);
  }

  pathAt(offset: number): ReturnType<YamlDocument['pathAt']> {
    return this.inner.pathAt(offset - this.start);
  }

  private shifted({ start, end }: TextRange): TextRange {
    return { start: start + this.start, end: end + this.start };
  }
}

/**
 * The documents of a file, in order.
 * @param earlier those that the file had: where their text is still there they are kept, and moved to where it is
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
