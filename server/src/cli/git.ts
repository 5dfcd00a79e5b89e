// What git knows of revisions, merge bases and renames, asked with the `git` binary and never through a shell. Nothing
// is written, and no hook or filter of the repository runs.
import { execFile } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { nearest } from '../report/find';
import { suggestion, UserError } from './errors';

/** A work tree, as seen from the folder where the user is. */
export interface Repository {
  /** The top folder, with symbolic links resolved. */
  readonly root: string;
}

/** A commit, and what the user called it. */
export interface Revision {
  readonly name: string;
  /** 40 hexadecimal digits. */
  readonly commit: string;
}

/** A path that the user asked for. */
export interface AskedPath {
  /** As it was given; as git has it where a symbolic link leads to it. */
  readonly text: string;
  /** From the top folder, with forward slashes; empty for the top folder itself. */
  readonly inside: string;
  /** The top folder as it is reached on the way that the user took. */
  readonly top: string;
}

interface Answer {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const MOST_BYTES = 1024 * 1024 * 1024;

/** Runs git without locks, prompts, pagers, translations or downloads. */
function git(folder: string, args: readonly string[], input?: string): Promise<Answer> {
  const environment = {
    ...process.env,
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_LITERAL_PATHSPECS: '1',
    LC_ALL: 'C',
  };
  return new Promise((done, refuse) => {
    const child = execFile(
      'git',
      ['-c', 'core.fsmonitor=false', '-c', 'core.quotePath=false', ...args],
      { cwd: folder, env: environment, encoding: 'buffer', maxBuffer: MOST_BYTES, windowsHide: true },
      (error, stdout, stderr) => {
        const code = (error as (Error & { code?: number | string }) | null)?.code ?? 0;
        if (code === 'ENOENT') refuse(new UserError('git was not found. Install it, or put it on PATH.'));
        else if (typeof code === 'string') refuse(error);
        else done({ code: error && code === 0 ? 1 : code, stdout, stderr: stderr.toString('utf8') });
      },
    );
    // git may end before it has read everything; its answer tells why
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input ?? '');
  });
}

/** git's own sentence: the first `fatal:` line without the word. */
function gitWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const fatal = lines.find((line) => /^(?:fatal|error): /.test(line)) ?? lines[0] ?? 'it gave no reason';
  return fatal.replace(/^(?:fatal|error): /, '').replace(/\.$/, '');
}

/**
 * What git answers.
 * @throws UserError with git's own word where it fails
 */
export async function askGit(folder: string, args: readonly string[], input?: string): Promise<Buffer> {
  const { code, stdout, stderr } = await git(folder, args, input);
  if (code !== 0) throw new UserError(`git ${args[0]} failed: ${gitWords(stderr)}.`);
  return stdout;
}

async function lineOf(folder: string, args: readonly string[]): Promise<string | undefined> {
  const { code, stdout } = await git(folder, args);
  const line = stdout.toString('utf8').trim();
  return code === 0 && line !== '' ? line : undefined;
}

/**
 * The repository that holds a path, which need not exist any more.
 * @throws UserError where there is none, or where git refuses it
 */
export async function openRepository(path: string): Promise<Repository> {
  const folder = await existingFolder(resolve(path));
  const { code, stdout, stderr } = await git(folder, ['rev-parse', '--show-toplevel']);
  const root = stdout.toString('utf8').replace(/\r?\n$/, '');
  if (code === 0 && root !== '') return { root: await realpath(root) };
  const where = relative(process.cwd(), folder) || 'the working folder';
  const remedy = /dubious ownership/.test(stderr)
    ? `If you trust it: git config --global --add safe.directory ${folder}`
    : 'Run this inside a clone, or compare folders with mutual table.';
  throw new UserError(`${where} is not in a git work tree (${gitWords(stderr)}). ${remedy}`);
}

async function existingFolder(path: string): Promise<string> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory()) return path;
  return dirname(path) === path ? path : existingFolder(dirname(path));
}

/**
 * Where the paths of a command line are in the repository.
 * @throws UserError for standard input and for what is outside
 */
export async function askedPaths({ root }: Repository, paths: readonly string[]): Promise<AskedPath[]> {
  const asked: AskedPath[] = [];
  for (const text of paths.length > 0 ? paths : ['.']) {
    if (text === '-') throw new UserError('standard input has no history. Name files or folders of a repository.');
    const absolute = resolve(text);
    const folder = await existingFolder(dirname(absolute));
    const real = await realpath(absolute).catch(async () => join(await realpath(folder), relative(folder, absolute)));
    const inside = relative(root, real).split(sep).join('/');
    if (inside === '..' || inside.startsWith('../') || resolve(inside) === inside)
      throw new UserError(`${text}: outside of the repository ${root}. Name paths of one repository.`);
    const steps = inside === '' ? [] : inside.split('/');
    const top = resolve(absolute, ...steps.map(() => '..'));
    // a link inside the repository: git knows the file by the place where it is
    if (join(top, ...steps) === absolute) asked.push({ text, inside, top });
    else asked.push({ text: relative(process.cwd(), real) || '.', inside, top: root });
  }
  return asked;
}

