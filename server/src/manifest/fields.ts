// Reads the fields of an untrusted value as the API server would: a field of the wrong type is noted, never guessed at.
import type { Path } from '../yaml/range';
import type { FieldProblem, Labels } from './object';

type Expected = 'string' | 'number' | 'boolean' | 'object' | 'list';

/** One mapping of a manifest. Absent and `null` fields are the same, as they are to Kubernetes. */
export class Fields {
  private constructor(
    private readonly map: Readonly<Record<string, unknown>>,
    readonly path: Path,
    private readonly problems: FieldProblem[],
  ) {}

  /** Wraps `value` if it is a mapping; otherwise notes the problem and reads as empty. */
  static of(value: unknown, path: Path, problems: FieldProblem[]): Fields {
    if (isMapping(value)) return new Fields(value, path, problems);
    if (value !== undefined && value !== null) problems.push(wrongType(path, 'object', value));
    return new Fields({}, path, problems);
  }

  /** The raw value of a field; null reads as undefined. */
  raw(name: string): unknown {
    const value = Object.hasOwn(this.map, name) ? this.map[name] : undefined;
    return value === null ? undefined : value;
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  names(): string[] {
    return Object.keys(this.map);
  }

  string(name: string): string | undefined {
    return this.typed(name, 'string') as string | undefined;
  }

  /** An integer; Kubernetes also takes `8080.0`, but not `"8080"`. */
  integer(name: string): number | undefined {
    const value = this.typed(name, 'number') as number | undefined;
    if (value === undefined || Number.isSafeInteger(value)) return value;
    this.note(name, 'wrong-type', { expected: 'an integer', found: String(value) });
    return undefined;
  }

  boolean(name: string): boolean | undefined {
    return this.typed(name, 'boolean') as boolean | undefined;
  }

  /** A value out of `allowed`; anything else is noted, since the CRD's enum refuses it. */
  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.string(name);
    if (value === undefined) return undefined;
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) this.note(name, 'unknown-value', { found: value, allowed });
    return found;
  }

  /** A mapping, or undefined when absent; a present empty mapping stays distinguishable. */
  object(name: string): Fields | undefined {
    return this.typed(name, 'object') === undefined
      ? undefined
      : Fields.of(this.raw(name), this.at(name), this.problems);
  }

  /** A mapping that reads as empty when absent, such as `spec`. */
  section(name: string): Fields {
    return this.object(name) ?? new Fields({}, this.at(name), this.problems);
  }

  /** The items of a list of mappings. */
  objects(name: string): Fields[] {
    const list = (this.typed(name, 'list') as unknown[] | undefined) ?? [];
    return list.map((item, index) => Fields.of(item, [...this.path, name, index], this.problems));
  }

  strings(name: string): string[] {
    const list = (this.typed(name, 'list') as unknown[] | undefined) ?? [];
    const strings: string[] = [];
    list.forEach((item, index) => {
      if (typeof item === 'string') strings.push(item);
      else this.problems.push(wrongType([...this.path, name, index], 'string', item));
    });
    return strings;
  }

  /** A mapping of strings, such as labels. `true` or `8080` without quotes is no string, and the object is refused. */
  labels(name: string): Labels | undefined {
    const fields = this.object(name);
    if (!fields) return undefined;
    const labels: Record<string, string> = Object.create(null);
    for (const key of fields.names()) {
      const value = fields.string(key);
      if (value !== undefined) labels[key] = value;
    }
    return labels;
  }

  at(name: string): Path {
    return [...this.path, name];
  }

  note(
    name: string | undefined,
    code: string,
    data: FieldProblem['data'] = {},
    severity: FieldProblem['severity'] = 'error',
  ): void {
    this.problems.push({ severity, code, path: name === undefined ? this.path : this.at(name), data });
  }

  private typed(name: string, expected: Expected): unknown {
    const value = this.raw(name);
    if (value === undefined || typeName(value) === expected) return value;
    this.problems.push(wrongType(this.at(name), expected, value));
    return undefined;
  }
}

/** True for a mapping: an object that is no list. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeName(value: unknown): Expected | 'null' {
  if (Array.isArray(value)) return 'list';
  if (value === null) return 'null';
  return typeof value as Expected;
}

function wrongType(path: Path, expected: Expected, found: unknown): FieldProblem {
  const data = { expected, found: typeName(found), value: typeof found === 'object' ? '' : String(found) };
  return { severity: 'error', code: 'wrong-type', path, data };
}
