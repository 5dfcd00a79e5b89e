// Small changes to a YAML file as text edits: the rest of the file, its comments, quotes, indentation and line endings
// stay as they are.
import type { YamlDocument } from './document';
import type { Path, TextRange } from './range';
import { KUBERNETES_SCALARS } from './scalars';

/** Replaces a range of a file; ranges of one file do not overlap. */
export interface TextEdit {
  readonly range: TextRange;
  readonly newText: string;
}

/** What can be written into a document: mappings of scalars, lists and mappings. */
export interface Tree {
  readonly [key: string]: TreeValue;
}
export type TreeValue = string | number | Tree | readonly (string | Tree)[];

/** How a file is written. */
export interface Style {
  readonly eol: '\n' | '\r\n';
  /** Spaces for one level. */
  readonly indent: number;
}

/** The line ending and indentation that `text` uses; two spaces and LF where it does not tell. */
export function styleOf(text: string): Style {
  const eol = /\r?\n/.exec(text)?.[0] === '\r\n' ? '\r\n' : '\n';
  const nested = /:[ \t]*(?:#[^\n]*)?\r?\n( +)[^\s#-]/.exec(text);
  const above = nested && /(?:^|\n)( *)[^\n]*$/.exec(text.slice(0, nested.index));
  const indent = nested ? nested[1]!.length - (above?.[1]?.length ?? 0) : 2;
  return { eol, indent: indent >= 1 && indent <= 8 ? indent : 2 };
}

/** Lines of a block mapping. */
export function blockLines(tree: Tree, indent: number): string[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    if (typeof value !== 'object') return [`${keyText(key)}: ${scalarText(value)}`];
    const isEmpty = (isList(value) ? value : Object.keys(value)).length === 0;
    if (isEmpty) return [`${keyText(key)}: ${isList(value) ? '[]' : '{}'}`];
    const lines = isList(value) ? value.flatMap((item) => itemLines(item, indent)) : blockLines(value, indent);
    return [`${keyText(key)}:`, ...lines.map((line) => ' '.repeat(indent) + line)];
  });
}

function isList(value: TreeValue): value is readonly (string | Tree)[] {
  return Array.isArray(value);
}

/** An item behind its dash, its further lines under the first. */
function itemLines(item: string | Tree, indent: number): string[] {
  const lines = typeof item === 'string' ? [scalarText(item)] : blockLines(item, indent);
  return lines.length === 0 ? ['- {}'] : lines.map((line, index) => (index === 0 ? '- ' : '  ') + line);
}

/** A scalar that is read back as what it is: strings that would be something else get quotes. */
function scalarText(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const isPlain = /^[A-Za-z0-9_./-]+$/.test(value) && !/^-|^\.{3}$/.test(value);
  return isPlain && !KUBERNETES_SCALARS.some((tag) => tag.test?.test(value)) ? value : JSON.stringify(value);
}

/** Port numbers are written as such, as everybody does. */
function keyText(key: string): string {
  return /^[1-9]\d*$/.test(key) ? key : scalarText(key);
}

function flowText(tree: Tree, quoted: boolean): string {
  const text = (value: TreeValue): string => {
    if (typeof value === 'object') return isList(value) ? `[${value.map(text).join(', ')}]` : flowText(value, quoted);
    return quoted && typeof value === 'string' ? JSON.stringify(value) : scalarText(value);
  };
  const entries = Object.entries(tree).map(([key, value]) => {
    const name = quoted ? JSON.stringify(key) : keyText(key);
    return `${name}: ${text(value)}`;
  });
  return `{${entries.join(', ')}}`;
}

/** Sets the scalar at `path`, in the quotes that it has. */
export function replaceScalar(text: string, document: YamlDocument, path: Path, value: string): TextEdit | undefined {
  const range = document.rangeOf(path);
  const key = document.rangeOf(path, 'key');
  if (!range || !key || !document.has(path)) return undefined;
  // a key with nothing behind it; an item of a list has none
  if (range.start === key.start && typeof path.at(-1) !== 'number') {
    const colon = text.indexOf(':', key.end);
    return colon < 0 ? undefined : { range: { start: colon + 1, end: colon + 1 }, newText: ` ${value}` };
  }
  const quote = text[range.start] === '"' || text[range.start] === "'" ? text[range.start]! : '';
  return { range, newText: quote + value + quote };
}

/** Gives the entry at `path` another key, in the quotes that it has. */
export function renameKey(text: string, document: YamlDocument, path: Path, key: string): TextEdit | undefined {
  const range = document.rangeOf(path, 'key');
  if (!range || !document.has(path)) return undefined;
  const quote = text[range.start] === '"' || text[range.start] === "'" ? text[range.start]! : '';
  return { range, newText: quote === '' ? keyText(key) : quote + key + quote };
}

/** Adds an item behind the last of a list of scalars; undefined for an empty list. */
export function appendItem(text: string, document: YamlDocument, list: Path, value: string): TextEdit | undefined {
  const items = valueAt(document.value, list);
  if (!Array.isArray(items) || items.length === 0) return undefined;
  const last = [...list, items.length - 1];
  const range = document.rangeOf(last);
  if (!range || !document.has(last)) return undefined;
  const quote = text[range.start] === '"' || text[range.start] === "'" ? text[range.start]! : '';
  const written = quote === '' ? scalarText(value) : quote + value + quote;
  if (isInFlow(text, document, last)) return { range: { start: range.end, end: range.end }, newText: `, ${written}` };
  const before = text.slice(lineStart(text, range.start), range.start);
  if (!/^[ \t]*-[ \t]+$/.test(before)) return undefined;
  const { eol } = styleOf(text);
  return { range: { start: range.end, end: range.end }, newText: eol + before + written };
}

