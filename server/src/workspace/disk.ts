// Manifests from disk: walks the folders given, reads what can be Kubernetes YAML or JSON, and says what it could not
// read. The only part of the workspace that knows Node.
import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type DiskProblem, isManifestName, mayBeManifest, unreadable } from './candidates';
import { codeOf, type FoundFile, readText, statOf } from './disk-text';
import type { Entries, Entry } from './entries';
import { follow, leftOutReferences } from './follow';
import { GitIgnore } from './git-ignore';

/** The URI of what came by standard input. */
const STANDARD_INPUT = 'stdin:///manifests.yaml';

/** So long files are read before others have their turn, in milliseconds. */
const SLICE_MS = 8;

export interface DiskFiles {
  /** Texts by URI: files that may hold a manifest. */
  readonly files: ReadonlyMap<string, string>;
  /** YAML and JSON files that were opened. */
  readonly lookedAt: number;
  readonly problems: readonly DiskProblem[];
  /** Files and folders that were passed over because they are excluded or ignored. */
  readonly leftOut: number;
  /** True for an absolute path below the folders that were walked that .gitignore files name. */
  isIgnored(path: string): boolean;
  /** What there is in the folders that were walked, by URI. */
  readonly entries: Entries;
}

export interface DiskOptions {
  /** Called now and then with the number of files read so far. */
  readonly progress?: (read: number) => void;
  /** Gives the text of standard input, for the path `-`. */
  readonly standardInput?: () => Promise<string>;
  readonly signal?: AbortSignal;
  /** True for the absolute path of a file or folder that does not count, unless it is named itself. */
  readonly isExcluded?: (path: string) => boolean;
  /** What .gitignore files name does not count, unless it is named itself. */
  readonly gitIgnore?: boolean;
  /** What kustomizations name outside of `paths` is read too. */
  readonly follow?: boolean;
}

/** The `file:` URI of a path; relative paths are meant from the working folder. */
export function uriOf(path: string): string {
  return pathToFileURL(resolve(path)).href;
}

/** The absolute path of a `file:` URI; undefined for other URIs. */
export function pathOf(uri: string): string | undefined {
  return uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
}

/** A path for people: relative to `folder`, with forward slashes; absolute where it would climb out of it far. */
export function displayPath(uri: string, folder: string): string {
  if (uri === STANDARD_INPUT) return '<stdin>';
  const path = pathOf(uri);
  if (path === undefined) return uri;
  return (relative(folder, path) || '.').split(sep).join('/');
}

/**
 * Reads every manifest below `paths`: folders, files, or `-` for standard input. Folders named `node_modules` and
 * hidden ones are passed over; symbolic links are followed, each folder once. Never
 * throws for what is on disk: what cannot be read is among the problems.
 */
export async function readManifests(paths: readonly string[], options: DiskOptions = {}): Promise<DiskFiles> {
  const files = new Map<string, string>();
  const problems: DiskProblem[] = [];
  const walk = new Walk(problems, options);
  for (const path of paths) {
    if (path === '-') files.set(STANDARD_INPUT, (await options.standardInput?.()) ?? '');
    else await walk.enter(path);
  }
  await walk.followLinks();
  let read = 0;
  let since = performance.now();
  for (const file of walk.found.values()) {
    const text = readText(file, problems);
    if (text !== undefined && isWanted(file, text)) files.set(uriOf(file.path), text);
    read++;
    if (performance.now() - since < SLICE_MS) continue;
    options.progress?.(read);
    await new Promise(setImmediate);
    options.signal?.throwIfAborted();
    since = performance.now();
  }
  options.progress?.(read);
  const { entries } = walk;
  if (options.follow) {
    const more = await follow(files, entries, (uri) => look(uri, problems));
    for (const [uri, text] of more.files) files.set(uri, text);
    for (const [uri, entry] of more.entries) entries.set(uri, entry);
  }
  const isLeftOut = (uri: string): boolean => {
    const path = pathOf(uri);
    return path !== undefined && (walk.isIgnored(path) || walk.isIgnored(path, true));
  };
  for (const uri of leftOutReferences(files, entries, isLeftOut)) entries.set(uri, 'closed');
  problems.sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    files,
    lookedAt: read + (files.has(STANDARD_INPUT) ? 1 : 0),
    problems,
    entries,
    leftOut: walk.leftOut,
    isIgnored: (path) => walk.isIgnored(path),
  };
}

