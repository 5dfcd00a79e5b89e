// Durations, percentages and the like, as Istio's webhook takes them.
import type { Fields } from '../fields';

const UNITS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 36e5 };

/** A duration in Go's words, of whole milliseconds and at least one. */
export function isDuration(text: string): boolean {
  const milliseconds = durationOf(text) ?? 0;
  return milliseconds >= 1 && Math.abs(milliseconds - Math.round(milliseconds)) < 1e-9;
}

/** Go counts nanoseconds in 63 bits. */
const MOST_MILLISECONDS = 2 ** 63 / 1e6;

/** The milliseconds of a duration in Go's words, such as `1h30m`; undefined for other text. */
export function durationOf(text: string): number | undefined {
  if (!/^\+?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/.test(text)) return undefined;
  let milliseconds = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)([a-zµ]+)/g)) milliseconds += Number(amount) * UNITS[unit!]!;
  return milliseconds <= MOST_MILLISECONDS ? milliseconds : undefined;
}

/** Notes fields that are no durations. */
export function checkDurations(fields: Fields | undefined, ...names: readonly string[]): void {
  for (const name of names) {
    const found = fields?.raw(name);
    if (typeof found === 'string' && !isDuration(found)) fields!.note(name, 'duration-invalid', { found });
  }
}

/** Notes numbers outside of a range. */
export function checkRange(fields: Fields | undefined, min: number, max: number, ...names: readonly string[]): void {
  for (const name of names) {
    const found = fields?.raw(name);
    if (typeof found === 'number' && (found < min || found > max)) {
      const code = max === Number.MAX_SAFE_INTEGER ? 'number-negative' : 'number-out-of-range';
      fields!.note(name, code, { found: String(found), min, max });
    }
  }
}

/** Notes numbers below zero. */
export function checkNotNegative(fields: Fields | undefined, ...names: readonly string[]): void {
  checkRange(fields, 0, Number.MAX_SAFE_INTEGER, ...names);
}

/** A path of a unix socket: absolute or abstract, and no folder (pkg/config/validation/agent:ValidateUnixAddress). */
export function isUnixPath(address: string): boolean {
  const path = address.replace(/^unix:\/\//, '');
  return path.startsWith('@') || (path.startsWith('/') && !path.endsWith('/'));
}
