// `mutual fix`: applies preferred fixes to files, or shows what they would change.
import { randomBytes } from 'node:crypto';
import { readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from 'diff';
import type { RuleOptions } from '../rules/rule';
import { count } from '../words/names';
import { plainText } from '../words/plain';
import { positionAt } from '../yaml/range';
import { EXIT, suggestion, UserError } from './errors';
import { refuseHelm } from './helm';
import { type Input, type InputOptions, readInput } from './input';
import { write } from './terminal';

export interface FixOptions {
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
}

/**
 * Mends what has a preferred fix, of one rule or of all.
 * @param args a rule's id, if there is one, and paths
 */
export async function fix(
  args: readonly string[],
  options: FixOptions,
  from: InputOptions,
  rules: RuleOptions,
): Promise<number> {
  refuseHelm(
    from.helm,
    'what Helm renders has no text that could be mended, and a template may say it for other values too',
    'Leave it out: what templates write out is mended without it.',
  );
  const { ALL_RULES, Checker } = await import('../rules/index');
  const { mend } = await import('../rules/mend');
  const ids = ALL_RULES.map(({ id }) => id);
  const [first] = args;
  const rule = first !== undefined && ids.includes(first) ? first : undefined;
  const paths = rule === undefined ? args : args.slice(1);
  if (first !== undefined && rule === undefined) await refuseUnknownRule(first, ids);
  const input = await readInput(paths, from);
  if (!options.dryRun && [...input.snapshot.files.keys()].some((uri) => !uri.startsWith('file:')))
    throw new UserError('what comes from standard input cannot be changed in place. Add --dry-run to see the changes.');
  const texts = new Map([...input.snapshot.files].map(([uri, { text }]) => [uri, text]));
  const checker = new Checker(input.snapshot, rules);
  const { files, mended, left } = mend({
    snapshot(changed) {
      input.workspace.apply({ files: changed });
      return input.workspace.snapshot();
    },
    problems() {
      checker.update();
      const uris = [...new Set(checker.files())].sort();
      return uris
        .flatMap((uri) => checker.problemsOf(uri))
        .filter((problem) =>
          // hints and the like are matters of taste: only by name
          rule === undefined ? isSevere(problem) : problem.rule === rule,
        );
    },
  });
  const changed = [...files].filter(([uri, text]) => texts.get(uri) !== text);
  if (options.dryRun) {
    for (const [uri, text] of changed)
      await write(process.stdout, patch(input.fileOf(uri), texts.get(uri) ?? '', text));
  } else {
    for (const { rule, title, uri, offset, lines } of mended) {
      const place = `${input.fileOf(uri)}:${positionAt(lines, offset).line + 1}`;
      await write(process.stdout, `${place}: ${plainText(title)}  mutual(${rule})\n`);
    }
    await save(changed, texts, input);
  }
  if (!options.quiet) {
    const severe = left.filter(isSevere).length;
    const verb = options.dryRun ? 'would be made' : 'made';
    const rest = severe > 0 ? `; ${count(severe, 'problem')} left for you to decide` : '';
    await write(
      process.stderr,
      `mutual: ${count(mended.length, 'fix').replace('fixs', 'fixes')} ${verb} in ${count(changed.length, 'file')}${rest}\n`,
    );
  }
  return EXIT.ok;
}

function isSevere({ severity }: { readonly severity: string }): boolean {
  return severity === 'error' || severity === 'warning';
}

/** The first argument is a path that exists, or was meant to be a rule. */
async function refuseUnknownRule(first: string, ids: readonly string[]): Promise<void> {
  if (first === '-' || (await stat(first).catch(() => undefined))) return;
  const { nearMisses } = await import('../words/suggestions');
  const near = nearMisses(first, ids);
  if (near.length === 0 && /[./\\]/.test(first)) return;
  throw new UserError(`${first}: no such rule, file or folder.${suggestion(near, near.length > 0 ? ids : [])}`);
}

/** A unified diff, as `git apply` and `patch` take it. */
function patch(file: string, before: string, after: string): string {
  const hunks = structuredPatch(`a/${file}`, `b/${file}`, before, after, undefined, undefined, { context: 3 });
  return formatPatch(hunks, FILE_HEADERS_ONLY);
}

/** Writes the new texts. A file that is not what was read stays as it is. */
async function save(
  changed: readonly (readonly [string, string])[],
  texts: ReadonlyMap<string, string>,
  { fileOf }: Input,
): Promise<void> {
  for (const [uri, text] of changed) {
    const path = await realpath(fileURLToPath(uri)).catch(() => fileURLToPath(uri));
    const before = texts.get(uri);
    const bytes = await readFile(path).catch(() => undefined);
    // changed since, or not the UTF-8 that it was read as
    if (before !== undefined && !bytes?.equals(Buffer.from(before)))
      throw new UserError(`${fileOf(uri)}: the file is not what was read. Nothing was written to it; run again.`);
    try {
      await replace(path, text);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new UserError(`${fileOf(uri)}: cannot be written (${code}). Give yourself write access.`);
    }
  }
}

/** Writes beside the file and moves it there, so that nobody ever sees half of it; the mode stays. */
async function replace(path: string, text: string): Promise<void> {
  const mode = (await stat(path).catch(() => undefined))?.mode;
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    await writeFile(beside, text, { flag: 'wx', ...(mode !== undefined && { mode: mode & 0o7777 }) });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