/** The commit that a name means; undefined where it means none. */
export async function findRevision({ root }: Repository, name: string): Promise<Revision | undefined> {
  if (name === '') return undefined;
  const commit = await lineOf(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`]);
  return commit === undefined ? undefined : { name, commit };
}

/**
 * The commit that a name means.
 * @throws UserError with git's own word, and the names that come near
 */
export async function requireRevision(repository: Repository, name: string): Promise<Revision> {
  const found = await findRevision(repository, name);
  if (found) return found;
  const { root } = repository;
  const unknown = (await git(root, ['rev-parse', '--end-of-options', name, '--'])).stderr;
  const notCommit = (await git(root, ['rev-parse', '--verify', '--end-of-options', `${name}^{commit}`])).stderr;
  const stderr = unknown || notCommit;
  const refs = (await lineOf(root, ['for-each-ref', '--format=%(refname:short)']))?.split('\n') ?? [];
  if (refs.length === 0 && (await findRevision(repository, 'HEAD')) === undefined)
    throw new UserError(`${name}: there is no commit yet (git: ${gitWords(stderr)}). Commit first.`);
  const remote = refs.filter((ref) => ref.endsWith(`/${name}`));
  const near = remote.length > 0 ? remote.slice(0, 3) : nearest(name, refs);
  const shallow = (await isShallow(repository)) ? ` ${SHALLOW_REMEDY}` : '';
  throw new UserError(`${name}: no such revision (git: ${gitWords(stderr)}).${suggestion(near, refs)}${shallow}`);
}

const SHALLOW_REMEDY =
  'This clone is shallow: fetch the history (git fetch --unshallow; fetch-depth: 0 for actions/checkout).';

async function isShallow({ root }: Repository): Promise<boolean> {
  return (await lineOf(root, ['rev-parse', '--is-shallow-repository'])) === 'true';
}

/**
 * The commit at which two histories parted; undefined where they have none in common.
 * @throws UserError in a shallow clone that does not reach back so far
 */
export async function mergeBase(repository: Repository, a: Revision, b: Revision): Promise<string | undefined> {
  const commit = await lineOf(repository.root, ['merge-base', a.commit, b.commit]);
  if (commit === undefined && (await isShallow(repository)))
    throw new UserError(`the merge base of ${a.name} and ${b.name} is not here. ${SHALLOW_REMEDY}`);
  return commit;
}

/**
 * The branch that work is compared with: the upstream of this branch where that is another branch, else the default
 * branch, else, on the default branch itself, its upstream. Undefined where there is none of them.
 */
export async function defaultBranch(repository: Repository): Promise<Revision | undefined> {
  const { root } = repository;
  const branch = await lineOf(root, ['symbolic-ref', '--quiet', '--short', 'HEAD']);
  const upstream = await lineOf(root, ['rev-parse', '--abbrev-ref', '--symbolic-full-name', '@{upstream}']);
  const remoteHead = await lineOf(root, ['symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD']);
  const isOwn = (name: string): boolean => name === branch || name.replace(/^[^/]+\//, '') === branch;
  const names = [upstream, remoteHead, 'origin/main', 'origin/master', 'main', 'master'].filter(
    (name) => name !== undefined,
  );
  // what was pushed of a branch is no base for it, unless it is the default branch
  const others = names.filter((name) => !isOwn(name));
  const isDefault = remoteHead ? isOwn(remoteHead) : branch === 'main' || branch === 'master';
  for (const name of isDefault ? [upstream, remoteHead] : others) {
    const found = name === undefined ? undefined : await findRevision(repository, name);
    if (found) return found;
  }
  return undefined;
}

/** True when no branch is checked out, as in most pipelines. */
export async function isDetached({ root }: Repository): Promise<boolean> {
  return (await lineOf(root, ['symbolic-ref', '--quiet', 'HEAD'])) === undefined;
}

/** By path in `to`, the path in `from` of files that were renamed; `to` undefined: the working tree. */
export async function renamedFiles({ root }: Repository, from: string, to?: string): Promise<Map<string, string>> {
  const range = to === undefined ? [from] : [from, to];
  const args = ['diff', '--no-ext-diff', '--no-textconv', '--name-status', '--diff-filter=R', '-M', '-z', ...range];
  const parts = (await askGit(root, [...args, '--'])).toString('utf8').split('\0');
  const renamed = new Map<string, string>();
  for (let index = 0; index + 2 < parts.length; index += 3) renamed.set(parts[index + 2]!, parts[index + 1]!);
  return renamed;
}
