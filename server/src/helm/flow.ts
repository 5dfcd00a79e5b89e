// Follows a template from its beginning to its end, as it would be printed: which places come only under a condition,
// where whole blocks are inserted, and where lines of the output do not stand where they stand in the template.
import type { TextRange } from '../yaml/range';
import { type Action, type Text, type Token, tokenize } from './lexer';

/** A `---` of the template. */
export interface Separator {
  /** Of its first dash. */
  readonly offset: number;
  /** It is printed only under a condition, or several times. */
  readonly conditional: boolean;
}

/** A place where an action prints lines of its own, each at `column` or to the right of it. */
export interface Insertion {
  readonly offset: number;
  readonly column: number;
}

export interface Flow {
  /** Masked as one scalar: something is printed there within a line. */
  readonly inline: readonly TextRange[];
  /** Masked as white space: nothing is printed, or lines of which the template shows none. */
  readonly blank: readonly TextRange[];
  /** What stands in these is printed under a condition or repeatedly; in order, none within another. */
  readonly conditional: readonly TextRange[];
  readonly separators: readonly Separator[];
  readonly insertions: readonly Insertion[];
  /** Offsets at which the output is otherwise than the template looks, so that their documents say nothing certain. */
  readonly unclear: readonly number[];
}

/** What is known of the line that is being printed. */
type Line =
  | { readonly is: 'start'; readonly column: number }
  /** Something stands on it; `separator` where that is `---` alone. */
  | { readonly is: 'content' | 'separator' }
  /** It depends on a condition. */
  | { readonly is: 'open' };

interface Block {
  readonly action: Action;
  readonly entry: Line;
  readonly exits: Line[];
  /** One of its branches is taken in any case. */
  complete: boolean;
  /** Its body begins with a line break, so that nothing of it stands on the line before. */
  readonly breaks: boolean;
}

const CONTENT: Line = { is: 'content' };
const OPEN: Line = { is: 'open' };

/** Reads a template; undefined where its delimiters or its blocks do not fit together. Linear in `text`. */
export function followTemplate(text: string): Flow | undefined {
  const tokens = tokenize(text);
  const ends = tokens && matchBlocks(tokens);
  return ends && new Reader(text, tokens, ends).read();
}

/** By the index of the action that opens a block, that of its `end`. */
function matchBlocks(tokens: readonly Token[]): ReadonlyMap<number, number> | undefined {
  const ends = new Map<number, number>();
  const open: number[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'text') continue;
    if (opens(token)) open.push(index);
    else if (token.kind === 'else' && open.length === 0) return undefined;
    else if (token.kind === 'end') {
      const start = open.pop();
      if (start === undefined) return undefined;
      ends.set(start, index);
    }
  }
  return open.length === 0 ? ends : undefined;
}

function opens({ kind }: Action): boolean {
  return kind === 'if' || kind === 'with' || kind === 'range' || kind === 'block' || kind === 'define';
}

class Reader {
  private readonly inline: TextRange[] = [];
  private readonly blank: TextRange[] = [];
  private readonly conditional: TextRange[] = [];
  private readonly separators: Separator[] = [];
  private readonly insertions: Insertion[] = [];
  private readonly unclear: number[] = [];
  private readonly blocks: Block[] = [];
  private readonly loops: Block[] = [];
  private line: Line = { is: 'start', column: 0 };
  /** Nothing visible stands before this on the line of the template. */
  private fresh = true;
  /** A block begins or ends on this line of the template. */
  private turned = false;
  private lineStart = 0;
  /** The document has something before this. */
  private begun = false;
  /** The next line break; looked for once. */
  private nextBreak = -1;
  /** The last insertion, as long as no line of the template follows it. `cuts`: it may end the document. */
  private pending: (Insertion & { readonly cuts: boolean }) | undefined;

  constructor(
    private readonly text: string,
    private readonly tokens: readonly Token[],
    private readonly ends: ReadonlyMap<number, number>,
  ) {
    this.lineStart = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  }

