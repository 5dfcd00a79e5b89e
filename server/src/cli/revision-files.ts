// The manifests of a commit, and those of the working tree that git would commit: chosen alike, so that only what
// changed differs between them.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isManifestName, LARGEST_FILE, mayBeManifest, tooLarge } from '../workspace/candidates';
import type { Entries, Entry as FoundEntry } from '../workspace/entries';
import { follow, type Look } from '../workspace/follow';
import { type AskedPath, askGit, type Repository, type Revision } from './git';

/** Manifests of one commit. */
export interface RevisionFiles {
  /** Texts by URI: where the file is, or would be, in the working tree. */
  readonly files: ReadonlyMap<string, string>;
  /** What was passed over, a sentence or two each. */
  readonly notes: readonly string[];
  /** The paths asked for that the commit has. */
  readonly present: ReadonlySet<AskedPath>;
  /** What is known to exist. */
  readonly entries: Entries;
  /** Files that are kept elsewhere: this state has no text of them, so no other is compared with it. */
  readonly elsewhere: ReadonlySet<string>;
}

interface Entry {
  readonly mode: string;
  readonly object: string;
  /** From the top folder, with forward slashes. */
  readonly path: string;
}

const SYMBOLIC_LINK = '120000';
const SUBMODULE = '160000';

/** The manifests of a commit below the paths asked for. */
export async function readRevision(
  { root }: Repository,
  { commit }: Revision,
  asked: readonly AskedPath[],
): Promise<RevisionFiles> {
  return readTree(root, parseEntries(await askGit(root, ['ls-tree', '-r', '-z', '--full-tree', commit])), asked);
}

/** What a sparse checkout leaves out of the working tree, as the index has it. */
export interface Sparse extends RevisionFiles {
  /** Finds more of it. */
  readonly look: Look;
}

/** Undefined where everything is checked out. */
export async function readSparse({ root }: Repository, asked: readonly AskedPath[]): Promise<Sparse | undefined> {
  const listed = (await askGit(root, ['ls-files', '-t', '-z', '--full-name'])).toString('utf8').split('\0');
  const skipped = new Set(listed.flatMap((line) => (line.startsWith('S ') ? line.slice(2) : [])));
  if (skipped.size === 0) return undefined;
  const index = parseEntries(await askGit(root, ['ls-files', '-z', '--stage', '--full-name']));
  const tree = index.filter(({ path }) => skipped.has(path));
  return { ...(await readTree(root, tree, asked)), look: lookIn(root, tree, asked) };
}

async function readTree(root: string, tree: readonly Entry[], asked: readonly AskedPath[]): Promise<RevisionFiles> {
  const notes = new Set<string>();
  const present = new Set<AskedPath>();
  const wanted = new Map<string, { readonly entry: Entry; readonly asked: AskedPath }>();
  for (const each of asked) {
    for (const entry of tree) {
      if (!isBelow(entry.path, each.inside)) continue;
      present.add(each);
      const note = noteOf(entry);
      if (note) notes.add(note);
      else if (isNamed(each, entry.path) || isFoundBelow(entry.path, each.inside))
        wanted.set(entry.path, { entry, asked: each });
    }
  }
  const files = new Map<string, string>();
  const elsewhere = new Set<string>();
  const blobs = await readBlobs(
    root,
    [...wanted.values()].map(({ entry }) => entry),
  );
  for (const [path, { asked: each }] of wanted) {
    const uri = uriIn(each, path);
    const bytes = blobs.get(path);
    const text = bytes && textOf(bytes);
    if (text === undefined) {
      elsewhere.add(uri);
      notes.add(
        `${path}: not in this partial clone; passed over. Fetch it: git fetch --refetch --filter=blob:limit=10m`,
      );
    } else if (typeof text !== 'string') notes.add(`${path}: ${text.cause}; passed over. ${text.remedy}`);
    else if (isLargeFilePointer(text)) {
      elsewhere.add(uri);
      notes.add(`${path}: kept in Git LFS; passed over. Its content is not in the commit.`);
    } else if (isNamed(each, path) || mayBeManifest(path, text)) files.set(uri, text);
  }
  const entries = entriesOf(tree, asked);
  const more = await follow(files, entries, lookIn(root, tree, asked));
  for (const [uri, text] of more.files) files.set(uri, text);
  for (const [uri, entry] of more.entries) entries.set(uri, entry);
  return { files, notes: [...notes].sort(), present, entries, elsewhere };
}

/** Files and folders below the paths asked for; what is not entered is closed. */
function entriesOf(tree: readonly Entry[], asked: readonly AskedPath[]): Map<string, FoundEntry> {
  const entries = new Map<string, FoundEntry>();
  for (const each of asked) {
    const from = each.inside === '' ? 0 : each.inside.split('/').length;
    for (const { path, mode } of tree) {
      if (!isBelow(path, each.inside) || isNamed(each, path)) continue;
      const steps = path.split('/');
      const closed = steps.findIndex((name, index) => index >= from && index < steps.length - 1 && isPassedOver(name));
      const last = closed < 0 ? steps.length : closed + 1;
      for (let depth = from; depth < last; depth++) entries.set(uriIn(each, steps.slice(0, depth).join('/')), 'folder');
      const isFile = closed < 0 && mode !== SYMBOLIC_LINK && mode !== SUBMODULE;
      entries.set(uriIn(each, steps.slice(0, last).join('/')), isFile ? 'file' : 'closed');
    }
  }
  return entries;
}

