// A template as YAML of the same length: actions become placeholders and white space, everything else stays in its place.
import type { TextRange } from '../yaml/range';
import { type Flow, followTemplate } from './flow';

/** Stands for text that only rendering gives. A private-use character, which nobody writes into a manifest. */
export const UNKNOWN = '\uE000';

export interface MaskedTemplate {
  /** As long as the template, with its lines. */
  readonly text: string;
  readonly flow: Flow;
  /** All actions and blocks that were masked, in order. */
  readonly masked: readonly TextRange[];
}

/**
 * Masks the actions of a template. Never throws.
 * @returns undefined where the text is no template of Go's that could be rendered
 */
export function maskTemplate(text: string): MaskedTemplate | undefined {
  const flow = followTemplate(text);
  if (!flow) return undefined;
  const inline = new Set(flow.inline);
  const masked = [...flow.inline, ...flow.blank].sort((a, b) => a.start - b.start);
  const parts: string[] = [];
  let at = 0;
  for (const range of masked) {
    parts.push(text.slice(at, range.start), cover(text.slice(range.start, range.end), inline.has(range)));
    at = range.end;
  }
  parts.push(text.slice(at));
  return { text: parts.join(''), flow, masked };
}

/** Placeholders up to the first line break, for what is printed; white space for the rest. */
function cover(text: string, printed: boolean): string {
  const first = printed ? (/[\r\n]/.exec(text)?.index ?? text.length) : 0;
  return UNKNOWN.repeat(first) + text.slice(first).replace(/[^\r\n]/g, ' ');
}
