// Manifests from disk: walks the folders given, reads what can be Kubernetes YAML or JSON, and says what it could not
// read. The only part of the workspace that knows Node.
import type { Dirent, Stats } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type DiskProblem, isManifestName, LARGEST_FILE, mayBeManifest, tooLarge } from './candidates';

/** The URI of what came by standard input. */
const STANDARD_INPUT = 'stdin:///manifests.yaml';

export interface DiskFiles {
  /** Texts by URI: files that may hold a manifest. */
  readonly files: ReadonlyMap<string, string>;
  /** YAML and JSON files that were opened. */
  readonly lookedAt: number;
  readonly problems: readonly DiskProblem[];
}

export interface DiskOptions {
  /** Called now and then with the number of files read so far. */
  readonly progress?: (read: number) => void;
  /** Gives the text of standard input, for the path `-`. */
  readonly standardInput?: () => Promise<string>;
  readonly signal?: AbortSignal;
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
 * hidden ones are passed over, as are templates of Helm charts; symbolic links are followed, each folder once. Never
 * throws for what is on disk: what cannot be read is among the problems.
 */
export async function readManifests(paths: readonly string[], options: DiskOptions = {}): Promise<DiskFiles> {
  const files = new Map<string, string>();
  const problems: DiskProblem[] = [];
  const walk = new Walk(problems);
  for (const path of paths) {
    if (path === '-') files.set(STANDARD_INPUT, (await options.standardInput?.()) ?? '');
    else await walk.enter(path);
  }
  await walk.followLinks();
  const queue = [...walk.found.values()];
  let read = 0;
  const next = async (): Promise<void> => {
    for (let file = queue.pop(); file; file = queue.pop()) {
      options.signal?.throwIfAborted();
      const text = await readText(file, problems);
      if (text !== undefined && isWanted(file, text)) files.set(uriOf(file.path), text);
      if (++read % 50 === 0) options.progress?.(read);
    }
  };
  await Promise.all(Array.from({ length: 16 }, next));
  options.progress?.(read);
  problems.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, lookedAt: read + (files.has(STANDARD_INPUT) ? 1 : 0), problems };
}

interface FoundFile {
  /** As the user would write it. */
  readonly path: string;
  /** Named by the user, not found in a folder. */
  readonly named: boolean;
}

/** One walk over some folders. Links wait until all real folders are seen, so that files keep their real paths. */
class Walk {
  /** By real path. */
  readonly found = new Map<string, FoundFile>();
  private readonly folders = new Set<string>();
  private readonly links: string[] = [];

  constructor(private readonly problems: DiskProblem[]) {}

  /** A path as the user gave it. */
  async enter(path: string): Promise<void> {
    const status = await statOf(path);
    if (status === 'missing') {
      this.note('missing', path, 'no such file or folder', 'Check the spelling; paths are relative to where you are.');
    } else if (typeof status === 'string') this.noteUnreadable(path, status);
    else if (status.isDirectory()) await this.folder(path, await realpath(path));
    else this.found.set(await realpath(path), { path, named: true });
  }

  async followLinks(): Promise<void> {
    for (let path = this.links.shift(); path !== undefined; path = this.links.shift()) {
      const status = await statOf(path);
      // a link to nowhere is nobody's manifest
      if (typeof status === 'string') continue;
      const real = await realpath(path);
      if (status.isDirectory()) await this.folder(path, real);
      else if (isManifestName(path) && !this.found.has(real)) this.found.set(real, { path, named: false });
    }
  }

  private async folder(path: string, real: string): Promise<void> {
    if (this.folders.has(real)) return;
    this.folders.add(real);
    let entries: Dirent[];
    try {
      entries = await readdir(path, { withFileTypes: true });
    } catch (error) {
      this.noteUnreadable(path, codeOf(error));
      return;
    }
    const isChart = entries.some((entry) => entry.name === 'Chart.yaml');
    for (const entry of entries) {
      const { name } = entry;
      const child = join(path, name);
      if (entry.isDirectory()) {
        if (name === 'node_modules' || name.startsWith('.')) continue;
        if (isChart && name === 'templates') this.noteTemplates(path);
        else await this.folder(child, join(real, name));
      } else if (entry.isSymbolicLink()) {
        if (!name.startsWith('.')) this.links.push(child);
      } else if (entry.isFile() && isManifestName(name) && !this.found.has(join(real, name))) {
        this.found.set(join(real, name), { path: child, named: false });
      }
    }
  }

  private noteTemplates(chart: string): void {
    this.note(
      'templates',
      join(chart, 'templates'),
      'Helm templates are YAML only after rendering',
      `Render them: helm template ${chart} | mutual check -`,
    );
  }

  private noteUnreadable(path: string, code: string): void {
    const denied = code === 'EACCES' || code === 'EPERM';
    this.note(
      'unreadable',
      path,
      denied ? 'permission denied' : `cannot be read (${code})`,
      denied ? 'Give yourself read access, or leave it out.' : 'Leave it out, or mend the file system.',
    );
  }

  private note(code: DiskProblem['code'], path: string, cause: string, remedy: string): void {
    this.problems.push({ code, path, cause, remedy });
  }
}

async function statOf(path: string): Promise<Stats | 'missing' | string> {
  try {
    return await stat(path);
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : code;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

/** A file that the user names is always taken, so that its mistakes show. */
function isWanted(file: FoundFile, text: string): boolean {
  return file.named || mayBeManifest(file.path, text);
}

async function readText(file: FoundFile, problems: DiskProblem[]): Promise<string | undefined> {
  const skip = (code: DiskProblem['code'], cause: string, remedy: string): undefined => {
    problems.push({ code: file.named && code === 'skipped' ? 'unreadable' : code, path: file.path, cause, remedy });
    return undefined;
  };
  try {
    const handle = await open(file.path, 'r');
    try {
      const { size } = await handle.stat();
      if (size > LARGEST_FILE) {
        const { cause, remedy } = tooLarge(size);
        return skip('skipped', cause, remedy);
      }
      const bytes = await handle.readFile();
      const [a, b] = bytes;
      if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
        return skip(
          'skipped',
          'the file is UTF-16, not UTF-8',
          `Convert it: iconv -f UTF-16 -t UTF-8 ${basename(file.path)}`,
        );
      }
      if (bytes.subarray(0, 8192).includes(0))
        return skip('skipped', 'the file is binary', 'Leave it out, or rename it.');
      return bytes.toString('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = codeOf(error);
    return code === 'EACCES' || code === 'EPERM'
      ? skip('unreadable', 'permission denied', 'Give yourself read access, or leave it out.')
      : skip('unreadable', `cannot be read (${code})`, 'Leave it out, or mend the file system.');
  }
}
