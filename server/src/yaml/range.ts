/** Where something stands in a file: offsets in UTF-16 code units, as in JavaScript strings, half-open. */
export interface TextRange {
  /** First code unit, 0-based. */
  readonly start: number;
  /** One past the last code unit. */
  readonly end: number;
}

/** Steps from a document's root to a node: mapping keys and 0-based sequence indexes. */
export type Path = readonly (string | number)[];

/** Line and character, both 0-based, characters in UTF-16 code units (the Language Server Protocol's default). */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/**
 * Offsets at which the lines of `text` begin; the first is 0. A line ends with LF, CRLF or a lone CR, as in the
 * Language Server Protocol.
 */
export function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 10 || (code === 13 && text.charCodeAt(i + 1) !== 10)) starts.push(i + 1);
  }
  return starts;
}

/** The line and character of `offset` in a text whose lines begin at `starts`. */
export function positionAt(starts: readonly number[], offset: number): Position {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle;
  }
  return { line: low, character: Math.max(0, offset - starts[low]!) };
}

/** The offset of `position`, held inside the text of `length` code units. */
export function offsetAt(starts: readonly number[], position: Position, length: number): number {
  const start = starts[position.line];
  if (start === undefined) return position.line < 0 ? 0 : length;
  const next = starts[position.line + 1] ?? length + 1;
  return Math.min(start + Math.max(0, position.character), Math.max(start, next - 1), length);
}

/**
 * The index of the first item that stands at `place` or behind it; the number of items where none does.
 * @param items in the order of their places
 * @param at the place of an item
 */
export function firstFrom<T, P extends number | string>(items: readonly T[], place: P, at: (item: T) => P): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(items[middle]!) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
