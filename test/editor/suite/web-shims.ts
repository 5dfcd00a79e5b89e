// Stands in for `node:assert/strict`, `node:util` and `node:module` when the suite runs in a web worker, where there is no Node:
// the few functions that the tests which also run there (*.web.test.ts) use.

export function ok(value: unknown, message = 'expected a value'): asserts value {
  if (!value) throw new Error(`${message}, got ${show(value)}`);
}

export function equal(actual: unknown, expected: unknown, message = 'not equal'): void {
  if (!Object.is(actual, expected)) throw new Error(`${message}: ${show(actual)}, expected ${show(expected)}`);
}

export function notEqual(actual: unknown, unexpected: unknown, message = 'expected something else'): void {
  if (Object.is(actual, unexpected)) throw new Error(`${message} than ${show(actual)}`);
}

export function deepEqual(actual: unknown, expected: unknown, message = 'not equal'): void {
  equal(show(actual), show(expected), message);
}

export function match(text: string, pattern: RegExp, message = 'no match'): void {
  if (!pattern.test(text)) throw new Error(`${message}: ${show(text)}, expected ${pattern}`);
}

/** `%s` and `%d` in turn, then what is left: as much of it as Mocha's reporter needs. */
export function format(template: unknown = '', ...values: unknown[]): string {
  const text = String(template).replaceAll(/%[sd]/g, (place) => (values.length > 0 ? String(values.shift()) : place));
  return [text, ...values.map(String)].join(' ');
}

/** The web worker has no source maps of files. */
export function findSourceMap(): undefined {}

function show(value: unknown): string {
  return JSON.stringify(value, null, 1) ?? String(value);
}
