// How text is set off on a terminal. Reports take a style, so that none of them knows whether there is a terminal.

/** Wraps a text; the plain style gives it back as it is. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const same = (text: string): string => text;

/** No escape sequences at all. */
export const PLAIN: Style = { bold: same, dim: same, red: same, yellow: same, green: same, cyan: same };

const ansi =
  (on: number, off: number) =>
  (text: string): string =>
    text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`;

/** The sixteen colours that every terminal has, so that the user's own palette holds. */
export const ANSI: Style = {
  bold: ansi(1, 22),
  dim: ansi(2, 22),
  red: ansi(31, 39),
  yellow: ansi(33, 39),
  green: ansi(32, 39),
  cyan: ansi(36, 39),
};

/** Sentences mark code with backticks; a terminal shows it in colour, or as it is written without the marks. */
export function setCode(text: string, style: Style): string {
  return text.replace(/`([^`]*)`/g, (_, code: string) => (style === PLAIN ? code : style.cyan(code)));
}

/** A text cut in the middle to at most `width` characters. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  const head = Math.ceil((width - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`;
}
