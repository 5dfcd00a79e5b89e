// The fixes for the problems that a range touches, one by one, all of a kind, or all of a file.
import { together } from '../rules/mend';
import type { Fix, Problem } from '../rules/rule';
import type { TextRange } from '../yaml/range';

export interface OfferedFix {
  readonly problem: Problem;
  readonly fix: Fix;
}

/** Every fix of every problem of `uri` that touches `range`; a fix that several problems share is offered once. */
export function fixesAt(problems: readonly Problem[], uri: string, range: TextRange): OfferedFix[] {
  const offered = new Map<string, OfferedFix>();
  for (const problem of problems) {
    if (problem.uri !== uri || problem.range.start > range.end || problem.range.end < range.start) continue;
    for (const fix of problem.fixes?.() ?? []) {
      const key = `${fix.title} ${JSON.stringify([...fix.edits])}`;
      if (!offered.has(key)) offered.set(key, { problem, fix });
    }
  }
  return [...offered.values()];
}

/**
 * For each rule with a preferred fix at `range`: the same for all of its problems in the file, and in the workspace,
 * where there are more.
 */
export function fixesOfAKind(problems: readonly Problem[], uri: string, range: TextRange): OfferedFix[] {
  const here = fixesAt(problems, uri, range).filter(({ fix }) => fix.preferred);
  const rules = new Map(here.map((offered) => [offered.problem.rule, offered.problem]));
  return [...rules].flatMap(([rule, problem]) => {
    const everywhere = problems.filter((each) => each.rule === rule);
    const inFile = everywhere.filter((each) => each.uri === uri);
    const offers = [
      inFile.length > 1 && together(`Fix all ${inFile.length} \`${rule}\` problems in this file`, inFile),
      everywhere.length > inFile.length &&
        together(`Fix all ${everywhere.length} \`${rule}\` problems in the workspace`, everywhere),
    ];
    return offers.flatMap((fix) => (fix ? [{ problem, fix }] : []));
  });
}

/** The preferred fixes of a file's errors and warnings that change nothing but this file, as one. */
export function fixAllOf(problems: readonly Problem[], uri: string): OfferedFix | undefined {
  const own = problems.filter(
    (problem) => problem.uri === uri && (problem.severity === 'error' || problem.severity === 'warning'),
  );
  const isHere = ({ edits }: Fix): boolean => [...edits.keys()].every((each) => each === uri);
  const fix = together('Fix all Mutual problems', own, isHere);
  return fix && { problem: own[0]!, fix };
}
