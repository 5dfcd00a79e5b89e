// What the server has read: files on disk, and over them the texts that are open in the editor. Each belongs to a part:
// a workspace folder, or the few files beside one that is open and outside of all folders.
import type { TextDocumentContentChangeEvent } from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import {
  type DiskProblem,
  isAssembling,
  isManifestName,
  mayBeManifest,
  mayHoldManifest,
} from '../workspace/candidates';
import type { Entries, Entry } from '../workspace/entries';
import type { FileAccess, FolderContent } from './file-access';
import { canonical, namesBelow, parentOf } from './uri';

/** What counts below a workspace folder. */
export interface FolderRules {
  isExcluded(uri: string): boolean;
  readonly gitIgnore: boolean;
}

interface OpenFile {
  /** As the client spells it. */
  readonly uri: string;
  readonly document: TextDocument;
}

/** Marks the part of an open file that no folder takes, by the folder that it lies in. */
const BESIDE = 'beside ';

export class Files {
  private readonly disk = new Map<string, string>();
  private readonly open = new Map<string, OpenFile>();
  private readonly changed = new Set<string>();
  /** By file, the part that was last told of it. */
  private readonly told = new Map<string, string>();
  private folders: ReadonlyMap<string, FolderRules> = new Map();
  private readonly contents = new Map<string, FolderContent>();
  /** By workspace folder, what there is in it. */
  private readonly entries = new Map<string, Entries>();
  /** What {@link isLeftOut} has said since folders or what they hold were last read. */
  private readonly leftOut = new Map<string, boolean>();
  /** Grows with every change of what was read from disk. */
  private revision = 0;
  /** One reading at a time, so that the last one says how things are. */
  private reading: Promise<unknown> = Promise.resolve();

  constructor(private readonly access: FileAccess) {}

  /** Which folders count, and what in them does not. Takes effect with the next {@link scan}. */
  configure(folders: ReadonlyMap<string, FolderRules>): void {
    this.folders = folders;
    this.leftOut.clear();
    for (const folder of this.contents.keys()) if (!folders.has(folder)) this.contents.delete(folder);
  }

  /** Its URI; paths are shown relative to it. */
  get firstFolder(): string | undefined {
    return [...this.folders.keys()][0];
  }

  /** Reads these folders anew. */
  scan(folders: readonly string[], progress: (read: number) => void): Promise<readonly DiskProblem[]> {
    return this.inTurn(async () => {
      const problems: DiskProblem[] = [];
      const found = new Map<string, string>();
      for (const folder of folders) {
        const before = found.size;
        const rules = this.folders.get(folder);
        if (!rules) continue;
        const content = await this.access.findManifests(folder, {
          ...rules,
          progress: (read) => progress(before + read),
        });
        this.contents.set(folder, content);
        this.leftOut.clear();
        if (content.entries) this.entries.set(folder, content.entries);
        for (const [uri, text] of content.files) found.set(uri, text);
        problems.push(...content.problems);
      }
      const scanned = new Set(folders);
      for (const uri of this.disk.keys()) {
        const folder = this.folderOf(uri);
        if (!found.has(uri) && (folder === undefined || scanned.has(folder))) this.setDisk(uri, undefined);
      }
      for (const [uri, text] of found) this.setDisk(uri, this.isLeftOut(uri) ? undefined : text);
      for (const uri of this.open.keys()) {
        this.changed.add(uri);
        await this.readBeside(uri);
      }
      for (const [uri, part] of this.told) if (part !== this.partOf(uri)) this.changed.add(uri);
      return problems;
    });
  }

  /** Reads files that were made or changed, and forgets those that are gone, folders included. True if that matters. */
  reread(changed: readonly string[], deleted: readonly string[]): Promise<boolean> {
    return this.inTurn(async () => {
      const before = this.revision;
      const gone = new Set(deleted);
      this.noteEntries(changed, gone);
      for (const uri of gone.size > 0 ? this.disk.keys() : []) {
        if (gone.has(uri) || hasAbove(gone, uri)) this.setDisk(uri, undefined);
      }
      const wanted = changed.filter((uri) => isManifestName(uri) && this.counts(uri));
      const { files } = await this.access.readFiles(wanted);
      for (const uri of wanted) {
        const text = files.get(uri);
        this.setDisk(uri, text !== undefined && mayBeManifest(uri, text) ? text : undefined);
      }
      return this.revision > before;
    });
  }

