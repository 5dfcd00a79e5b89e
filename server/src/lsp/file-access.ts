// Where the server reads files: one interface for the disk and for a client that keeps them elsewhere.
import type { DiskProblem } from '../workspace/candidates';
import { schemeOf } from './uri';

export interface FoundFiles {
  /** Texts by canonical URI: files that may hold a manifest. */
  readonly files: ReadonlyMap<string, string>;
  readonly problems: readonly DiskProblem[];
}

/** Reads files by their canonical URIs. Never throws for what cannot be read: it is missing, or among the problems. */
export interface FileAccess {
  /** Every manifest below the folders. `progress` is told the number of files read so far, now and then. */
  findManifests(folders: readonly string[], progress: (read: number) => void): Promise<FoundFiles>;
  /** The files named, whatever they hold. */
  readFiles(uris: readonly string[]): Promise<FoundFiles>;
  /** The YAML and JSON files right in a folder. */
  filesIn(folder: string): Promise<readonly string[]>;
  /** True for the folder of a Helm chart, as far as is known: a client is asked no questions for this. */
  isChart(folder: string): boolean;
}

/** The disk for what is on disk, the client for everything else. */
export function accessByScheme(disk: FileAccess, client: FileAccess): FileAccess {
  const of = (uri: string): FileAccess => (schemeOf(uri) === 'file' ? disk : client);
  const both = async (
    uris: readonly string[],
    read: (access: FileAccess, part: readonly string[]) => Promise<FoundFiles>,
  ): Promise<FoundFiles> => {
    const parts = [disk, client].map((access) => ({ access, part: uris.filter((uri) => of(uri) === access) }));
    const found = await Promise.all(
      parts.filter(({ part }) => part.length > 0).map(({ access, part }) => read(access, part)),
    );
    return {
      files: new Map(found.flatMap(({ files }) => [...files])),
      problems: found.flatMap(({ problems }) => problems),
    };
  };
  return {
    findManifests: (folders, progress) => {
      const counts = new Map<FileAccess, number>();
      return both(folders, (access, part) =>
        access.findManifests(part, (read) => {
          counts.set(access, read);
          progress([...counts.values()].reduce((sum, each) => sum + each, 0));
        }),
      );
    },
    readFiles: (uris) => both(uris, (access, part) => access.readFiles(part)),
    filesIn: (folder) => of(folder).filesIn(folder),
    isChart: (folder) => of(folder).isChart(folder),
  };
}