/** What kustomizations name outside of the paths asked for. */
function lookIn(root: string, tree: readonly Entry[], asked: readonly AskedPath[]): Look {
  const entries = new Map(tree.map((entry) => [entry.path, entry]));
  return async (uri) => {
    for (const { top } of asked) {
      const base = `${pathToFileURL(top).href}/`;
      if (!uri.startsWith(base)) continue;
      const path = decodeURIComponent(uri.slice(base.length));
      const entry = entries.get(path);
      if (!entry) return { entry: tree.some((each) => each.path.startsWith(`${path}/`)) ? 'folder' : 'absent' };
      if (noteOf(entry)) return { entry: 'closed' };
      const bytes = isManifestName(path) ? (await readBlobs(root, [entry])).get(path) : undefined;
      const text = bytes && textOf(bytes);
      return typeof text === 'string' ? { entry: 'file', text } : { entry: 'file' };
    }
    // outside of the repository
    return { entry: 'closed' };
  };
}

/** The URIs of regular files that git tracks, or would: what `.gitignore` names is no part of a change. */
export async function committableFiles({ root }: Repository, asked: readonly AskedPath[]): Promise<Set<string>> {
  const tracked = parseEntries(await askGit(root, ['ls-files', '-z', '--stage', '--full-name']));
  const others = await askGit(root, ['ls-files', '-z', '--others', '--exclude-standard', '--full-name']);
  const regular = tracked.filter((entry) => noteOf(entry) === undefined).map(({ path }) => path);
  const paths = [...regular, ...others.toString('utf8').split('\0')].filter((path) => path !== '');
  const tops = [...new Map(asked.map((each) => [each.top, each])).values()];
  return new Set(tops.flatMap((each) => paths.map((path) => uriIn(each, path))));
}

/** The lines of `ls-tree -z` and of `ls-files --stage -z`: a mode first, a path behind the tab. */
function parseEntries(output: Buffer): Entry[] {
  return output
    .toString('utf8')
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const tab = line.indexOf('\t');
      const words = line.slice(0, tab).split(' ');
      // ls-tree has a type before the object, ls-files a stage behind it
      const object = words.find((word) => /^[0-9a-f]{40,64}$/.test(word)) ?? '';
      return { mode: words[0]!, object, path: line.slice(tab + 1) };
    });
}

function noteOf({ mode, path }: Entry): string | undefined {
  if (mode === SUBMODULE) return `${path}: a submodule; passed over. It has a history of its own.`;
  if (mode !== SYMBOLIC_LINK) return undefined;
  return `${path}: a symbolic link; passed over. What it leads to is read where it lies.`;
}

function isNamed(asked: AskedPath, path: string): boolean {
  return asked.inside === path;
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

/** The URI of a file where the user would look for it. */
function uriIn({ top }: AskedPath, path: string): string {
  return pathToFileURL(join(top, path)).href;
}

/** As on disk: no hidden folders, no `node_modules`. */
function isFoundBelow(path: string, folder: string): boolean {
  if (!isManifestName(path)) return false;
  const folders = path.split('/').slice(0, -1);
  const from = folder === '' ? 0 : folder.split('/').length;
  return folders.every((name, index) => {
    if (index < from) return true;
    return !isPassedOver(name);
  });
}

function isPassedOver(folder: string): boolean {
  return folder === 'node_modules' || folder.startsWith('.');
}

/** The contents of some blobs by path, with one process for all of them; a partial clone may lack some. */
async function readBlobs(root: string, entries: readonly Entry[]): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  if (entries.length === 0) return found;
  const output = await askGit(root, ['cat-file', '--batch'], entries.map(({ object }) => `${object}\n`).join(''));
  let offset = 0;
  for (const { path } of entries) {
    // `<object> blob <size>`, the content, and a newline
    const end = output.indexOf(10, offset);
    const [, type, size] = output.toString('latin1', offset, end).split(' ');
    offset = end + 1;
    if (type !== 'blob') continue;
    found.set(path, output.subarray(offset, offset + Number(size)));
    offset += Number(size) + 1;
  }
  return found;
}

function textOf(bytes: Buffer): string | { readonly cause: string; readonly remedy: string } {
  if (bytes.length > LARGEST_FILE) return tooLarge(bytes.length);
  const [a, b] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff))
    return { cause: 'the file is UTF-16, not UTF-8', remedy: 'Convert it.' };
  if (bytes.subarray(0, 8192).includes(0))
    return { cause: 'the file is binary', remedy: 'Leave it out, or rename it.' };
  return bytes.toString('utf8');
}

/** True for a text that stands for a file which git keeps elsewhere. */
function isLargeFilePointer(text: string): boolean {
  return text.startsWith('version https://git-lfs.github.com/spec/');
}
