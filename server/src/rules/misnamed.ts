// Fields that a kind does not have and the names that were meant, with what an object is refused for only because of them.
import type { FieldProblem } from '../manifest/object';
import { type KnownObject, readValue } from '../manifest/read';
import { nearMisses } from '../words/suggestions';
import { valueAt } from '../yaml/edit';
import type { Path } from '../yaml/range';

/** An unknown field, and what is no longer refused when it has the name that was meant. */
export interface Misnamed {
  readonly unknown: FieldProblem;
  readonly meant: string;
  readonly refused: readonly FieldProblem[];
}

/** In one object; each costs reading it again. */
const MOST = 20;

const known = new WeakMap<KnownObject, readonly Misnamed[]>();

/** The misspelt fields for which an object is refused: found by reading it with each of them renamed. */
export function misnamedIn(object: KnownObject): readonly Misnamed[] {
  const before = known.get(object);
  if (before) return before;
  const errors = object.problems.filter(({ severity, code }) => severity === 'error' && code !== 'unknown-field');
  const unknown = object.problems.filter(({ code }) => code === 'unknown-field').slice(0, MOST);
  const found = errors.length === 0 ? [] : unknown.flatMap((each) => judge(object, each, errors));
  known.set(object, found);
  return found;
}

function judge(object: KnownObject, unknown: FieldProblem, errors: readonly FieldProblem[]): Misnamed[] {
  const meant = suggestedName(unknown);
  const { document, prefix } = object.source;
  const value = meant === undefined ? undefined : renamed(valueAt(document.value, prefix), unknown.path, meant);
  const corrected = value === undefined ? undefined : readValue(value, object.source);
  if (meant === undefined || !corrected) return [];
  const left = new Set(corrected.problems.map(keyOf));
  const refused = errors.filter((error) => !left.has(keyOf(error)));
  return refused.length > 0 ? [{ unknown, meant, refused }] : [];
}

function keyOf({ code, path }: FieldProblem): string {
  return `${code} ${JSON.stringify(path)}`;
}

/** The value with one key renamed; undefined where the new name is taken. */
function renamed(value: unknown, path: Path, name: string): unknown {
  const [step, ...rest] = path;
  if (typeof value !== 'object' || value === null || step === undefined) return undefined;
  if (rest.length === 0) {
    if (Array.isArray(value) || Object.hasOwn(value, name)) return undefined;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key === step ? name : key, each]));
  }
  const inner = renamed((value as Record<string | number, unknown>)[step], rest, name);
  if (inner === undefined) return undefined;
  if (Array.isArray(value)) return value.map((each, index) => (index === step ? inner : each));
  return { ...value, [step]: inner };
}

/** The field that was meant: written in another way, or misspelt. */
export function suggestedName({ data }: FieldProblem): string | undefined {
  const name = String(data.found);
  const fields = data.known as readonly string[];
  const bare = (text: string): string => text.replaceAll(/[_-]/g, '').toLowerCase();
  const alike = fields.find(
    (each) => bare(each) === bare(name) || bare(each) === `${bare(name)}s` || `${bare(each)}s` === bare(name),
  );
  const longer = fields.filter((each) => bare(name).length >= 6 && bare(each).endsWith(bare(name)));
  return alike ?? nearMisses(name, fields)[0] ?? (longer.length === 1 ? longer[0] : undefined);
}
