// Where the server reads files: one interface for the disk and for a client that keeps them elsewhere.
import type { DiskProblem } from '../workspace/candidates';
import type { ChartRendering } from '../workspace/charts';
import type { Entries } from '../workspace/entries';
import { schemeOf } from './uri';

export interface FoundFiles {
  /** Texts by canonical URI: files that may hold a manifest. */
  readonly files: ReadonlyMap<string, string>;
  readonly problems: readonly DiskProblem[];
}

/** What lies below a folder. */
export interface FolderContent extends FoundFiles {
  /** True for a file below the folder that .gitignore files name. */
  isIgnored(uri: string): boolean;
  /** What there is below the folder; absent where that is not known. */
  readonly entries?: Entries;
}

export interface FindOptions {
  /** Told the number of files read so far, now and then. */
  progress(read: number): void;
  /** True for files and folders that do not count. */
  isExcluded(uri: string): boolean;
  /** What .gitignore files name does not count. */
  readonly gitIgnore: boolean;
}

/** What Helm made of a chart, or why it made nothing. */
export interface ChartAnswer {
  readonly output?: ChartRendering;
  readonly problem?: { readonly cause: string; readonly remedy: string };
}

/** Reads files by their canonical URIs. Never throws for what cannot be read: it is missing, or among the problems. */
export interface FileAccess {
  /** Every manifest below a folder. */
  findManifests(folder: string, options: FindOptions): Promise<FolderContent>;
  /** The mutual.yaml that is for a folder: in it, or above it up to the top of its repository. */
  findConfiguration(folder: string): Promise<{ readonly uri: string; readonly text: string } | undefined>;
  /** The files named, whatever they hold. */
  readFiles(uris: readonly string[]): Promise<FoundFiles>;
  /** The YAML and JSON files right in a folder. */
  filesIn(folder: string): Promise<readonly string[]>;
  /**
   * Runs Helm for a chart; absent where no program can be run.
   * @param base the folder to which values files are relative
   */
  renderChart?(
    chart: string,
    base: string,
    options: { readonly program: string; readonly values: readonly string[] },
    signal: AbortSignal,
  ): Promise<ChartAnswer>;
}

/** The disk for what is on disk, the client for everything else. */
export function accessByScheme(disk: FileAccess, client: FileAccess): FileAccess {
  const of = (uri: string): FileAccess => (schemeOf(uri) === 'file' ? disk : client);
  return {
    findManifests: (folder, options) => of(folder).findManifests(folder, options),
    findConfiguration: (folder) => of(folder).findConfiguration(folder),
    async readFiles(uris) {
      const parts = [disk, client].map((access) => ({ access, part: uris.filter((uri) => of(uri) === access) }));
      const found = await Promise.all(
        parts.filter(({ part }) => part.length > 0).map(({ access, part }) => access.readFiles(part)),
      );
      return {
        files: new Map(found.flatMap(({ files }) => [...files])),
        problems: found.flatMap(({ problems }) => problems),
      };
    },
    filesIn: (folder) => of(folder).filesIn(folder),
    renderChart: async (chart, ...rest) => (await of(chart).renderChart?.(chart, ...rest)) ?? {},
  };
}
