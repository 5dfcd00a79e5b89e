// Charts rendered by the `helm` program, which is run only where somebody has allowed it. Like disk.ts, this knows Node.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { type RenderedOutput, readRendered } from '../helm/rendered';

export interface HelmOptions {
  /** The program: a path, or a name that is looked up in PATH. */
  readonly program: string;
  /** Values files, later ones over earlier ones. */
  readonly values: readonly string[];
  /** In milliseconds; 30 seconds where absent. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** Why a chart could not be rendered, for people. */
export interface HelmProblem {
  /** `program`: it is not there or cannot be run. `chart`: it refuses the chart. `values`: a values file cannot be read. */
  readonly code: 'program' | 'chart' | 'values' | 'timeout' | 'output' | 'cancelled';
  /** The chart's folder, or the values file. */
  readonly path: string;
  readonly cause: string;
  readonly remedy: string;
}

export type HelmResult =
  | { readonly output: RenderedOutput; readonly problem?: undefined }
  | { readonly output?: undefined; readonly problem: HelmProblem };

const TIMEOUT_MS = 30_000;

/** In bytes. What is larger was written by no chart that is worth waiting for. */
const LARGEST_OUTPUT = 32 * 1024 * 1024;

/** In bytes, of all files together. */
const LARGEST_CHART = 64 * 1024 * 1024;

/** Renders charts, each again only when a file of it, a values file or the program changes. */
export class HelmRenderer {
  private readonly rendered = new Map<string, { readonly key: string; readonly result: HelmResult }>();

  /**
   * The objects of the chart in `folder`, as `helm template` prints them. Never throws.
   * @param folder a path
   */
  async render(folder: string, options: HelmOptions): Promise<HelmResult> {
    const key = await contentKey(folder, options);
    if (typeof key !== 'string') return { problem: key };
    const before = this.rendered.get(folder);
    if (before?.key === key) return before.result;
    const result = await run(folder, options);
    // what only came to nothing this time is tried again
    const isLasting = !result.problem || result.problem.code === 'chart';
    if (isLasting) this.rendered.set(folder, { key, result });
    else this.rendered.delete(folder);
    return result;
  }
}

/** A hash of everything that the output depends on. */
async function contentKey(folder: string, { program, values }: HelmOptions): Promise<string | HelmProblem> {
  const hash = createHash('sha256').update(JSON.stringify([program, values]));
  for (const path of values) {
    try {
      hash.update(await readFile(path)).update('\0');
    } catch (error) {
      const cause = codeOf(error) === 'ENOENT' ? 'no such values file' : `cannot be read (${codeOf(error)})`;
      return { code: 'values', path, cause, remedy: 'Check the path; it is relative to where you are.' };
    }
  }
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    let size = 0;
    for (const path of paths.sort()) {
      const bytes = await readFile(path);
      size += bytes.length;
      if (size > LARGEST_CHART) {
        return { code: 'chart', path: folder, cause: 'the chart has more than 64 MiB', remedy: 'Leave it out.' };
      }
      hash.update(`${relative(folder, path).split(sep).join('/')}\0${bytes.length}\0`).update(bytes);
    }
  } catch (error) {
    return { code: 'chart', path: folder, cause: `cannot be read (${codeOf(error)})`, remedy: 'Leave it out.' };
  }
  return hash.digest('hex');
}

/** The name of a release: what Helm allows of the folder's name. */
function releaseName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 53)
    .replace(/-+$/, '');
  return name === '' ? 'release' : name;
}

function run(folder: string, { program, values, timeout = TIMEOUT_MS, signal }: HelmOptions): Promise<HelmResult> {
  // no shell, and a path can never be taken for a flag
  const args = ['template', releaseName(folder), join(folder, '.'), '--skip-tests'];
  for (const path of values) args.push('--values', path);
  if (args[2]!.startsWith('-')) args[2] = `.${sep}${args[2]}`;
  const problem = (code: HelmProblem['code'], cause: string, remedy: string): HelmResult => ({
    problem: { code, path: folder, cause, remedy },
  });
  return new Promise((done) => {
    const options = { timeout, maxBuffer: LARGEST_OUTPUT, killSignal: 'SIGKILL', windowsHide: true, signal } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      if (signal?.aborted) done(problem('cancelled', 'rendering was cancelled', 'Run it again.'));
      else if (error) done(problem(...failure(error, stderr, program, folder, timeout)));
      else {
        const output = readRendered(stdout);
        if (!output) {
          done(problem('output', `${program} prints something else than rendered templates`, PATH_REMEDY));
        } else if (output.broken.length > 0) {
          const cause = `${output.broken[0]} renders to something that is no YAML`;
          done(problem('chart', cause, 'Mend the template, or give other values.'));
        } else done({ output });
      }
    });
  });
}

const PATH_REMEDY = 'Name the Helm program with mutual.helm.path or --helm-path.';

function failure(
  error: Error & { readonly code?: unknown; readonly killed?: boolean },
  stderr: string,
  program: string,
  folder: string,
  timeout: number,
): [HelmProblem['code'], string, string] {
  if (error.code === 'ENOENT') return ['program', `${program} is not found`, `Install Helm. ${PATH_REMEDY}`];
  if (error.code === 'EACCES') return ['program', `${program} may not be run`, PATH_REMEDY];
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
    return ['output', 'it renders to more than 32 MiB', 'Leave the chart out.'];
  }
  if (error.killed) {
    return [
      'timeout',
      `rendering takes more than ${timeout / 1000} seconds`,
      'Leave the chart out, or give other values.',
    ];
  }
  const told = /^Error: (.*)$/m.exec(stderr)?.[1] ?? stderr.trim().split('\n').at(-1) ?? '';
  if (/missing in charts\/ directory|helm dependency build/.test(told)) {
    const names = /missing in charts\/ directory: (.*)$/.exec(told)?.[1];
    const cause = `its dependencies ${names ? `(${names}) ` : ''}are not in charts/`;
    return ['chart', cause, `Fetch them: helm dependency build ${folder}`];
  }
  const cause = told === '' ? `${program} ended without saying why` : `Helm refuses it: ${told.slice(0, 300)}`;
  return ['chart', cause, 'Mend the chart, or give values with mutual.helm.values or --helm-values.'];
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
