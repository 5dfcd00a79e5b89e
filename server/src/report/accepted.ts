// What comments and annotations keep silent: found by checking the same manifests without them. For reports that list
// accepted problems; others never pay for it.
import type { Assumptions } from '../mesh/settings';
import { ALL_RULES, checkSnapshot, type RuleErrorHandler } from '../rules/index';
import type { Problem, RuleOptions } from '../rules/rule';
import { type Acceptance, acceptanceOf, suppressionUnused, withoutAcceptances } from '../rules/suppression';
import { type Snapshot, Workspace } from '../workspace/workspace';

/** Every accepted problem of a snapshot, with what accepts it. They have no fixes: nobody wants to mend them. */
export function acceptedProblems(
  snapshot: Snapshot,
  assume: Assumptions,
  options: RuleOptions,
  onError: RuleErrorHandler,
): ReadonlyMap<Problem, Acceptance> {
  const texts = new Map([...snapshot.files].map(([uri, { text }]) => [uri, withoutAcceptances(text)]));
  if ([...snapshot.files].every(([uri, { text }]) => texts.get(uri) === text)) return new Map();
  const workspace = new Workspace();
  workspace.apply({ files: texts, assume });
  const severities = { ...options.severities, [suppressionUnused.id]: 'off' as const };
  const problems = checkSnapshot(workspace.snapshot(), { ...options, severities }, undefined, onError);
  const codes = new Map(ALL_RULES.map(({ id, peers }) => [id, peers ?? []]));
  const accepted = new Map<Problem, Acceptance>();
  for (const problem of problems) {
    const file = snapshot.files.get(problem.uri);
    const acceptance = file && acceptanceOf(file, problem, codes.get(problem.rule) ?? []);
    if (acceptance) accepted.set({ ...problem, fixes: () => [] }, acceptance);
  }
  return accepted;
}
