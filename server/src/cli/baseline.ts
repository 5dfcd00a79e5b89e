// The baseline file of `mutual check`.
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { makeBaseline, parseBaseline, splitByBaseline } from '../report/baseline';
import type { Problem } from '../rules/rule';
import { count } from '../words/names';
import { displayPath, uriOf } from '../workspace/disk';
import type { CliConfiguration } from './configuration';
import { UserError } from './errors';
import type { Input } from './input';
import { write } from './terminal';

export interface BaselineOptions {
  readonly baseline?: string;
  readonly writeBaseline?: string;
  /** Its mutual.yaml may name a baseline. */
  readonly configuration?: CliConfiguration;
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
  { snapshot, fileOf: fromHere }: Input,
  options: BaselineOptions,
): Promise<Sorted> {
  const { writeBaseline } = options;
  const named = namedBaseline(options);
  const file = options.baseline ?? named?.file;
  // what mutual.yaml names is the same from wherever it is run
  const isNamed = named !== undefined && resolve(writeBaseline ?? file ?? '') === named.path;
  const fileOf = isNamed ? (uri: string) => displayPath(uri, named.home) : fromHere;
  if (writeBaseline !== undefined) {
    const text = `${JSON.stringify(makeBaseline(problems, snapshot, fileOf), null, 2)}\n`;
    try {
      await writeFile(writeBaseline, text);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new UserError(`${writeBaseline}: cannot be written (${code}).`);
    }
    if (!options.quiet)
      await write(process.stderr, `mutual: ${count(problems.length, 'problem')} written to ${writeBaseline}\n`);
    return { left: [], known: problems };
  }
  if (file === undefined) return { left: problems, known: [] };
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) throw new UserError(`${file}: no such file. Write it first: --write-baseline ${file}`);
  const baseline = parseBaseline(text);
  if (!baseline) throw new UserError(`${file}: not a baseline of Mutual. Write it anew: --write-baseline ${file}`);
  const sorted = splitByBaseline(problems, baseline, snapshot, fileOf);
  const known = sorted.known.length;
  if (known > 0 && !options.quiet)
    await write(process.stderr, `mutual: ${count(known, 'problem')} set aside by ${file}\n`);
  return sorted;
}

/** The baseline that mutual.yaml names: as people would write it, its absolute path, and what it is relative to. */
export function namedBaseline({
  configuration,
}: Pick<BaselineOptions, 'configuration'>): { file: string; path: string; home: string } | undefined {
  const baseline = configuration?.stated.baseline;
  if (!configuration || baseline === undefined) return undefined;
  const path = resolve(configuration.home, baseline);
  return { file: displayPath(uriOf(path), process.cwd()), path, home: configuration.home };
}
