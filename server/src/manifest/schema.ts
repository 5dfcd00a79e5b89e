// Which fields a kind has, and of what type: what the API server looks at first. Fields that it does not know it drops.

import type { Path } from '../yaml/range';
import { isMapping } from './fields';
import type { FieldProblem } from './object';
import { BLOCKS, SPECS } from './schema-fields';

/** The type of a field. */
export type Schema =
  | { readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'any' }
  | { readonly type: 'enum'; readonly values: readonly string[] }
  | { readonly type: 'list' | 'map'; readonly of: Schema }
  | { readonly type: 'object'; readonly fields: ReadonlyMap<string, Schema> };

const known = new Map<string, Schema>();

/** The type of a kind's `spec`; undefined for kinds whose fields are not listed. */
export function specSchema(kind: string): Schema | undefined {
  const text = Object.hasOwn(SPECS, kind) ? SPECS[kind] : undefined;
  return text === undefined ? undefined : named(`spec ${kind}`, text);
}

function named(key: string, text: string): Schema {
  let found = known.get(key);
  if (!found) {
    found = parse(text);
    known.set(key, found);
  }
  return found;
}

/**
 * Reads the notation: fields apart by blanks, each a name with the sign of its type behind it. No sign is a string,
 * `#` a whole number, `%` any number, `?` a boolean, `~` anything, `=A|B` one of some words, `[]` a list, `*` a mapping of any names, `{…}` a
 * mapping of these fields, `@Name` a block of that name.
 */
function parse(text: string): Schema {
  const tokens = text.match(/[A-Za-z0-9_]+|[#%?~*@{}]|\[\]|=[A-Za-z0-9_|]+/g) ?? [];
  let at = 0;
  const type = (): Schema => {
    const sign = tokens[at];
    if (sign === undefined) return { type: 'string' };
    if (sign.startsWith('=')) {
      at++;
      return { type: 'enum', values: sign.slice(1).split('|') };
    }
    switch (sign) {
      case '#':
      case '%':
      case '?':
      case '~':
        at++;
        return { type: ({ '#': 'integer', '%': 'number', '?': 'boolean', '~': 'any' } as const)[sign] };
      case '[]':
      case '*':
        at++;
        return { type: sign === '*' ? 'map' : 'list', of: type() };
      case '@': {
        const name = tokens[at + 1]!;
        at += 2;
        return named(name, BLOCKS[name]!);
      }
      case '{':
        at++;
        return fields();
      default:
        return { type: 'string' };
    }
  };
  const fields = (): Schema => {
    const found = new Map<string, Schema>();
    while (at < tokens.length && tokens[at] !== '}') found.set(tokens[at++]!, type());
    at++;
    return { type: 'object', fields: found };
  };
  return fields();
}

/** What 32 bits hold, with or without a sign. */
const LEAST = -(2 ** 31);
const MOST = 2 ** 32 - 1;

/**
 * Notes fields that a kind does not have, which are dropped, and values of the wrong type, which are refused, unless
 * something about them has been noted already.
 */
export function checkFields(value: unknown, schema: Schema, path: Path, problems: FieldProblem[]): void {
  const noted = new Set(problems.map((problem) => JSON.stringify(problem.path)));
  const note = (at: Path, code: string, data: FieldProblem['data'], severity: FieldProblem['severity']): void => {
    if (!noted.has(JSON.stringify(at))) problems.push({ severity, code, path: at, data });
  };
  const wrong = (at: Path, expected: string, found: unknown): void => {
    const name = Array.isArray(found) ? 'list' : typeof found;
    note(at, 'wrong-type', { expected, found: name, value: typeof found === 'object' ? '' : String(found) }, 'error');
  };
  const visit = (found: unknown, type: Schema, at: Path): void => {
    // null and nothing are the same to Kubernetes
    if (found === undefined || found === null || type.type === 'any') return;
    switch (type.type) {
      case 'integer':
        if (typeof found !== 'number') wrong(at, 'number', found);
        else if (!Number.isInteger(found)) wrong(at, 'an integer', found);
        else if (found > MOST || found < LEAST)
          note(at, 'number-out-of-range', { found: String(found), min: LEAST, max: MOST }, 'error');
        return;
      case 'string':
      case 'number':
      case 'boolean':
        if (typeof found !== type.type) wrong(at, type.type, found);
        return;
      case 'enum':
        if (typeof found !== 'string') wrong(at, 'string', found);
        else if (!type.values.includes(found)) note(at, 'unknown-value', { found, allowed: type.values }, 'error');
        return;
      case 'list':
        if (!Array.isArray(found)) wrong(at, 'list', found);
        else for (const [index, item] of found.entries()) visit(item, type.of, [...at, index]);
        return;
    }
    if (!isMapping(found)) {
      wrong(at, 'object', found);
      return;
    }
    for (const [name, child] of Object.entries(found)) {
      const next = type.type === 'object' ? type.fields.get(name) : 'of' in type ? type.of : undefined;
      if (next) visit(child, next, [...at, name]);
      else if (type.type === 'object')
        note([...at, name], 'unknown-field', unknownData(name, type.fields, schema), 'warning');
    }
  };
  visit(value, schema, path);
}

/** The names that would do here, and the places where the name itself would. */
function unknownData(name: string, here: ReadonlyMap<string, Schema>, root: Schema): FieldProblem['data'] {
  return { found: name, known: [...here.keys()], elsewhere: placesOf(name, root, 'spec', 4) };
}

function placesOf(name: string, schema: Schema, at: string, depth: number): string[] {
  if (depth === 0) return [];
  if (schema.type === 'list' || schema.type === 'map') {
    return placesOf(name, schema.of, schema.type === 'list' ? `${at}[]` : `${at}.*`, depth);
  }
  if (schema.type !== 'object') return [];
  return [...schema.fields].flatMap(([field, child]) => [
    ...(field === name ? [`${at}.${field}`] : []),
    ...placesOf(name, child, `${at}.${field}`, depth - 1),
  ]);
}
