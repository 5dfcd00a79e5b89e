// Every problem of a workspace: all at once, or kept up to date by a {@link Checker}.
import type { Snapshot } from '../workspace/workspace';
import { Checker, type RuleErrorHandler } from './checker';
import type { Problem, RuleOptions } from './rule';

export { ALL_RULES } from './all-rules';
export { Checker, type RuleErrorHandler } from './checker';

/**
 * Every problem of a snapshot, ordered by file, place and rule.
 * @param uris the files that are reported; all where absent
 * @param onError gets the error of a rule that throws, while the others go on; without it the error is thrown
 */
export function checkSnapshot(
  snapshot: Snapshot,
  options: RuleOptions,
  uris?: ReadonlySet<string>,
  onError?: RuleErrorHandler,
): Problem[] {
  // never disposed of: what it has worked out serves whoever asks about the snapshot next
  const checker = new Checker(snapshot, options, onError);
  checker.update();
  const wanted = [...new Set([...(uris ?? checker.files())])].sort();
  return wanted.flatMap((uri) => checker.problemsOf(uri));
}
