// What the server has read: files on disk, and over them the texts that are open in the editor.
import type { TextDocumentContentChangeEvent } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { type DiskProblem, isManifestName, mayHoldManifest } from '../workspace/candidates';
import type { FileAccess } from './file-access';
import { globTest } from './glob';
import { canonical, nameOf, namesBelow, parentOf } from './uri';

interface OpenFile {
  /** As the client spells it. */
  readonly uri: string;
  readonly document: TextDocument;
}

export class Files {
  private readonly disk = new Map<string, string>();
  private readonly open = new Map<string, OpenFile>();
  private changed = new Set<string>();
  /** Grows with every change of what was read from disk. */
  private revision = 0;
  private folders: readonly string[] = [];
  private isExcluded: (path: string) => boolean = () => false;
  /** One reading at a time, so that the last one says how things are. */
  private reading: Promise<unknown> = Promise.resolve();

  constructor(private readonly access: FileAccess) {}

  /** Which folders count, and what in them does not. Takes effect with the next {@link scan}. */
  configure(folders: readonly string[], exclude: readonly string[]): void {
    this.folders = folders;
    this.isExcluded = globTest(exclude);
  }

  /** Its URI; paths are shown relative to it. */
  get firstFolder(): string | undefined {
    return this.folders[0];
  }

  /** Reads all folders anew. */
  scan(progress: (read: number) => void): Promise<readonly DiskProblem[]> {
    return this.inTurn(async () => {
      const found = await this.access.findManifests(this.folders, progress);
      for (const uri of this.disk.keys()) if (!found.files.has(uri)) this.setDisk(uri, undefined);
      for (const [uri, text] of found.files) this.setDisk(uri, this.leftOut(uri) ? undefined : text);
      if (this.folders.length === 0) for (const uri of this.open.keys()) await this.readBeside(uri);
      return found.problems;
    });
  }

  /** Reads files that were made or changed, and forgets those that are gone, folders included. True if that matters. */
  reread(changed: readonly string[], deleted: readonly string[]): Promise<boolean> {
    return this.inTurn(async () => {
      const before = this.revision;
      for (const uri of deleted) {
        for (const known of this.disk.keys())
          if (known === uri || known.startsWith(`${uri}/`)) this.setDisk(known, undefined);
      }
      const wanted = changed.filter((uri) => isManifestName(uri) && !this.leftOut(uri));
      const { files } = await this.access.readFiles(wanted);
      for (const uri of wanted) {
        const text = files.get(uri);
        this.setDisk(uri, text !== undefined && mayHoldManifest(text) ? text : undefined);
      }
      return this.revision > before;
    });
  }

  /** Resolves to true when files beside it were read with it. */
  async openDocument(uri: string, languageId: string, version: number, text: string): Promise<boolean> {
    const key = canonical(uri);
    this.open.set(key, { uri, document: TextDocument.create(uri, languageId, version, text) });
    this.changed.add(key);
    if (this.folders.length > 0) return false;
    const before = this.revision;
    await this.inTurn(() => this.readBeside(key));
    return this.revision > before;
  }

  /** Gives false for a change that cannot be applied: of a document that is not open, or older than what is here. */
  changeDocument(uri: string, version: number, changes: readonly TextDocumentContentChangeEvent[]): boolean {
    const key = canonical(uri);
    const file = this.open.get(key);
    if (!file || version <= file.document.version) return false;
    TextDocument.update(file.document, [...changes], version);
    this.changed.add(key);
    return true;
  }

  /** The text on disk counts again. */
  closeDocument(uri: string): void {
    const key = canonical(uri);
    if (this.open.delete(key)) this.changed.add(key);
  }

  /** The version of an open document; null for others, as the protocol has it. */
  versionOf(key: string): number | null {
    return this.open.get(key)?.document.version ?? null;
  }

  document(key: string): TextDocument | undefined {
    return this.open.get(key)?.document;
  }

  /** The client's own spelling, where it has told one. */
  clientUri(key: string): string {
    return this.open.get(key)?.uri ?? key;
  }

  openUris(): readonly string[] {
    return [...this.open.keys()];
  }

  /** What has changed since the last call, in the form that the workspace takes. */
  takeChanges(): Map<string, string | undefined> {
    const changes = new Map<string, string | undefined>();
    for (const uri of this.changed) {
      const text = this.open.get(uri)?.document.getText() ?? this.disk.get(uri);
      // a document counts as long as it can hold an object; what is no manifest is never parsed
      changes.set(uri, text !== undefined && mayHoldManifest(text) && !this.leftOut(uri) ? text : undefined);
    }
    this.changed = new Set();
    return changes;
  }

  private setDisk(uri: string, text: string | undefined): void {
    if (this.disk.get(uri) === text) return;
    this.revision++;
    if (text === undefined) this.disk.delete(uri);
    else this.disk.set(uri, text);
    if (!this.open.has(uri)) this.changed.add(uri);
  }

  /** True for what {@link scan} would pass over: hidden folders, `node_modules`, chart templates, excluded files. */
  private leftOut(uri: string): boolean {
    const folder = this.folders.find((each) => uri.startsWith(`${each}/`)) ?? parentOf(uri);
    const names = namesBelow(folder, uri) ?? [];
    const folders = names.slice(0, -1);
    if (folders.some((name) => name === 'node_modules' || name.startsWith('.'))) return true;
    if (this.isExcluded(names.join('/'))) return true;
    return this.isChartTemplate(uri);
  }

  /** Helm templates are YAML only after rendering. */
  private isChartTemplate(uri: string): boolean {
    for (let folder = parentOf(uri); folder !== parentOf(folder); folder = parentOf(folder)) {
      if (nameOf(folder) === 'templates' && this.access.isChart(parentOf(folder))) return true;
    }
    return false;
  }

  /** A file opened on its own is deployed with those beside it; their folder is not searched further. */
  private async readBeside(key: string): Promise<void> {
    const folder = parentOf(key);
    if (folder === key) return;
    const { files } = await this.access.readFiles(await this.access.filesIn(folder));
    for (const [uri, text] of files) if (mayHoldManifest(text)) this.setDisk(uri, text);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.reading.then(work, work);
    this.reading = result.catch(() => undefined);
    return result;
  }
}