  read(): Flow {
    for (let index = 0; index < this.tokens.length; index++) {
      const token = this.tokens[index]!;
      if (token.type === 'text') this.readText(token);
      else if (opens(token)) index = this.openBlock(token, index);
      else this.readAction(token);
    }
    const { inline, blank, conditional, separators, insertions, unclear } = this;
    unclear.sort((a, b) => a - b);
    return { inline, blank, conditional, separators, insertions, unclear };
  }

  private readText({ start, end, content }: Text): void {
    this.passLines(start, content.start);
    let at = content.start === 0 ? this.lineStart : content.start;
    while (at < content.end) {
      let stop = at;
      while (stop < content.end && this.text[stop] !== '\n') stop++;
      this.readSegment(at, stop);
      if (stop === content.end) break;
      this.line = { is: 'start', column: 0 };
      this.nextLine(stop + 1);
      at = stop + 1;
    }
    this.passLines(content.end, end);
  }

  /** Text without a line break. */
  private readSegment(start: number, end: number): void {
    let at = start;
    while (at < end && isBlank(this.text[at]!)) at++;
    if (at === end) {
      if (this.line.is === 'start') this.line = { is: 'start', column: this.line.column + (end - start) };
      return;
    }
    const rest = this.text.slice(at, end);
    if (this.fresh && at === this.lineStart && /^---(?:[ \t\r]|$)/.test(rest)) {
      if (!this.standsAt(at, start)) this.unclear.push(Math.max(0, at - 1), at + 3);
      this.separators.push({ offset: at, conditional: this.blocks.length > 0 });
      this.pending = undefined;
      this.begun = false;
      this.line = { is: /^---[ \t\r]*$/.test(rest) ? 'separator' : 'content' };
    } else {
      // what else begins with dashes in the first column cuts a document in two for Helm
      if (this.fresh && at === this.lineStart && /^(?:---|\.\.\.)/.test(rest)) this.unclear.push(at);
      this.visible(at, start);
      this.line = CONTENT;
    }
    this.fresh = false;
  }

  /** Something is printed at `at`; the text that it belongs to begins at `start`. */
  private visible(at: number, start: number): void {
    if (this.fresh) {
      const column = at - this.lineStart;
      if (!this.standsAt(at, start)) this.unclear.push(at);
      if (this.text[at] === '#') return;
      if (this.pending && (this.pending.cuts || column > this.pending.column)) this.unclear.push(at);
      this.pending = undefined;
      this.begun = true;
    } else if (this.turned) this.unclear.push(at);
  }

  /** True when the first thing on a line of the template is also the first on its line of the output, as far right. */
  private standsAt(at: number, start: number): boolean {
    const printed = this.line.is === 'start' ? this.line.column + (at - start) : at - start;
    return (this.line.is === 'start' || this.line.is === 'separator') && printed === at - this.lineStart;
  }

  /** White space that is not printed still ends lines of the template. */
  private passLines(start: number, end: number): void {
    for (let at = start; at < end; at++) if (this.text[at] === '\n') this.nextLine(at + 1);
  }

  private nextLine(start: number): void {
    this.lineStart = start;
    this.fresh = true;
    this.turned = false;
  }

  /** What follows an action over several lines stands on the last of them. */
  private passAction({ start, end }: TextRange): void {
    const last = this.text.slice(start, end).lastIndexOf('\n');
    if (last >= 0) this.nextLine(start + last + 1);
  }

  private readAction(action: Action): void {
    if (action.kind === 'value') {
      this.print(action, action.newline, action.indent);
      return;
    }
    this.blank.push(action);
    if (action.kind !== 'silent') this.turn(action);
    this.passAction(action);
  }

  /** An action, or a block within a line, that prints something. */
  private print(range: TextRange, newline: boolean, indent: number | undefined): void {
    const first = this.fresh;
    const last = this.isBreak(range.end);
    if (this.turned || (!newline && !last && indent !== undefined)) this.unclear.push(range.start);
    if (!newline && !(first ? this.standsAt(range.start, range.start) : this.line.is !== 'separator')) {
      this.unclear.push(range.start);
    }
    if (indent !== undefined || (first && last)) this.insert(range.start, indent ?? 0);
    else if (first) this.visible(range.start, range.start);
    (first && last ? this.blank : this.inline).push(range);
    this.line = CONTENT;
    this.fresh = false;
    this.passAction(range);
  }

