// Applies the preferred fixes of problems to texts, again and again until none is left.
import { reading } from '../incremental/cells';
import type { Snapshot } from '../workspace/workspace';
import { applyEdits, type TextEdit } from '../yaml/edit';
import type { TextRange } from '../yaml/range';
import type { Fix, Problem } from './rule';

/** One fix that was applied. */
export interface Mended {
  readonly rule: string;
  readonly title: string;
  readonly uri: string;
  /** Where the problem began, in the text as it was then. */
  readonly offset: number;
  /** The lines of that text. */
  readonly lines: readonly number[];
}

export interface MendResult {
  /** The new texts, of the files that have changed. */
  readonly files: ReadonlyMap<string, string>;
  readonly mended: readonly Mended[];
  /** What is left of the problems that were to be mended. */
  readonly left: readonly Problem[];
}

/** What the caller does: a snapshot with other texts, and the problems of one that are to be mended. */
export interface Mending {
  snapshot(files: ReadonlyMap<string, string>): Snapshot;
  problems(snapshot: Snapshot): readonly Problem[];
}

/** Enough for anything that people write; what goes on for longer goes round in circles. */
const MOST_ROUNDS = 200;

/**
 * Each round applies the fixes of one rule, since one mended mistake may mend another. A fix that has been applied
 * is not applied again, so that this ends.
 */
export function mend({ snapshot, problems }: Mending): MendResult {
  const files = new Map<string, string>();
  const mended: Mended[] = [];
  const done = new Set<string>();
  let now = snapshot(files);
  let left = problems(now);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    // in one reading, so that what a rule finds is not asked again for each of its fixes
    const chosen = reading(() => choose(left, done));
    if (chosen.length === 0) break;
    for (const { problem, fix } of chosen) {
      done.add(keyOf(problem, fix));
      const { lines } = now.files.get(problem.uri)!;
      mended.push({ rule: problem.rule, title: fix.title, uri: problem.uri, offset: problem.range.start, lines });
    }
    for (const [uri, edits] of editsOf(chosen.map(({ fix }) => fix)))
      files.set(uri, applyEdits(now.files.get(uri)?.text ?? '', edits));
    now = snapshot(files);
    left = problems(now);
  }
  return { files, mended, left };
}

/**
 * The preferred fixes of several problems as one, as far as they are wanted; those that touch what an earlier one changes are left out, since
 * their turn comes when they are asked for again. Undefined where none has a preferred fix.
 */
export function together(
  title: string,
  problems: readonly Problem[],
  isWanted: (fix: Fix) => boolean = () => true,
): Fix | undefined {
  const fixes: Fix[] = [];
  const taken: Taken = new Map();
  reading(() => {
    for (const problem of problems) {
      const fix = problem.fixes?.().find(({ preferred }) => preferred);
      if (fix && isWanted(fix) && take(taken, fix)) fixes.push(fix);
    }
  });
  return fixes.length > 0 ? { title, edits: editsOf(fixes) } : undefined;
}

interface Choice {
  readonly problem: Problem;
  readonly fix: Fix;
}

/** The preferred fixes of the first rule that has any, without those that touch what another changes. */
function choose(problems: readonly Problem[], done: ReadonlySet<string>): Choice[] {
  const chosen: Choice[] = [];
  const taken: Taken = new Map();
  for (const problem of problems) {
    if (chosen.length > 0 && problem.rule !== chosen[0]!.problem.rule) continue;
    const fix = problem.fixes?.().find(({ preferred }) => preferred);
    if (!fix || done.has(keyOf(problem, fix))) continue;
    if (take(taken, fix)) chosen.push({ problem, fix });
  }
  return chosen;
}

function keyOf({ rule, uri, message }: Problem, { title }: Fix): string {
  return `${rule}\n${uri}\n${message}\n${title}`;
}

function editsOf(fixes: readonly Fix[]): Map<string, TextEdit[]> {
  const edits = new Map<string, TextEdit[]>();
  for (const fix of fixes) for (const [uri, list] of fix.edits) listFor(edits, uri).push(...list);
  return edits;
}

/** What fixes change already, by file. */
type Taken = Map<string, TextRange[]>;

/** Adds what a fix changes. @returns false where an earlier one touches it: then nothing is added */
function take(taken: Taken, { edits }: Fix): boolean {
  for (const [uri, list] of edits) {
    const ranges = taken.get(uri) ?? [];
    if (list.some(({ range }) => ranges.some((other) => range.start <= other.end && other.start <= range.end)))
      return false;
  }
  for (const [uri, list] of edits) listFor(taken, uri).push(...list.map(({ range }) => range));
  return true;
}

function listFor<T>(lists: Map<string, T[]>, key: string): T[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