  /** Resolves to true when files beside it were read with it. */
  async openDocument(uri: string, languageId: string, version: number, text: string): Promise<boolean> {
    const key = canonical(uri);
    this.open.set(key, { uri, document: TextDocument.create(uri, languageId, version, text) });
    this.changed.add(key);
    if (!this.partOf(key).startsWith(BESIDE)) return false;
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

  /** The text on disk counts again, where it does at all. */
  closeDocument(uri: string): void {
    const key = canonical(uri);
    if (!this.open.delete(key)) return;
    this.changed.add(key);
    const part = this.partOf(key);
    if (!part.startsWith(BESIDE) || [...this.open.keys()].some((each) => this.partOf(each) === part)) return;
    for (const each of this.disk.keys()) if (this.partOf(each) === part) this.setDisk(each, undefined);
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

  /**
   * What has changed since the last call, by part, in the form that a workspace takes.
   * @param limit the number of files to take at most
   */
  takeChanges(limit = Number.POSITIVE_INFINITY): Map<string, Map<string, string | undefined>> {
    const changes = new Map<string, Map<string, string | undefined>>();
    const tell = (part: string, uri: string, text: string | undefined): void => {
      const own = changes.get(part) ?? new Map<string, string | undefined>();
      changes.set(part, own.set(uri, text));
    };
    let taken = 0;
    for (const uri of this.changed) {
      if (taken++ >= limit) break;
      this.changed.delete(uri);
      const part = this.partOf(uri);
      const text = this.open.get(uri)?.document.getText() ?? this.disk.get(uri);
      // a document counts as long as it can hold an object; what is no manifest is never parsed
      const counts = text !== undefined && (isAssembling(uri) || mayHoldManifest(text));
      const before = this.told.get(uri);
      if (before !== undefined && before !== part) tell(before, uri, undefined);
      tell(part, uri, counts ? text : undefined);
      if (counts) this.told.set(uri, part);
      else this.told.delete(uri);
    }
    return changes;
  }

  /** The number of files that have changed since they were last taken. */
  get changeCount(): number {
    return this.changed.size;
  }

  /** The name of the part that a file belongs to: the URI of its folder, or a name for what lies beside it. */
  partOf(uri: string): string {
    const folder = this.folderOf(uri);
    if (folder !== undefined && !this.isLeftOut(uri)) return folder;
    // what was never saved belongs to the first folder
    if (uri.startsWith('untitled:')) return this.firstFolder ?? BESIDE;
    return BESIDE + parentOf(uri);
  }

  /** The nearest workspace folder that holds a file. */
  folderOf(uri: string): string | undefined {
    let nearest: string | undefined;
    for (const folder of this.folders.keys())
      if (uri.startsWith(`${folder}/`) && folder.length > (nearest?.length ?? -1)) nearest = folder;
    return nearest;
  }

  /** What is known to exist in a part; undefined where that is not known. */
  entriesOf(part: string): Entries | undefined {
    return this.entries.get(part);
  }

  /** Keeps in mind which files there are now, their texts aside. */
  private noteEntries(changed: readonly string[], gone: ReadonlySet<string>): void {
    for (const [folder, known] of this.entries) {
      const made = changed.filter((uri) => !known.has(uri) && this.folderOf(uri) === folder);
      const lost = gone.size === 0 ? [] : [...known.keys()].filter((uri) => gone.has(uri) || hasAbove(gone, uri));
      if (made.length + lost.length === 0) continue;
      const next = new Map<string, Entry>(known);
      for (const uri of lost) next.delete(uri);
      for (const uri of made) {
        next.set(uri, 'file');
        for (let above = parentOf(uri); above !== folder && !next.has(above); above = parentOf(above))
          next.set(above, 'folder');
      }
      this.entries.set(folder, next);
      this.revision++;
    }
  }

  private setDisk(uri: string, text: string | undefined): void {
    if (this.disk.get(uri) === text) return;
    this.revision++;
    if (text === undefined) this.disk.delete(uri);
    else this.disk.set(uri, text);
    if (!this.open.has(uri)) this.changed.add(uri);
  }

  /** True for files whose text on disk bears on an answer. */
  private counts(uri: string): boolean {
    const part = this.partOf(uri);
    return !part.startsWith(BESIDE) || [...this.open.keys()].some((each) => this.partOf(each) === part);
  }

  /** True for what {@link scan} passes over: hidden folders, `node_modules`, what is excluded or ignored. */
  private isLeftOut(uri: string): boolean {
    let known = this.leftOut.get(uri);
    if (known === undefined) {
      known = this.findLeftOut(uri);
      this.leftOut.set(uri, known);
    }
    return known;
  }

  private findLeftOut(uri: string): boolean {
    const folder = this.folderOf(uri);
    if (folder === undefined) return false;
    const folders = namesBelow(folder, uri)?.slice(0, -1) ?? [];
    if (folders.some((name) => name === 'node_modules' || name.startsWith('.'))) return true;
    const rules = this.folders.get(folder);
    if (rules?.isExcluded(uri)) return true;
    return rules?.gitIgnore === true && this.contents.get(folder)?.isIgnored(uri) === true;
  }

  /** A file opened on its own is deployed with those beside it; their folder is not searched further. */
  private async readBeside(key: string): Promise<void> {
    const part = this.partOf(key);
    const folder = parentOf(key);
    if (!part.startsWith(BESIDE) || folder === key) return;
    const wanted = (await this.access.filesIn(folder)).filter((uri) => this.partOf(uri) === part);
    const { files } = await this.access.readFiles(wanted);
    for (const [uri, text] of files) if (isAssembling(uri) || mayHoldManifest(text)) this.setDisk(uri, text);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.reading.then(work, work);
    this.reading = result.catch(() => undefined);
    return result;
  }
}

function hasAbove(folders: ReadonlySet<string>, uri: string): boolean {
  for (let folder = parentOf(uri), below = uri; folder !== below; below = folder, folder = parentOf(folder))
    if (folders.has(folder)) return true;
  return false;
}
