// Files that only the client can read (a virtual workspace, a browser): asked for by requests of our own, in batches.
import type { Connection } from 'vscode-languageserver';
import { type DiskProblem, isManifestName, LARGEST_FILE, mayBeManifest, tooLarge } from '../workspace/candidates';
import { CONFIGURATION_NAME } from '../workspace/configuration-fields';
import type { FileAccess, FindOptions, FolderContent, FoundFiles } from './file-access';
import type { FindFilesAnswer, FindFilesParams, ReadFilesAnswer, ReadFilesParams } from './protocol';
import { ClientRequests } from './protocol';
import { canonical, namesBelow } from './uri';

/** Files in one request: few enough for progress to show and for one message to stay small. */
const BATCH = 50;

/** Reads by asking the client; finds nothing while `canAsk` says that the client knows no such requests. */
export class ClientAccess implements FileAccess {
  constructor(
    private readonly connection: Pick<Connection, 'sendRequest'>,
    private readonly canAsk: () => boolean,
  ) {}

  async findManifests(folder: string, { progress, isExcluded }: FindOptions): Promise<FolderContent> {
    const found = (await this.find(folder, true)).filter((uri) => isVisible(folder, uri));
    const wanted = found.filter((uri) => !isExcluded(uri));
    const { files, problems } = await this.read(wanted, progress);
    return {
      files: new Map([...files].filter(([uri, text]) => mayBeManifest(uri, text))),
      problems,
      // such file systems hold what is in a repository, and nothing that was built
      isIgnored: () => false,
    };
  }

  async findConfiguration(folder: string): Promise<{ uri: string; text: string } | undefined> {
    const uri = `${folder}/${CONFIGURATION_NAME}`;
    if (!(await this.find(folder, false)).includes(uri)) return undefined;
    const text = (await this.readFiles([uri])).files.get(uri);
    return text === undefined ? undefined : { uri, text };
  }

  readFiles(uris: readonly string[]): Promise<FoundFiles> {
    return this.read(uris, () => {});
  }

  filesIn(folder: string): Promise<readonly string[]> {
    return this.find(folder, false);
  }

  private async find(folder: string, deep: boolean): Promise<string[]> {
    if (!this.canAsk()) return [];
    const params: FindFilesParams = { folder: withRoot(folder), deep };
    const { uris } = await this.connection.sendRequest<FindFilesAnswer>(ClientRequests.findFiles, params);
    return uris.map(canonical).filter(isManifestName);
  }

  private async read(uris: readonly string[], progress: (read: number) => void): Promise<FoundFiles> {
    const files = new Map<string, string>();
    const problems: DiskProblem[] = [];
    if (!this.canAsk()) return { files, problems };
    for (let start = 0; start < uris.length; start += BATCH) {
      const params: ReadFilesParams = { uris: uris.slice(start, start + BATCH), limit: LARGEST_FILE };
      const answer = await this.connection.sendRequest<ReadFilesAnswer>(ClientRequests.readFiles, params);
      for (const [index, { text, size, error }] of answer.files.entries()) {
        const uri = params.uris[index]!;
        if (error !== undefined) problems.push(unreadable(uri, error));
        else if (text === undefined) problems.push({ code: 'skipped', path: uri, ...tooLarge(size) });
        else if (text.slice(0, 8192).includes('\0')) problems.push(binary(uri));
        else files.set(uri, text);
      }
      progress(Math.min(start + BATCH, uris.length));
    }
    return { files, problems };
  }
}

/** A folder without a path is the root of its scheme. */
function withRoot(folder: string): string {
  return folder.endsWith(':') || folder.endsWith('//') ? `${folder}/` : folder;
}

/** False in hidden folders and `node_modules`; the same as on disk. */
function isVisible(folder: string, uri: string): boolean {
  const folders = namesBelow(folder, uri)?.slice(0, -1) ?? [];
  return !folders.some((name) => name === 'node_modules' || name.startsWith('.'));
}

function unreadable(uri: string, error: string): DiskProblem {
  const remedy = 'Open it once to see what its file system says, or leave it out.';
  return { code: 'unreadable', path: uri, cause: `cannot be read (${error})`, remedy };
}

function binary(uri: string): DiskProblem {
  return { code: 'skipped', path: uri, cause: 'the file is binary', remedy: 'Leave it out, or rename it.' };
}
