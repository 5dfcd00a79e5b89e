// `mutual diff BASE [HEAD] [PATH...]`: who fares otherwise between two states of a repository.
import { stat } from 'node:fs/promises';
import { compareSnapshots, weigh } from '../report/diff';
import { makeDiffReport } from '../report/diff-report';
import { checkSnapshot } from '../rules/index';
import type { RuleOptions } from '../rules/rule';
import type { Snapshot } from '../workspace/workspace';
import { EXIT, internalErrorText, UserError } from './errors';
import { findRevision, mergeBase, openRepository, type Repository, type Revision, requireRevision } from './git';
import type { InputOptions } from './input';
import { readStates } from './states';
import { styleFor, write } from './terminal';

export interface DiffOptions {
  readonly format: 'text' | 'json' | 'markdown';
  readonly failOn: 'worse' | 'any' | 'never';
  readonly all?: boolean;
  readonly quiet?: boolean;
}

/**
 * Compares and prints.
 * @param args a base, a head if it is a revision, and paths
 * @param separate how many of the last arguments stood behind `--`, and are paths for sure
 */
export async function diff(
  args: readonly string[],
  separate: number,
  options: DiffOptions,
  input: InputOptions,
  rules: RuleOptions,
): Promise<number> {
  const quiet = options.quiet ?? false;
  const { repository, base, head, paths } = await statesMeant(args, separate);
  const { before, after, renamed, fileOf, nameOf, complete } = await readStates(repository, paths, base, head, input);
  const failures: string[] = [];
  const check = (snapshot: Snapshot) => ({
    snapshot,
    problems: checkSnapshot(snapshot, rules, undefined, (error, rule) =>
      failures.push(internalErrorText(error, `in rule ${rule.id}`)),
    ),
  });
  const state = check(after);
  const found = compareSnapshots(before === after ? state : check(before), state, renamed);
  const names = { base: label(base), head: head ? label(head) : 'working tree', fileOf, nameOf };
  const report = makeDiffReport(found, before, after, names);
  switch (options.format) {
    case 'json': {
      const { diffJson } = await import('../report/diff-json');
      const value = diffJson(report, { base, head });
      await write(process.stdout, `${JSON.stringify(value, null, 2)}\n`);
      break;
    }
    case 'markdown': {
      const { diffMarkdown } = await import('../report/diff-markdown');
      await write(process.stdout, diffMarkdown(report));
      break;
    }
    case 'text': {
      const { diffText } = await import('../report/diff-text');
      const style = styleFor(process.stdout);
      await write(process.stdout, diffText(report, { style, all: options.all ?? false, quiet }));
    }
  }
  for (const text of new Set(failures)) await write(process.stderr, text);
  if (failures.length > 0) return EXIT.internal;
  const { worse, any } = weigh(found);
  if ((options.failOn === 'worse' && worse) || (options.failOn === 'any' && any)) return EXIT.findings;
  return complete ? EXIT.ok : EXIT.usage;
}

/** `main (a1b2c3d4e5)`; a commit that was named by its digits is not named twice. */
function label({ name, commit }: Revision): string {
  return commit.startsWith(name) ? commit.slice(0, 10) : `${name} (${commit.slice(0, 10)})`;
}

interface Meant {
  readonly repository: Repository;
  readonly base: Revision;
  /** Undefined for the working tree. */
  readonly head: Revision | undefined;
  readonly paths: readonly string[];
}

/** Tells revisions from paths, as git does. */
async function statesMeant(args: readonly string[], separate: number): Promise<Meant> {
  const certain = args.slice(args.length - separate);
  const open = args.slice(0, args.length - separate);
  const [first = 'HEAD', second, ...others] = open;
  const repository = await openRepository(
    certain[0] ?? others[0] ?? (second !== undefined && (await exists(second)) ? second : '.'),
  );
  if (separate === 0 && (await exists(first)) && !(await findRevision(repository, first)))
    throw new UserError(`${first} is a path, not a revision. Name the base first: mutual diff HEAD ${first}`);
  const range = /^(.*?)(\.\.\.?)(.*)$/.exec(first);
  if (range && !(await findRevision(repository, first)))
    return { repository, ...(await rangeOf(repository, range)), paths: [...open.slice(1), ...certain] };
  const base = await requireRevision(repository, first);
  if (second === undefined) return { repository, base, head: undefined, paths: certain };
  const head = await findRevision(repository, second);
  const isPath = await exists(second);
  if (head && isPath)
    throw new UserError(
      `${second} is both a revision and a path. Say which: mutual diff ${first} ${second} -- . or mutual diff ${first} -- ${second}`,
    );
  if (head) return { repository, base, head, paths: [...others, ...certain] };
  // a path that only the base has is no revision either
  if (!isPath && others.length === 0 && !/[/.]/.test(second)) await requireRevision(repository, second);
  return { repository, base, head: undefined, paths: [second, ...others, ...certain] };
}

/** `A..B` is A and B, `A...B` what B changed since both parted; a side left out is HEAD. */
async function rangeOf(repository: Repository, match: RegExpExecArray): Promise<Pick<Meant, 'base' | 'head'>> {
  const [, from, dots, to] = match;
  const left = await requireRevision(repository, from || 'HEAD');
  const head = await requireRevision(repository, to || 'HEAD');
  if (dots === '..') return { base: left, head };
  const commit = await mergeBase(repository, left, head);
  if (commit === undefined)
    throw new UserError(
      `${left.name} and ${head.name} have no commit in common. Compare them as they are: ${left.name}..${head.name}`,
    );
  return { base: { name: `merge base of ${left.name} and ${head.name}`, commit }, head };
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
