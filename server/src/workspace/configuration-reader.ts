// Reads a YAML file by a table of its fields, and says at its place what is wrong: unknown keys, wrong types and values.
import { pathText } from '../words/names';
import { nearMisses } from '../words/suggestions';
import { parseDocuments, type YamlDocument } from '../yaml/document';
import type { Path, TextRange } from '../yaml/range';
import { type ConfigurationField, type ConfigurationFields, SEVERITY_NAMES } from './configuration-fields';

export interface ConfigurationProblem {
  readonly range: TextRange;
  /** What is wrong and what to write instead; code in backticks. */
  readonly message: string;
}

export class ConfigurationReader {
  private readonly found: ConfigurationProblem[] = [];
  private readonly document: YamlDocument | undefined;

  constructor(
    private readonly text: string,
    private readonly name: string,
    private readonly ruleIds: readonly string[],
  ) {
    const [first, ...others] = parseDocuments(text).filter(
      ({ value, problems }) => value != null || problems.length > 0,
    );
    this.document = first;
    for (const { message, severity, range } of first?.problems ?? []) {
      const consequence = severity === 'error' ? ` Until that is mended, nothing in ${name} counts.` : '';
      this.found.push({ range, message: `${sentence(message)}${consequence}` });
    }
    for (const { range } of others)
      this.found.push({ range, message: `${name} is one document; what follows \`---\` does not count.` });
  }

  get problems(): readonly ConfigurationProblem[] {
    return [...this.found].sort((a, b) => a.range.start - b.range.start);
  }

  /** Notes a problem at a path; a missing field at its nearest parent. */
  note(path: Path, part: 'key' | 'value', message: string): void {
    this.found.push({ range: this.document?.rangeOf(path, part) ?? { start: 0, end: 0 }, message });
  }

