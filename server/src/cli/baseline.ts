// The baseline file of `mutual check`.
import { readFile, writeFile } from 'node:fs/promises';
import { makeBaseline, parseBaseline, splitByBaseline } from '../report/baseline';
import type { Problem } from '../rules/rule';
import { count } from '../words/names';
import { UserError } from './errors';
import type { Input } from './input';
import { write } from './terminal';

export interface BaselineOptions {
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly quiet?: boolean;
}

/** Problems to report, and those that a baseline sets aside. */
export interface Sorted {
  readonly left: readonly Problem[];
  readonly known: readonly Problem[];
}

/** Sets aside what the baseline knows, and writes a new one where that is asked for: then nothing is left to report. */
export async function applyBaseline(
  problems: readonly Problem[],
  { snapshot, fileOf }: Input,
  options: BaselineOptions,
): Promise<Sorted> {
  if (options.writeBaseline !== undefined) {
    const text = `${JSON.stringify(makeBaseline(problems, snapshot, fileOf), null, 2)}\n`;
    try {
      await writeFile(options.writeBaseline, text);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new UserError(`${options.writeBaseline}: cannot be written (${code}).`);
    }
    if (!options.quiet)
      await write(process.stderr, `mutual: ${count(problems.length, 'problem')} written to ${options.writeBaseline}\n`);
    return { left: [], known: problems };
  }
  if (options.baseline === undefined) return { left: problems, known: [] };
  const text = await readFile(options.baseline, 'utf8').catch(() => undefined);
  if (text === undefined)
    throw new UserError(`${options.baseline}: no such file. Write it first: --write-baseline ${options.baseline}`);
  const baseline = parseBaseline(text);
  if (!baseline)
    throw new UserError(
      `${options.baseline}: not a baseline of Mutual. Write it anew: --write-baseline ${options.baseline}`,
    );
  const sorted = splitByBaseline(problems, baseline, snapshot, fileOf);
  const known = sorted.known.length;
  if (known > 0 && !options.quiet)
    await write(process.stderr, `mutual: ${count(known, 'problem')} set aside by ${options.baseline}\n`);
  return sorted;
}
