// Regular expressions that users write: Go's and Envoy's (RE2), whose matching takes time in proportion to the text.
// JavaScript's own may take forever, and a manifest must not be able to ask for that.
import { RE2JS } from 're2js';

export interface Pattern {
  test(text: string): boolean;
}

/** An expression that has to fit the whole text. Throws for what is none. */
export function wholePattern(expression: string): Pattern {
  if (isTame(expression)) return new RegExp(`^(?:${expression})$`);
  const compiled = RE2JS.compile(expression);
  return { test: (text) => compiled.matches(text) };
}

/** An expression that may fit anywhere in the text. Throws for what is none. */
export function partPattern(expression: string): Pattern {
  if (isTame(expression)) return new RegExp(expression);
  const compiled = RE2JS.compile(expression);
  return { test: (text) => compiled.matcher(text).find() };
}

/** An expression for the text itself. */
export function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** True where both kinds mean the same and JavaScript's, which is faster, cannot take long. */
function isTame(expression: string): boolean {
  if (!/^[\w\s./:@,|()*+?{}-]*$/.test(expression) || /\(\?|[)}][*+{]/.test(expression)) return false;
  return (expression.match(/[*+{]/g)?.length ?? 0) <= 3;
}

/** As many copies as counted repetitions may ask for: compiling more takes long. */
const MOST_COPIES = 10_000;

/**
 * False for what RE2 does not take: lookaround, backreferences, repetitions of repetitions. What would take long to tell
 * counts as taken.
 */
export function isExpression(expression: string): boolean {
  const counts = expression.matchAll(/\{(\d+)(?:,(\d*))?\}/g);
  const copies = [...counts].reduce((product, [, from, to]) => product * Math.max(1, Number(to || from)), 1);
  if (copies > MOST_COPIES) return true;
  try {
    RE2JS.compile(expression);
    return true;
  } catch {
    // what it throws says only that it is none
    return false;
  }
}