/**
 * The folder that holds a file or folder of this name, from `folder` upward to the top of the repository, or of the
 * file system where there is none; undefined where nothing has it.
 */
export async function findUpward(folder: string, name: string): Promise<string | undefined> {
  for (let here = resolve(folder); ; here = dirname(here)) {
    if (typeof (await statOf(join(here, name))) !== 'string') return here;
    if (here === dirname(here) || typeof (await statOf(join(here, '.git'))) !== 'string') return undefined;
  }
}

/** A folder that the user named, with what is left out below it. */
interface Root {
  /** Absolute, with forward slashes. */
  readonly path: string;
  readonly gitIgnore: GitIgnore;
  isExcluded(path: string): boolean;
}

/** One walk over some folders. Links wait until all real folders are seen, so that files keep their real paths. */
class Walk {
  /** By real path. */
  readonly found = new Map<string, FoundFile>();
  readonly entries = new Map<string, Entry>();
  readonly roots: Root[] = [];
  leftOut = 0;
  private readonly folders = new Set<string>();
  private readonly links: { readonly path: string; readonly root: Root }[] = [];

  constructor(
    private readonly problems: DiskProblem[],
    private readonly options: DiskOptions,
  ) {}

  /** A path as the user gave it. */
  async enter(path: string): Promise<void> {
    const status = await statOf(path);
    if (status === 'missing') {
      this.note('missing', path, 'no such file or folder', 'Check the spelling; paths are relative to where you are.');
    } else if (typeof status === 'string') this.noteUnreadable(path, status);
    else if (status.isDirectory()) await this.folder(path, await realpath(path), await this.root(path));
    else this.found.set(await realpath(path), { path, named: true });
  }

  async followLinks(): Promise<void> {
    for (let link = this.links.shift(); link !== undefined; link = this.links.shift()) {
      const { path, root } = link;
      const status = await statOf(path);
      // a link to nowhere is nobody's manifest
      if (typeof status === 'string' || this.isLeftOut(root, path, status.isDirectory())) continue;
      const real = await realpath(path);
      if (status.isDirectory()) await this.folder(path, real, root);
      else if (isManifestName(path) && !this.found.has(real)) this.found.set(real, { path, named: false });
    }
  }

  /** True for what .gitignore files leave out, whether or not it is there. */
  isIgnored(path: string, isFolder = false): boolean {
    return this.roots.some((root) => root.gitIgnore.ignoresBelow(root.path, slashed(path), isFolder));
  }

  /** What is left out below a folder that the user names; what leaves out the folder itself was not meant. */
  private async root(path: string): Promise<Root> {
    const here = slashed(path);
    const { gitIgnore: wanted = false, isExcluded = () => false } = this.options;
    const gitIgnore = wanted ? await gitIgnoreAbove(here) : new GitIgnore();
    const root = { path: here, gitIgnore, isExcluded: isExcluded(here) ? () => false : isExcluded };
    this.roots.push(root);
    return root;
  }

  private isLeftOut(root: Root, path: string, isFolder: boolean): boolean {
    const here = slashed(path);
    const leftOut = root.isExcluded(here) || root.gitIgnore.ignores(here, isFolder);
    if (leftOut && (isFolder || isManifestName(path))) this.leftOut++;
    return leftOut;
  }

