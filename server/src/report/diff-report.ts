// What every form of a diff is made of: the comparison, places in both states, and names for people.
import type { Snapshot } from '../workspace/workspace';
import { type Diagnostic, makeReport } from './diagnostics';
import { isProblem } from './diagnostics-text';
import type { WorkspaceDiff } from './diff';
import { type Locators, summaryWords, type Totals, totalsOf } from './diff-blocks';
import { locator } from './location';

export interface DiffReport {
  /** What was compared, such as `main`. */
  readonly base: string;
  readonly head: string;
  readonly diff: WorkspaceDiff;
  readonly locators: Locators;
  readonly appeared: readonly Diagnostic[];
  readonly gone: readonly Diagnostic[];
  readonly totals: Totals;
  /** The name to print for a mesh. */
  readonly nameOf: (mesh: string) => string;
  /** Undefined where nothing differs. */
  readonly summary: string | undefined;
}

export interface DiffNames {
  readonly base: string;
  readonly head: string;
  readonly fileOf: (uri: string) => string;
  readonly nameOf: (mesh: string) => string;
}

/** Puts a comparison into the form that reports print. */
export function makeDiffReport(
  diff: WorkspaceDiff,
  before: Snapshot,
  after: Snapshot,
  { base, head, fileOf, nameOf }: DiffNames,
): DiffReport {
  const appeared = makeReport(diff.problems.appeared, after, fileOf, nameOf).diagnostics;
  const gone = makeReport(diff.problems.gone, before, fileOf, nameOf).diagnostics;
  const totals = totalsOf(diff.meshes.flatMap(({ changes }) => changes ?? []));
  const meshes = diff.meshes.filter(({ status }) => status !== 'compared');
  const words = summaryWords(totals, severe(appeared), severe(gone));
  const hints = appeared.length + gone.length - severe(appeared) - severe(gone);
  const others = [
    ...(meshes.length > 0 ? [`${meshes.length} ${meshes.length === 1 ? 'mesh' : 'meshes'} added or removed`] : []),
    ...(!words && hints > 0 ? [`${hints} for information`] : []),
  ];
  const summary = [...(words ? [words] : []), ...others].join(', ') || undefined;
  return {
    ...{ base, head, diff, appeared, gone, totals, nameOf, summary },
    locators: { before: locator(before, fileOf), after: locator(after, fileOf) },
  };
}

function severe(diagnostics: readonly Diagnostic[]): number {
  return diagnostics.filter(({ severity }) => isProblem(severity)).length;
}