  /** Of two insertions in a row the one counts that may reach further to the left. */
  private insert(offset: number, column: number): void {
    this.insertions.push({ offset, column });
    this.pending = {
      offset,
      column: Math.min(column, this.pending?.column ?? column),
      cuts: (column === 0 && this.begun) || (this.pending?.cuts ?? false),
    };
  }

  /** True when nothing visible follows on the line of the template. */
  private isBreak(offset: number): boolean {
    let at = offset;
    while (at < this.text.length && isBlank(this.text[at]!)) at++;
    return at === this.text.length || this.text[at] === '\n';
  }

  /** @returns the index of the last token that was read */
  private openBlock(action: Action, index: number): number {
    const last = this.ends.get(index)!;
    const end = this.tokens[last] as Action;
    const whole = { start: action.start, end: end.end };
    if (action.kind === 'define') {
      this.blank.push(whole);
      this.passAction(whole);
      return last;
    }
    if (this.isWithinLine(whole)) {
      this.printBlock(whole, this.tokens.slice(index + 1, last));
      return last;
    }
    this.blank.push(action);
    this.turn(action, index);
    this.passAction(action);
    if (this.blocks.length === 1) this.conditional.push({ start: action.end, end: end.start });
    return index;
  }

  private isWithinLine({ start, end }: TextRange): boolean {
    if (this.nextBreak < start) {
      const found = this.text.indexOf('\n', start);
      this.nextBreak = found < 0 ? this.text.length : found;
    }
    return end <= this.nextBreak;
  }

  /** A block that begins and ends on one line. */
  private printBlock(whole: TextRange, body: readonly Token[]): void {
    const isEmpty = ({ content }: Text): boolean => content.start === content.end;
    const values = body.filter((token) => token.type === 'action' && token.kind === 'value') as Action[];
    const texts = body.filter((token) => token.type === 'text');
    if (values.length === 0 && texts.every(isEmpty)) {
      this.blank.push(whole);
      return;
    }
    const inserts = texts.every(isEmpty) && values.every(({ newline }) => newline);
    this.print(whole, inserts, inserts ? Math.min(...values.map(({ indent }) => indent ?? 0)) : undefined);
  }

  private turn(action: Action, index = 0): void {
    const top = this.blocks.at(-1);
    if (opens(action)) {
      const next = this.tokens[index + 1];
      const breaks = next?.type === 'text' && next.content.end > next.content.start && this.isBreak(next.content.start);
      const block = { action, entry: this.line, exits: [], complete: action.kind === 'block', breaks };
      this.blocks.push(block);
      if (action.kind === 'range') this.loops.push(block);
    } else if (action.kind === 'else' && top) {
      top.exits.push(this.line);
      top.complete ||= !action.conditional && top.action.kind !== 'range';
      this.line = top.entry;
    } else if (action.kind === 'end' && top) {
      this.blocks.pop();
      if (top.action.kind === 'range') this.loops.pop();
      // its second run begins where the first has ended
      if (top.action.kind === 'range' && !top.breaks && join([top.entry, ...top.exits, this.line]) !== top.entry) {
        this.unclear.push(top.action.end, action.start);
      }
      this.line = join([...top.exits, this.line, ...(top.complete ? [] : [top.entry])]);
    } else if (action.kind === 'leave') {
      this.loops.at(-1)?.exits.push(this.line);
    }
    this.turned = true;
  }
}

function join(lines: readonly Line[]): Line {
  const [first, ...others] = lines;
  const key = (line: Line): string => (line.is === 'start' ? `start ${line.column}` : line.is);
  return first && others.every((line) => key(line) === key(first)) ? first : OPEN;
}

function isBlank(letter: string): boolean {
  return letter === ' ' || letter === '\t' || letter === '\r';
}