  private async folder(path: string, real: string, root: Root): Promise<void> {
    if (this.folders.has(real)) return;
    this.folders.add(real);
    let entries: Dirent[];
    try {
      entries = await readdir(path, { withFileTypes: true });
    } catch (error) {
      this.noteUnreadable(path, codeOf(error));
      return;
    }
    if (this.options.gitIgnore && entries.some(({ name }) => name === '.gitignore')) {
      root.gitIgnore.add(slashed(path), await readIfThere(join(path, '.gitignore')));
    }
    const isChart = entries.some((entry) => entry.name === 'Chart.yaml');
    const uri = uriOf(path);
    this.entries.set(uri, 'folder');
    for (const entry of entries) {
      const { name } = entry;
      const child = join(path, name);
      // a folder is closed until it is entered, as a link is that leads to one
      // most names need no escapes, and a walk asks for thousands
      const childUri = /^[\w.-]+$/.test(name) && !uri.endsWith('/') ? `${uri}/${name}` : uriOf(child);
      this.entries.set(childUri, entry.isFile() ? 'file' : 'closed');
      if (entry.isDirectory()) {
        if (name === 'node_modules' || name.startsWith('.') || this.isLeftOut(root, child, true)) continue;
        if (isChart && name === 'templates') this.noteTemplates(path);
        await this.folder(child, join(real, name), root);
      } else if (entry.isSymbolicLink()) {
        if (!name.startsWith('.')) this.links.push({ path: child, root });
      } else if (entry.isFile() && isManifestName(name) && !this.found.has(join(real, name))) {
        if (!this.isLeftOut(root, child, false)) this.found.set(join(real, name), { path: child, named: false });
      }
    }
  }

  private noteTemplates(chart: string): void {
    this.note(
      'templates',
      join(chart, 'templates'),
      'Helm templates are read only as far as they need no values',
      `Have Helm render them: add --helm, or run helm template ${chart} | mutual check -`,
    );
  }

  private noteUnreadable(path: string, code: string): void {
    const { cause, remedy } = unreadable(code);
    this.note('unreadable', path, cause, remedy);
  }

  private note(code: DiskProblem['code'], path: string, cause: string, remedy: string): void {
    this.problems.push({ code, path, cause, remedy });
  }
}

/** The .gitignore files that hold above and in `folder`, as far as they do not leave out the folder itself. */
async function gitIgnoreAbove(folder: string): Promise<GitIgnore> {
  const top = await findUpward(folder, '.git');
  const above = new GitIgnore();
  if (top === undefined) return above;
  above.add(slashed(top), await readIfThere(join(top, '.git/info/exclude')));
  const start = slashed(top);
  // the folder's own is read when it is walked
  for (let end = start.length; end !== -1 && end < folder.length; end = folder.indexOf('/', end + 1))
    above.add(folder.slice(0, end), await readIfThere(join(folder.slice(0, end) || '/', '.gitignore')));
  return above.ignoresBelow(start, folder, true) ? new GitIgnore() : above;
}

/** The text of a file that need not be there; what cannot be read says nothing. */
async function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** The absolute path with forward slashes. */
function slashed(path: string): string {
  const absolute = resolve(path).split(sep).join('/');
  return absolute === '/' ? '' : absolute;
}

/** What a kustomization names. */
async function look(uri: string, problems: DiskProblem[]): Promise<{ entry: Entry; text?: string }> {
  const path = pathOf(uri);
  const status = path === undefined ? '' : await statOf(path);
  if (path === undefined || typeof status === 'string') return { entry: status === 'missing' ? 'absent' : 'closed' };
  if (!status.isFile()) return { entry: status.isDirectory() ? 'folder' : 'closed' };
  return { entry: 'file', text: isManifestName(path) ? readText({ path, named: false }, problems) : undefined };
}

/** A file that the user names is always taken, so that its mistakes show. */
function isWanted(file: FoundFile, text: string): boolean {
  return file.named || mayBeManifest(file.path, text);
}
