// A baseline: problems that a repository has when Mutual is adopted, and that are not to be shown again. A problem is
// known by its rule, its object and the text of its line, so that lines may move and counts in messages may change.

import { sha256 } from '../kustomize/sha256';
import type { Problem } from '../rules/rule';
import { objectName } from '../words/names';
import type { Snapshot } from '../workspace/workspace';

export interface BaselineEntry {
  readonly rule: string;
  readonly file: string;
  /** The object that holds it, as messages name it; empty where there is none. */
  readonly object: string;
  /** The text of its line without white space around it. */
  readonly line: string;
  /** How many problems are alike in all that. */
  readonly count: number;
}

export interface Baseline {
  readonly version: 1;
  readonly problems: readonly BaselineEntry[];
}

type Identity = Omit<BaselineEntry, 'count'>;

function identityOf({ rule, uri, range }: Problem, snapshot: Snapshot, fileOf: (uri: string) => string): Identity {
  const file = snapshot.files.get(uri);
  const text = file?.text ?? '';
  const holder = file?.objects
    .filter(({ source: { document, prefix } }) => {
      const whole = (prefix.length > 0 && document.rangeOf(prefix)) || document.range;
      return whole.start <= range.start && range.start <= whole.end;
    })
    .at(-1);
  const start = text.lastIndexOf('\n', range.start - 1) + 1;
  const end = text.indexOf('\n', range.start);
  const line = text.slice(start, end < 0 ? text.length : end).trim();
  return { rule, file: fileOf(uri), object: holder ? objectName(holder) : '', line };
}

function keyOf({ rule, file, object, line }: Identity): string {
  return JSON.stringify([rule, file, object, line]);
}

/**
 * A name for each problem, unique among them, that stays when lines move: what a baseline knows it by, and its place
 * among those that are alike in that. 32 hexadecimal digits.
 */
export function fingerprints(
  problems: readonly Problem[],
  snapshot: Snapshot,
  fileOf: (uri: string) => string,
): ReadonlyMap<Problem, string> {
  const alike = new Map<string, number>();
  return new Map(
    problems.map((problem) => {
      const key = keyOf(identityOf(problem, snapshot, fileOf));
      const index = alike.get(key) ?? 0;
      alike.set(key, index + 1);
      return [problem, sha256(`${key} ${index}`).slice(0, 32)];
    }),
  );
}

/** The baseline of these problems, in an order that does not change when others are added. */
export function makeBaseline(
  problems: readonly Problem[],
  snapshot: Snapshot,
  fileOf: (uri: string) => string,
): Baseline {
  const entries = new Map<string, BaselineEntry>();
  for (const problem of problems) {
    const identity = identityOf(problem, snapshot, fileOf);
    const key = keyOf(identity);
    entries.set(key, { ...identity, count: (entries.get(key)?.count ?? 0) + 1 });
  }
  const ordered = [...entries.values()].sort((a, b) => {
    const [x, y] = [keyOf({ ...a, rule: `${a.file} ${a.rule}` }), keyOf({ ...b, rule: `${b.file} ${b.rule}` })];
    return x < y ? -1 : x > y ? 1 : 0;
  });
  return { version: 1, problems: ordered };
}

/** Parts the problems that a baseline does not know from those that it does. */
export function splitByBaseline(
  problems: readonly Problem[],
  baseline: Baseline,
  snapshot: Snapshot,
  fileOf: (uri: string) => string,
): { readonly left: Problem[]; readonly known: Problem[] } {
  const expected = new Map(baseline.problems.map((entry) => [keyOf(entry), entry.count]));
  const left: Problem[] = [];
  const known: Problem[] = [];
  for (const problem of problems) {
    const key = keyOf(identityOf(problem, snapshot, fileOf));
    const count = expected.get(key) ?? 0;
    if (count > 0) expected.set(key, count - 1);
    (count > 0 ? known : left).push(problem);
  }
  return { left, known };
}

/** Reads a baseline; undefined for what is none. */
export function parseBaseline(text: string): Baseline | undefined {
  try {
    const value = JSON.parse(text) as Partial<Baseline> | null;
    const isEntry = (entry: unknown): boolean => {
      const { rule, file, object, line, count } = (entry ?? {}) as Partial<BaselineEntry>;
      return [rule, file, object, line].every((each) => typeof each === 'string') && typeof count === 'number';
    };
    return value?.version === 1 && Array.isArray(value.problems) && value.problems.every(isEntry)
      ? (value as Baseline)
      : undefined;
  } catch {
    return undefined;
  }
}
