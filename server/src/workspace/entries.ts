// What is known to exist beside the files whose texts are known, so that nothing is called missing that may be there.

/**
 * `file`: there is one, whether or not it was read. `folder`: all that is in it is named too. `closed`: a folder that
 * was not entered, or only in part.
 */
export type Entry = 'file' | 'folder' | 'closed' | 'absent';

/** By URI, without a slash at its end. */
export type Entries = ReadonlyMap<string, Entry>;

/** `folder` may then be one of which not all entries are known. */
export type Presence = 'file' | 'folder' | 'absent' | 'unknown';

/**
 * Tells what is at a URI.
 * @param files those whose texts are known
 * @param entries what else is known to exist; without them nothing is ever known to be absent
 */
export function presenceIn(
  files: ReadonlyMap<string, unknown>,
  entries: Entries = new Map(),
): (uri: string) => Presence {
  let folders: Set<string> | undefined;
  const presence = (uri: string): Presence => {
    if (files.has(uri)) return 'file';
    const entry = entries.get(uri);
    if (entry !== undefined && entry !== 'closed') return entry;
    folders ??= foldersOf(files.keys());
    if (entry === 'closed') return folders.has(uri) ? 'folder' : 'unknown';
    const parent = parentOf(uri);
    if (parent !== undefined && entries.size > 0) {
      const above = entries.get(parent) ?? presence(parent);
      if (entries.get(parent) === 'folder' || above === 'file' || above === 'absent') return 'absent';
    }
    return folders.has(uri) ? 'folder' : 'unknown';
  };
  return presence;
}

function parentOf(uri: string): string | undefined {
  const slash = uri.lastIndexOf('/');
  return slash > 0 && uri[slash - 1] !== '/' ? uri.slice(0, slash) : undefined;
}

/** Every folder above a file. */
function foldersOf(uris: Iterable<string>): Set<string> {
  const folders = new Set<string>();
  for (const uri of uris) {
    for (let folder = parentOf(uri); folder !== undefined && !folders.has(folder); folder = parentOf(folder))
      folders.add(folder);
  }
  return folders;
}
