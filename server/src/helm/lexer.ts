// Cuts a template into its text and its actions, as Go's text/template does (src/text/template/parse/lex.go).
import type { TextRange } from '../yaml/range';

/** What an action does to the output around it. */
export type ActionKind =
  /** Opens a block whose body may be left out, or may come several times. */
  | 'if'
  | 'with'
  | 'range'
  /** Prints its body as `with` does, under a name. */
  | 'block'
  /** Opens a block that prints nothing here. */
  | 'define'
  | 'else'
  | 'end'
  /** `break` and `continue`. */
  | 'leave'
  /** A comment or an assignment: prints nothing. */
  | 'silent'
  /** Prints something that only rendering tells. */
  | 'value';

export interface Action extends TextRange {
  readonly type: 'action';
  readonly kind: ActionKind;
  /** For `else`: it has a condition of its own, so that nothing may be printed. */
  readonly conditional: boolean;
  /** For `value`: what is printed begins with a line break, and no line of it stands left of this column. */
  readonly newline: boolean;
  /** For `value`: columns to the right of which all lines stand; undefined where that is not stated. */
  readonly indent: number | undefined;
}

export interface Text extends TextRange {
  readonly type: 'text';
  /** What is left after `-}}` before it and `{{-` behind it have taken white space away. */
  readonly content: TextRange;
}

export type Token = Action | Text;

/** The tokens of a template in order, without gaps; undefined where Go would refuse its delimiters. Linear in `text`. */
export function tokenize(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  let at = 0;
  let trimStart = false;
  const pushText = (end: number, trimEnd: boolean): void => {
    if (end > at) tokens.push({ type: 'text', start: at, end, content: trimmed(text, at, end, trimStart, trimEnd) });
  };
  for (let open = text.indexOf('{{'); open >= 0; open = text.indexOf('{{', at)) {
    const close = endOfAction(text, open + 2);
    if (close < 0) return undefined;
    const trimBefore = text[open + 2] === '-' && isSpace(text[open + 3]);
    const trimAfter = text[close - 3] === '-' && isSpace(text[close - 4]) && close - 4 >= open + 2;
    pushText(open, trimBefore);
    const body = text.slice(open + (trimBefore ? 3 : 2), Math.max(open + 2, close - (trimAfter ? 3 : 2))).trim();
    tokens.push({ type: 'action', start: open, end: close, ...classify(body) });
    at = close;
    trimStart = trimAfter;
  }
  pushText(text.length, false);
  return tokens;
}

/** The offset behind `}}`, strings and comments passed over; -1 where there is none. */
function endOfAction(text: string, start: number): number {
  const comment = /-?\s*\/\*/y;
  comment.lastIndex = start;
  if (comment.test(text)) {
    const close = text.indexOf('*/', comment.lastIndex);
    const end = close < 0 ? -1 : text.indexOf('}}', close + 2);
    return end < 0 ? -1 : end + 2;
  }
  for (let at = start; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === '}' && text[at + 1] === '}') return at + 2;
    if (letter === '{' && text[at + 1] === '{') return -1;
    if (letter === '"' || letter === '`' || letter === "'") {
      at = endOfString(text, at, letter);
      if (at < 0) return -1;
    }
  }
  return -1;
}

/** The offset of the closing quote; only raw strings go over lines. */
function endOfString(text: string, start: number, quote: string): number {
  if (quote === '`') return text.indexOf('`', start + 1);
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}

const PLAIN = { conditional: false, newline: false, indent: undefined };
const OPENING = /^(if|with|range|block|define)(?=[\s("$.]|$)/;

function classify(body: string): Pick<Action, 'kind' | 'conditional' | 'newline' | 'indent'> {
  if (body === '' || body.startsWith('/*') || /^\$\w*(?:\s*,\s*\$\w*)?\s*:?=/.test(body)) {
    return { kind: 'silent', ...PLAIN };
  }
  const opening = OPENING.exec(body)?.[1];
  if (opening) return { kind: opening as ActionKind, ...PLAIN };
  if (/^else\b/.test(body)) return { kind: 'else', ...PLAIN, conditional: body !== 'else' };
  if (body === 'end') return { kind: 'end', ...PLAIN };
  if (body === 'break' || body === 'continue') return { kind: 'leave', ...PLAIN };
  // the last stage of a pipeline, or a call of its own
  const stage = /\|\s*(n?)indent\s+(\d{1,3})$/.exec(body) ?? /^(n?)indent\s+(\d{1,3})\s[^|]*$/.exec(body);
  return {
    kind: 'value',
    conditional: false,
    newline: stage?.[1] === 'n',
    indent: stage ? Number(stage[2]) : undefined,
  };
}

function trimmed(text: string, start: number, end: number, left: boolean, right: boolean): TextRange {
  let from = start;
  let to = end;
  if (left) while (from < to && isSpace(text[from])) from++;
  if (right) while (to > from && isSpace(text[to - 1])) to--;
  return { start: from, end: to };
}

/** What Go's templates trim. */
function isSpace(letter: string | undefined): boolean {
  return letter === ' ' || letter === '\t' || letter === '\r' || letter === '\n';
}
