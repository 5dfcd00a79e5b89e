// Cuts a YAML stream into its documents without parsing it, so that a broken document cannot spoil its neighbours.
import type { TextRange } from './range';

/**
 * The ranges of the documents of `text`, in order, without the `---` and `...` lines between them. A marker counts
 * only in the first column; YAML allows it nowhere else, not even inside a block scalar (YAML 1.2, §9.1.2). A stream
 * of comments and white space alone has no document.
 */
export function splitDocuments(text: string): TextRange[] {
  const ranges: TextRange[] = [];
  const marker = /^(---|\.\.\.)(?=[ \t\r\n]|$)/gm;
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  // A file that begins with "---" has no document before it; after one, even an empty document counts as a place.
  for (let match = marker.exec(text); match; match = marker.exec(text)) {
    push(ranges, text, start, match.index);
    start = match.index + 3;
  }
  push(ranges, text, start, text.length);
  return ranges;
}

/** Keeps only what holds more than comments, directives and white space. */
function push(ranges: TextRange[], text: string, start: number, end: number): void {
  const content = /^[ \t]*[^\s#%]/m;
  if (content.test(text.slice(start, end))) ranges.push({ start, end });
}
