// The mutual.yaml of a command line: found, read, and what is wrong in it told.
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Assumptions } from '../mesh/settings';
import {
  type Configuration,
  configurationProblemText,
  mergeAssumptions,
  NO_CONFIGURATION,
  readConfiguration,
} from '../workspace/configuration';
import { CONFIGURATION_NAME } from '../workspace/configuration-fields';
import { displayPath, findUpward, uriOf } from '../workspace/disk';
import { type ExplicitMesh, namedMeshes } from '../workspace/explicit-meshes';
import { globTest } from '../workspace/glob';
import { lineStarts, positionAt } from '../yaml/range';
import { UserError } from './errors';
import { write } from './terminal';

/** The flags that bear on it. */
export interface ConfigurationFlags {
  /** The file to read; false for none. */
  readonly config?: string | false;
  /** Globs, relative to the working folder. */
  readonly exclude?: readonly string[];
  /** False with `--no-ignore`. */
  readonly ignore?: boolean;
}

/** What a repository says of itself, for one run. */
export interface CliConfiguration {
  readonly stated: Configuration;
  /** False where something in it is wrong. */
  readonly complete: boolean;
  /** The folder that its paths are relative to; the working folder where there is no file. */
  readonly home: string;
  /** What .gitignore files name is left out. */
  readonly gitIgnore: boolean;
  /** True for the absolute path of a file or folder that is left out. */
  isExcluded(path: string): boolean;
  /** The meshes that it names, with what holds for each after what flags state. */
  meshes(flags: Assumptions): readonly ExplicitMesh[];
}

/**
 * The configuration for paths: the nearest mutual.yaml upward from each, up to the top of the repository.
 * @throws UserError where they have several, and for a file that was named and cannot be read
 */
export async function loadConfiguration(
  paths: readonly string[],
  flags: ConfigurationFlags,
): Promise<CliConfiguration> {
  const file = await findFile(paths, flags);
  const home = file === undefined ? process.cwd() : dirname(resolve(file));
  const { configuration: stated, problems } =
    file === undefined ? { configuration: NO_CONFIGURATION, problems: [] } : await read(file);
  for (const line of problems) await write(process.stderr, `mutual: ${line}\n`);
  const ignore = flags.ignore ?? true;
  const byFile = globTest(ignore ? stated.exclude : []);
  const byFlag = globTest(flags.exclude ?? []);
  const fits = (test: (path: string) => boolean, folder: string, path: string): boolean => {
    const below = relative(folder, path);
    return below !== '' && below !== '..' && !below.startsWith(`..${sep}`) && test(below.split(sep).join('/'));
  };
  return {
    stated,
    complete: problems.length === 0,
    home,
    gitIgnore: ignore,
    isExcluded: (path) => fits(byFile, home, path) || fits(byFlag, process.cwd(), path),
    meshes: (flags) => namedMeshes(stated, uriOf(home), flags),
  };
}

async function findFile(paths: readonly string[], { config }: ConfigurationFlags): Promise<string | undefined> {
  if (config === false) return undefined;
  if (config !== undefined) return config;
  const found = new Set<string>();
  for (const path of paths.length > 0 ? paths : ['.']) {
    const home = await findUpward(path === '-' ? '.' : await folderOf(path), CONFIGURATION_NAME);
    if (home !== undefined) found.add(join(home, CONFIGURATION_NAME));
  }
  const [file, ...others] = found;
  if (others.length === 0) return file;
  const names = [...found].map((each) => displayPath(uriOf(each), process.cwd())).join(' and ');
  throw new UserError(
    `these paths have ${names}. Name paths of one of them, or say which one holds: --config FILE, or --no-config.`,
  );
}

/** A path that does not exist is told when it is read. */
async function folderOf(path: string): Promise<string> {
  const status = await stat(path).catch(() => undefined);
  return status?.isDirectory() ? path : dirname(path);
}

async function read(
  file: string,
): Promise<{ readonly configuration: Configuration; readonly problems: readonly string[] }> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const cause = error.code === 'ENOENT' ? 'no such file' : `cannot be read (${error.code ?? error.message})`;
    throw new UserError(`${file}: ${cause}. mutual init writes one; --no-config goes without.`);
  });
  const { ALL_RULES } = await import('../rules/index');
  const { configuration, problems } = readConfiguration(
    text,
    ALL_RULES.map(({ id }) => id),
  );
  const name = displayPath(uriOf(file), process.cwd());
  const lines = lineStarts(text);
  return {
    configuration,
    problems: problems.map((problem) => {
      const { line, character } = positionAt(lines, problem.range.start);
      return `${name}:${line + 1}:${character + 1}: ${configurationProblemText(problem)}`;
    }),
  };
}

/** What holds for all meshes: flags before the file. */
export function assumptionsIn(configuration: CliConfiguration | undefined, flags: Assumptions): Assumptions {
  return mergeAssumptions(configuration?.stated.assume ?? {}, flags);
}