  /** The fields at a path, each of its type; those that are wrong are noted and left out. */
  fields(table: ConfigurationFields, path: Path): Readonly<Record<string, unknown>> {
    const value = this.at(path);
    if (value === undefined || value === null) return {};
    if (!isRecord(value)) {
      this.note(path, 'value', `${this.title(path)} holds fields: ${listed(Object.keys(table))}.`);
      return {};
    }
    const result: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const field = Object.hasOwn(table, key) ? table[key] : undefined;
      if (!field) this.note([...path, key], 'key', this.unknownField(key, path, Object.keys(table)));
      else {
        const read = this.field(field, [...path, key]);
        if (read !== undefined) result[key] = read;
      }
    }
    return result;
  }

  private field(field: ConfigurationField, path: Path): unknown {
    const value = this.at(path);
    // a key with nothing behind it, as people leave it while they write
    if (value === null || value === undefined) return undefined;
    switch (field.type) {
      case 'text': {
        const text = this.scalar(path);
        const wrong = text === undefined ? `${code(path)} is one text.` : field.check?.(text);
        if (wrong === undefined) return text;
        this.note(path, 'value', text === undefined ? wrong : `"${text}" is no value of ${code(path)}. ${wrong}`);
        return undefined;
      }
      case 'one-of':
        return this.oneOf(path, field.values);
      case 'boolean':
        if (typeof value === 'boolean') return value;
        this.note(path, 'value', `${code(path)} is \`true\` or \`false\`.`);
        return undefined;
      case 'texts':
        return this.texts(path, value);
      case 'severities':
        return this.severities(path, value);
      case 'fields':
        return this.fields(field.fields, path);
      case 'list':
        return this.list(field.fields, field.required, path, value);
    }
  }

  private texts(path: Path, value: unknown): string[] | undefined {
    if (!Array.isArray(value)) {
      const one = this.scalar(path);
      this.note(path, 'value', `${code(path)} is a list${one === undefined ? '' : `: write \`[${one}]\``}.`);
      return undefined;
    }
    return value.flatMap((_, index) => {
      const text = this.scalar([...path, index]);
      if (text !== undefined && text.trim() !== '') return [text.trim()];
      this.note([...path, index], 'value', `${code(path)} is a list of texts.`);
      return [];
    });
  }

  private severities(path: Path, value: unknown): Record<string, string> {
    if (!isRecord(value)) {
      this.note(
        path,
        'value',
        `${code(path)} holds rules with their severities, such as \`permissive-left-on: error\`.`,
      );
      return {};
    }
    const result: Record<string, string> = {};
    for (const rule of Object.keys(value)) {
      if (!this.ruleIds.includes(rule)) {
        const near = nearMisses(rule, this.ruleIds);
        this.note([...path, rule], 'key', `There is no rule "${rule}".${didYouMean(near)}`);
        continue;
      }
      const severity = this.oneOf([...path, rule], SEVERITY_NAMES);
      if (severity !== undefined) result[rule] = severity;
    }
    return result;
  }

  private list(
    table: ConfigurationFields,
    required: readonly string[],
    path: Path,
    value: unknown,
  ): unknown[] | undefined {
    if (!Array.isArray(value)) {
      this.note(path, 'value', `${code(path)} is a list; begin each of its entries with \`-\`.`);
      return undefined;
    }
    return value.flatMap((_, index) => {
      const at = [...path, index];
      const before = this.found.length;
      const entry = this.fields(table, at);
      const missing = required.filter((name) => entry[name] === undefined);
      if (missing.length === 0) return [entry];
      // what is there and wrong has been told
      if (this.found.length === before)
        this.note(at, 'value', `${code(at)} lacks ${listed(missing)}, so it does not count.`);
      return [];
    });
  }

  private oneOf(path: Path, values: readonly string[]): string | undefined {
    const value = this.at(path);
    // to Kubernetes' YAML, `yes` and `on` are the same
    if (typeof value === 'boolean' && values.includes('on')) return value ? 'on' : 'off';
    const text = this.scalar(path);
    const found = values.find((each) => each === text);
    if (found === undefined) {
      const near = typeof value === 'string' ? nearMisses(value.toLowerCase(), values) : [];
      const start = String(text).toLowerCase();
      const same = values.filter((each) => each === start || (start.length > 2 && each.startsWith(start)));
      const what = text === undefined ? `${code(path)} takes one value.` : `"${text}" is no value of ${code(path)}.`;
      this.note(path, 'value', `${what}${didYouMean([...same, ...near]) || ` Write one of ${listed(values)}.`}`);
    }
    return found;
  }

  /** A scalar as it is written: `off` and `1.30` would be a boolean and a number otherwise. */
  private scalar(path: Path): string | undefined {
    const value = this.at(path);
    if (typeof value === 'string') return value;
    if (value === null || value === undefined || typeof value === 'object') return undefined;
    const range = this.document?.rangeOf(path);
    return range && this.text.slice(range.start, range.end).trim();
  }

  private at(path: Path): unknown {
    let value: unknown = this.document?.value;
    for (const step of path) {
      if (typeof value !== 'object' || value === null) return undefined;
      value = (value as Record<string | number, unknown>)[step];
    }
    return value;
  }

  private unknownField(key: string, path: Path, known: readonly string[]): string {
    const owner = path.length === 0 ? this.name : code(path);
    const near = nearMisses(key, known);
    const same = known.filter((each) => each.toLowerCase() === key.toLowerCase());
    const remedy = didYouMean([...new Set([...same, ...near])]) || ` It has ${listed(known)}.`;
    return `"${key}" is no field of ${owner}.${remedy}`;
  }

  private title(path: Path): string {
    return path.length === 0 ? this.name : code(path);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function code(path: Path): string {
  return `\`${pathText(path)}\``;
}

function listed(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  const last = quoted.pop();
  return quoted.length === 0 ? (last ?? '') : `${quoted.join(', ')} and ${last}`;
}

function didYouMean(near: readonly string[]): string {
  return near.length === 0
    ? ''
    : ` Did you mean ${near
        .slice(0, 2)
        .map((each) => `\`${each}\``)
        .join(' or ')}?`;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
