// What kustomizations name outside of what was searched: files that are read for the sake of those that name them.
import { isRemote, KUSTOMIZATION_NAMES, resolvePath } from '../kustomize/paths';
import { parseDocuments } from '../yaml/document';
import type { Entries, Entry } from './entries';
import { folderOf } from './kustomization-roots';

/** What is at a URI; the text of a file that can be read. */
export type Look = (uri: string) => Promise<{ readonly entry: Entry; readonly text?: string }>;

/**
 * Reads what the kustomizations among `files` name and nobody has read, and what those name in turn.
 * @returns texts and entries to add to those that are known
 */
export async function follow(
  files: ReadonlyMap<string, string>,
  entries: Entries,
  look: Look,
): Promise<{ readonly files: Map<string, string>; readonly entries: Map<string, Entry> }> {
  const found = { files: new Map<string, string>(), entries: new Map<string, Entry>() };
  const isKnown = (uri: string): boolean => files.has(uri) || found.entries.has(uri);
  const see = async (uri: string): Promise<Entry> => {
    const { entry, text } = await look(uri);
    found.entries.set(uri, entry === 'folder' ? 'closed' : entry);
    if (text !== undefined) {
      found.files.set(uri, text);
      queue.push([uri, text]);
    }
    return entry;
  };
  const queue = [...files];
  for (let next = queue.pop(); next; next = queue.pop()) {
    for (const uri of references(next[0], next[1])) {
      // a folder that was searched has been read
      if (isKnown(uri) || entries.get(uri) === 'folder') continue;
      if ((await see(uri)) !== 'folder') continue;
      for (const name of KUSTOMIZATION_NAMES) if (!isKnown(resolvePath(uri, name))) await see(resolvePath(uri, name));
    }
  }
  return found;
}

/**
 * What kustomizations name and nobody has, and what is kept out of the repository: something makes or fetches it, so
 * that it is not missing.
 * @param isLeftOut tells of a file or folder whether .gitignore files leave it out
 */
export function leftOutReferences(
  files: ReadonlyMap<string, string>,
  entries: Entries,
  isLeftOut: (uri: string) => boolean,
): string[] {
  const isHere = (uri: string): boolean => files.has(uri) || (entries.get(uri) ?? 'absent') !== 'absent';
  return [...files].flatMap(([uri, text]) => references(uri, text).filter((each) => !isHere(each) && isLeftOut(each)));
}

/** The files and folders that a kustomization names. */
function references(uri: string, text: string): string[] {
  if (!KUSTOMIZATION_NAMES.some((name) => uri.endsWith(`/${name}`))) return [];
  const value = parseDocuments(text)[0]?.value;
  if (typeof value !== 'object' || value === null) return [];
  const paths = Object.values(value).flatMap((list: unknown) =>
    (Array.isArray(list) ? list : []).map((item: unknown) =>
      typeof item === 'object' && item !== null ? (item as { path?: unknown }).path : item,
    ),
  );
  return paths
    .filter((path): path is string => typeof path === 'string' && /^[^\s:{}$]+$/.test(path) && !isRemote(path))
    .map((path) => resolvePath(folderOf(uri), path));
}
