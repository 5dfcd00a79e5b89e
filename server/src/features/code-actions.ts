// The fixes for the problems that a range touches.
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
