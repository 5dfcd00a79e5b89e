// From the paths of a command line to a snapshot, with what could not be read told on the way.
import { stat } from 'node:fs/promises';
import type { Assumptions } from '../mesh/settings';
import type { DiskProblem } from '../workspace/candidates';
import type { HelmSettings } from '../workspace/chart-rendering';
import { type DiskFiles, displayPath, readManifests } from '../workspace/disk';
import type { ExplicitMesh } from '../workspace/explicit-meshes';
import { type Snapshot, Workspace } from '../workspace/workspace';
import type { CliConfiguration } from './configuration';
import { UserError } from './errors';
import { configurationNotes, openNote, withChartsTogether } from './notes';
import { makeProgress, type Progress, write } from './terminal';

export interface Input {
  readonly snapshot: Snapshot;
  /** The path to print for a URI: relative to the working folder. */
  readonly fileOf: (uri: string) => string;
  /** The name to print for a mesh: its folder, empty where there is one mesh. */
  readonly nameOf: (mesh: string) => string;
  /** False where something that was asked for could not be read, so that the answer lacks it. */
  readonly complete: boolean;
}

/** An input that can be changed. */
export interface OpenInput extends Input {
  /** Its {@link Workspace.snapshot} is the input's. */
  readonly workspace: Workspace;
}

export interface InputOptions {
  readonly assume: Assumptions;
  readonly quiet: boolean;
  readonly configuration?: CliConfiguration;
  /** The meshes that it names. */
  readonly meshes?: readonly ExplicitMesh[];
  /** Helm may be run, like this. */
  readonly helm?: HelmSettings;
}

/** What was read, before anything is made of it. */
export interface Given {
  readonly asked: readonly string[];
  readonly disk: DiskFiles;
  readonly progress: Progress;
}

/** Reads what is below `paths`, computes what holds for it: {@link readGiven} and {@link understand}. */
export async function readInput(paths: readonly string[], options: InputOptions): Promise<OpenInput> {
  return understand(await readGiven(paths, options), options);
}

/** Reads what is below `paths`; the working folder where there are none. */
export async function readGiven(paths: readonly string[], options: InputOptions): Promise<Given> {
  const asked = paths.length > 0 ? paths : ['.'];
  const progress = makeProgress(process.stderr, options.quiet);
  const disk = await readManifests(asked, {
    progress: (read) => progress.show(`reading manifests: ${read} files`),
    standardInput: readStandardInput,
    follow: true,
    isExcluded: options.configuration?.isExcluded,
    gitIgnore: options.configuration?.gitIgnore,
  });
  return { asked, disk, progress };
}

/**
 * Makes a snapshot of what was read, and tells what could not be.
 * @throws UserError for a path that does not exist or cannot be read, and where nothing is a manifest
 */
export async function understand({ asked, disk, progress }: Given, options: InputOptions): Promise<OpenInput> {
  const folder = process.cwd();
  progress.show('computing who may talk to whom');
  const { helm, assume, meshes } = options;
  const rendered = helm && (await (await import('./helm')).renderCharts(disk.files.keys(), helm, folder));
  const charts = rendered?.charts;
  const problems = rendered ? [...disk.problems.filter(isNoChart), ...rendered.problems] : disk.problems;
  await reportProblems(withChartsTogether(problems), asked, options.quiet);
  const workspace = new Workspace();
  workspace.apply({ files: disk.files, entries: disk.entries, assume, meshes, charts });
  const snapshot = workspace.snapshot();
  progress.done();
  if (snapshot.meshes.length === 0 && !hasSyntaxProblem(snapshot)) await refuseEmpty(asked, disk);
  const fileOf = (uri: string): string => displayPath(uri, folder);
  const open = openNote(snapshot, fileOf);
  const notes = [...configurationNotes(options.configuration, asked, disk.entries, fileOf), ...(open ? [open] : [])];
  if (!options.quiet) for (const note of notes) await write(process.stderr, `mutual: ${note}\n`);
  return {
    snapshot,
    workspace,
    fileOf,
    nameOf: (mesh) => (mesh === '' ? '' : displayPath(mesh, folder)),
    complete: !disk.problems.some(({ code }) => code === 'unreadable') && options.configuration?.complete !== false,
  };
}

function isNoChart({ code }: DiskProblem): boolean {
  return code !== 'templates';
}

/**
 * Tells what could not be read below folders.
 * @throws UserError for a named path that cannot be read
 */
export async function reportProblems(
  problems: readonly DiskProblem[],
  asked: readonly string[],
  quiet: boolean,
): Promise<void> {
  const fatal = problems.filter(
    ({ code, path }) => code === 'missing' || (code === 'unreadable' && asked.includes(path)),
  );
  if (fatal.length > 0) throw new UserError(fatal.map(problemText).join('\nmutual: '));
  for (const problem of problems) {
    if (quiet && problem.code !== 'unreadable') continue;
    await write(process.stderr, `mutual: ${problemText(problem)}\n`);
  }
}

function problemText({ path, cause, remedy, code }: DiskProblem): string {
  return `${path}: ${cause}${code === 'skipped' ? '; passed over' : ''}. ${remedy}`;
}

function hasSyntaxProblem(snapshot: Snapshot): boolean {
  return [...snapshot.files.values()].some((file) =>
    file.documents.some(({ problems }) => problems.some(({ severity }) => severity === 'error')),
  );
}

async function refuseEmpty(asked: readonly string[], { lookedAt, leftOut, problems }: DiskFiles): Promise<never> {
  const where = asked.map((path) => (path === '-' ? 'standard input' : path)).join(', ');
  const charts = problems.filter(({ code }) => code === 'templates');
  if (charts.length > 0) {
    throw new UserError(`no manifests in ${where} but Helm templates. ${charts[0]!.remedy}`);
  }
  const files =
    lookedAt === 0
      ? 'no YAML or JSON file there'
      : lookedAt === 1
        ? '1 file looked at, it has no object that Istio or Kubernetes knows'
        : `${lookedAt} files looked at, none has a Kubernetes kind`;
  if (leftOut > 0) {
    const what = `${leftOut === 1 ? 'one is' : `${leftOut} are`} left out by .gitignore, mutual.yaml or --exclude`;
    throw new UserError(`no manifests in ${where} (${files}, ${what}). Add --no-ignore to read them all.`);
  }
  const isFolder = (await Promise.all(asked.map(isDirectory))).some(Boolean);
  const remedy = isFolder
    ? 'Pass the folder that holds them.'
    : 'Pass Kubernetes manifests: YAML or JSON with apiVersion and kind.';
  throw new UserError(`no manifests in ${where} (${files}). ${remedy}`);
}

async function isDirectory(path: string): Promise<boolean> {
  return path !== '-' && (await stat(path)).isDirectory();
}

async function readStandardInput(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('mutual: reading manifests from the terminal; end with Ctrl-D\n');
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
