// `mutual check --changed`: the problems that a change makes, in files that it touches or not. What there was before is
// left out, wherever it stands.
import { stat } from 'node:fs/promises';
import { isProblem } from '../report/diagnostics-text';
import { compareProblems } from '../report/diff-problems';
import type { Problem } from '../rules/rule';
import { count } from '../words/names';
import type { Snapshot } from '../workspace/workspace';
import { UserError } from './errors';
import {
  defaultBranch,
  findRevision,
  isDetached,
  mergeBase,
  openRepository,
  type Repository,
  type Revision,
  requireRevision,
} from './git';
import type { Input } from './input';
import { readStates, type StatesOptions } from './states';
import { write } from './terminal';

export interface Changed {
  readonly input: Input;
  /** The problems of the working tree that the base does not have, and a word about the others. */
  introduced(problems: readonly Problem[], check: (snapshot: Snapshot) => readonly Problem[]): Promise<Problem[]>;
}

/**
 * Reads the working tree and what it is compared with.
 * @param given the value of `--changed`: a revision; true where there is none. A path there is taken as a path
 * @throws UserError where there is nothing to compare with
 */
export async function readChanged(
  given: string | true,
  paths: readonly string[],
  options: StatesOptions,
): Promise<Changed> {
  const repository = await openRepository(paths[0] ?? (given === true ? '.' : await folderOr(given)));
  const isPath = given !== true && !(await findRevision(repository, given)) && (await exists(given));
  const asked = isPath ? [given, ...paths] : paths;
  const base = await baseOf(repository, given === true || isPath ? undefined : given);
  const states = await readStates(repository, asked, base.revision, undefined, options);
  if (!options.quiet) await write(process.stderr, `mutual: compared with ${base.words}\n`);
  const { before, after, renamed, fileOf, nameOf, complete } = states;
  return {
    input: { snapshot: after, fileOf, nameOf, complete },
    async introduced(problems, check) {
      const then = { problems: check(before), snapshot: before };
      const { appeared } = compareProblems(then, { problems, snapshot: after }, renamed);
      const old = problems.filter((each) => isProblem(each.severity) && !appeared.includes(each)).length;
      if (old > 0 && !options.quiet)
        await write(
          process.stderr,
          `mutual: ${count(old, 'problem')} that ${old === 1 ? 'was' : 'were'} there before left out\n`,
        );
      return [...appeared];
    },
  };
}

async function folderOr(given: string): Promise<string> {
  return (await exists(given)) ? given : '.';
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

interface Base {
  readonly revision: Revision;
  readonly words: string;
}

/** Where the change began: the merge base with what was named or with the default branch; HEAD where there is neither. */
async function baseOf(repository: Repository, given: string | undefined): Promise<Base> {
  const head = await requireRevision(repository, 'HEAD');
  const branch = given === undefined ? await defaultBranch(repository) : await requireRevision(repository, given);
  if (!branch) {
    if (await isDetached(repository))
      throw new UserError(
        'no branch is checked out, and there is no default branch to compare with. Name the base: mutual check --changed origin/main',
      );
    return { revision: head, words: `HEAD (${short(head.commit)}): there is no upstream or default branch` };
  }
  const commit = await mergeBase(repository, branch, head);
  // histories without a common commit can only be compared as they are
  if (commit === undefined || commit === branch.commit)
    return { revision: branch, words: `${branch.name} (${short(branch.commit)})` };
  const words = `the merge base with ${branch.name} (${short(commit)})`;
  return { revision: { name: `the merge base with ${branch.name}`, commit }, words };
}

function short(commit: string): string {
  return commit.slice(0, 10);
}