/** Removes the entry or item at `path`, with the comment behind it; undefined where that cannot be done by lines. */
export function removeEntry(text: string, document: YamlDocument, path: Path): TextEdit | undefined {
  const pair = document.rangeOf(path, 'pair');
  if (!pair || !document.has(path)) return undefined;
  const end = valueEnd(text, pair);
  if (isInFlow(text, document, path)) return { range: withComma(text, { start: pair.start, end }), newText: '' };
  const start = lineStart(text, pair.start);
  const before = text.slice(start, pair.start);
  const isItem = typeof path.at(-1) === 'number';
  if (!(isItem ? /^[ \t]*-[ \t]+$/ : /^[ \t]*$/).test(before)) return undefined;
  const range = { start, end: nextLine(text, end) };
  const lines = text.slice(range.start, range.end).split(/(?<=\n)/);
  // comments on lines of their own stay
  return { range, newText: lines.filter((line) => /^[ \t]*#/.test(line)).join('') };
}

/** Adds an entry behind the entry at `sibling`, in the same mapping. */
export function insertBehind(
  text: string,
  document: YamlDocument,
  sibling: Path,
  tree: Tree,
  style: Style,
): TextEdit | undefined {
  const pair = document.rangeOf(sibling, 'pair');
  if (!pair || !document.has(sibling)) return undefined;
  const end = valueEnd(text, pair);
  if (isInFlow(text, document, sibling)) {
    const body = flowText(tree, text[pair.start] === '"').slice(1, -1);
    return { range: { start: end, end }, newText: `, ${body}` };
  }
  const column = pair.start - lineStart(text, pair.start);
  return linesAt(text, nextLine(text, end), blockLines(tree, style.indent), column, style);
}

/** Adds an entry to the mapping at `parent`: behind its last entry, or as its first. */
export function insertInto(
  text: string,
  document: YamlDocument,
  parent: Path,
  tree: Tree,
  style: Style,
): TextEdit | undefined {
  const names = Object.keys(valueAt(document.value, parent) ?? {});
  const last = names.at(-1);
  if (last !== undefined) return insertBehind(text, document, [...parent, last], tree, style);
  const key = document.rangeOf(parent, 'key');
  const value = document.rangeOf(parent);
  if (!key || !value || !document.has(parent)) return undefined;
  if (value.start !== key.start) return { range: value, newText: flowText(tree, text[key.start] === '"') };
  const column = key.start - lineStart(text, key.start) + style.indent;
  return linesAt(text, nextLine(text, key.end), blockLines(tree, style.indent), column, style);
}

/** Adds documents behind the last one of a file. */
export function appendDocuments(text: string, documents: readonly Tree[], style: Style = styleOf(text)): TextEdit {
  const written = documents.map((tree) => blockLines(tree, style.indent).join(style.eol) + style.eol);
  const missingNewline = text !== '' && !text.endsWith('\n') ? style.eol : '';
  // after a "---" that nothing follows but comments and blank lines, the document has already begun
  const begun = text.trim() === '' || /(?:^|\n)---[ \t]*(?:#[^\n]*)?\r?(?:\n[ \t]*(?:#[^\n]*)?\r?)*$/.test(text);
  const separator = `---${style.eol}`;
  return {
    range: { start: text.length, end: text.length },
    newText: missingNewline + (begun ? '' : separator) + written.join(separator),
  };
}

/** The plain value at a path of a plain value. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** Applies edits to a text; they may be in any order. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const ordered = [...edits].sort((a, b) => b.range.start - a.range.start || b.range.end - a.range.end);
  return ordered.reduce(
    (done, { range, newText }) => done.slice(0, range.start) + newText + done.slice(range.end),
    text,
  );
}

function linesAt(text: string, at: number, lines: readonly string[], column: number, style: Style): TextEdit {
  const block = lines.map((line) => ' '.repeat(column) + line).join(style.eol);
  const closed = at === 0 || text[at - 1] === '\n';
  return { range: { start: at, end: at }, newText: closed ? block + style.eol : style.eol + block };
}

/** Where what is written ends: a block's range also takes in comments and blank lines that follow it. */
function valueEnd(text: string, range: TextRange): number {
  let end = range.end;
  for (;;) {
    while (end > range.start && /\s/.test(text[end - 1]!)) end--;
    const start = Math.max(lineStart(text, end), range.start);
    const comment = /(?:^|[ \t])#.*$/.exec(text.slice(start, end));
    if (!comment || quotedAt(text.slice(start, start + comment.index))) return end;
    const cut = start + comment.index;
    if (cut <= range.start) return end;
    end = cut;
  }
}

/** True when a quote is open at the end of `text`, so that a `#` there is no comment. */
function quotedAt(text: string): boolean {
  const value = text.slice(text.indexOf(':') + 1);
  return /^\s*["']/.test(value) && (value.match(/["']/g)?.length ?? 0) % 2 === 1;
}

/** True when the entry at `path` is in a `{…}` or `[…]`. */
function isInFlow(text: string, document: YamlDocument, path: Path): boolean {
  for (let length = path.length - 1; length >= 0; length--) {
    const range = document.rangeOf(path.slice(0, length));
    const first = range && text[range.start];
    if (first === '{' || first === '[') return true;
  }
  return false;
}

/** The range of a flow entry with the comma that would be left over. */
function withComma(text: string, range: TextRange): TextRange {
  const behind = /^\s*,\s*/.exec(text.slice(range.end));
  if (behind) return { start: range.start, end: range.end + behind[0].length };
  const before = /,\s*$/.exec(text.slice(0, range.start));
  return before ? { start: range.start - before[0].length, end: range.end } : range;
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

function nextLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end < 0 ? text.length : end + 1;
}
