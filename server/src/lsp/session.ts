// The server's state: files, folders, the workspaces made of them, and whether everything has been read.
import { type CancellationToken, LSPErrorCodes, ResponseError } from 'vscode-languageserver';
import { sameItems } from '../mesh/lookup';
import { Checker, type RuleErrorHandler } from '../rules/index';
import type { Problem } from '../rules/rule';
import type { ChartRenderings } from '../workspace/charts';
import { joinedName, joinSnapshots } from '../workspace/join';
import { type Snapshot, Workspace } from '../workspace/workspace';
import type { FileAccess } from './file-access';
import { Files } from './files';
import { Folders } from './folders';
import type { FolderSettings } from './settings';
import { nameOf } from './uri';

/** Told of what went wrong inside, once for each cause. */
export type Log = (message: string) => void;

/** Time that one piece of a large change may take before others have their turn. */
const SLICE_MS = 12;
const SLICE_FILES = 8;
/** More files than these are taken into a new workspace, while the old one goes on answering. */
const LARGE_CHANGE = 100;

/** The workspace of one folder, with what was last found in it. */
interface Part {
  readonly workspace: Workspace;
  checked?: { readonly settings: FolderSettings; readonly checker: Checker };
  charts?: ChartRenderings;
}

/** A workspace that is to take the place of a part's. */
interface Successor {
  readonly workspace: Workspace;
  /** Files that it has been told of. */
  readonly told: Set<string>;
}

export interface Checked {
  readonly snapshot: Snapshot;
  readonly problems: readonly Problem[];
}

export class Session {
  readonly files: Files;
  readonly folders: Folders;
  /** By the names that {@link Files.partOf} gives. */
  private readonly parts = new Map<string, Part>();
  private readonly successors = new Map<string, Successor>();
  private joined: { readonly of: readonly unknown[]; readonly snapshot: Snapshot } | undefined;
  private version = 0;
  /** By file, those that have any. */
  private readonly known = new Map<string, readonly Problem[]>();
  private all: readonly Problem[] | undefined;
  private changedFiles = new Set<string>();
  /** The parts that problems are known of, with their names. */
  private keys: ReadonlySet<string> = new Set();
  /** What is answered while a large change is taken in. */
  private held: Snapshot | undefined;
  private released: Promise<void> = Promise.resolve();
  private readonly reported = new Set<string>();
  private becomeReady: () => void = () => {};
  private readonly whenReady = new Promise<void>((resolve) => (this.becomeReady = resolve));
  private listeners: (() => void)[] = [];
  /** By the URI of their folders, charts that Helm was to render and could not, in words. */
  readonly chartProblems = new Map<string, string>();
  ready = false;

  constructor(
    private readonly log: Log,
    access: FileAccess,
  ) {
    this.files = new Files(access);
    this.folders = new Folders(access);
  }

  /** The state as of every change told so far; of the last one before, while a large change is taken in. */
  snapshot(): Snapshot {
    if (this.held) return this.held;
    this.take();
    const parts = this.named();
    // a snapshot lives on; its version tells whether it says something else
    const of = parts.flatMap(({ name, snapshot }) => [name, snapshot, snapshot.version]);
    if (!this.joined || !sameItems(this.joined.of, of))
      this.joined = { of, snapshot: joinSnapshots(parts, ++this.version) };
    return this.joined.snapshot;
  }

  /** All problems of the present snapshot. */
  problems(): Checked {
    const snapshot = this.snapshot();
    this.refresh(Number.POSITIVE_INFINITY);
    this.all ??= [...this.known.keys()].sort().flatMap((uri) => this.known.get(uri)!);
    return { snapshot, problems: this.all };
  }

  /** The problems of a file, as of the last {@link refresh}. */
  problemsOf(uri: string): readonly Problem[] {
    return this.known.get(uri) ?? [];
  }

  /**
   * Looks for problems where something has changed, in open files first.
   * @param milliseconds after which it stops, to go on with the next call
   * @returns true when all problems are those of the present snapshot, or of the one that is held
   */
  refresh(milliseconds: number): boolean {
    this.snapshot();
    if (this.held) return true;
    const end = performance.now() + milliseconds;
    const isOver = (): boolean => performance.now() > end;
    const first = new Set(this.files.openUris());
    const parts = this.named();
    const keys = new Set(parts.map(({ key, name }) => `${key} ${name}`));
    const isRenamed = !sameItems([...keys], [...this.keys]);
    // what is no part any more, or is called otherwise, is told anew
    if (isRenamed) for (const uri of [...this.known.keys()]) this.tell(uri, []);
    this.keys = keys;
    let isDone = true;
    for (const { key, name, snapshot } of parts) {
      const checker = this.checkerOf(key, snapshot);
      isDone = checker.update(first, isOver) && isDone;
      const changed = checker.takeChanged();
      for (const uri of isRenamed ? new Set([...changed, ...checker.files()]) : changed) {
        const found = this.folders.withoutKnown(key, checker.problemsOf(uri), snapshot);
        this.tell(uri, name === '' ? found : found.map((each) => renamed(each, name)));
      }
    }
    return isDone;
  }

  /** Files whose problems may be others since the last call. */
  takeChangedFiles(): ReadonlySet<string> {
    const changed = this.changedFiles;
    this.changedFiles = new Set();
    return changed;
  }

  private tell(uri: string, problems: readonly Problem[]): void {
    this.all = undefined;
    this.changedFiles.add(uri);
    if (problems.length > 0) this.known.set(uri, problems);
    else this.known.delete(uri);
  }

  private checkerOf(key: string, snapshot: Snapshot): Checker {
    const part = this.parts.get(key)!;
    const settings = this.folders.settings(key);
    if (part.checked?.settings !== settings) {
      const before = part.checked?.checker;
      part.checked = { settings, checker: new Checker(snapshot, settings.options, this.onError) };
      for (const uri of before?.files() ?? []) part.checked.checker.touch(uri);
      before?.dispose();
    }
    return part.checked.checker;
  }

  /** True while a large change is taken in. */
  get busy(): boolean {
    return this.held !== undefined;
  }

  /**
   * From now on, answers are those of now, and what asks for more waits.
   * @returns ends it
   */
  hold(): () => void {
    this.held = this.snapshot();
    let release = (): void => {};
    this.released = new Promise((resolve) => (release = resolve));
    return () => {
      this.held = undefined;
      for (const [key, { workspace }] of this.successors) {
        const before = this.parts.get(key);
        const charts = before?.charts;
        if (charts) workspace.apply({ charts });
        this.parts.set(key, { workspace, charts });
        before?.checked?.checker.dispose();
        this.keys = new Set();
      }
      this.successors.clear();
      this.take();
      release();
    };
  }

  /**
   * Takes in what has changed, piece by piece, if it is much: into new workspaces, so that the old ones go on answering
   * until the hold ends. Stops when `isOutdated` says that it is no use.
   */
  async absorb(isOutdated: () => boolean = () => false): Promise<void> {
    if (this.files.changeCount <= LARGE_CHANGE && this.successors.size === 0) return;
    let end = performance.now() + SLICE_MS;
    const pause = async (): Promise<void> => {
      if (performance.now() < end) return;
      await new Promise((resolve) => setTimeout(resolve, 0));
      end = performance.now() + SLICE_MS;
    };
    while (this.files.changeCount > 0 && !isOutdated()) {
      for (const [key, files] of this.files.takeChanges(SLICE_FILES)) {
        const successor = this.successors.get(key) ?? { workspace: new Workspace(), told: new Set<string>() };
        this.successors.set(key, successor);
        successor.workspace.apply({ files });
        for (const uri of files.keys()) successor.told.add(uri);
      }
      await pause();
    }
    for (const [key, { workspace, told }] of this.successors) {
      for (const [uri, { text }] of this.parts.get(key)?.workspace.snapshot().files ?? []) {
        if (isOutdated()) return;
        if (told.has(uri)) continue;
        workspace.apply({ files: new Map([[uri, text]]) });
        told.add(uri);
        await pause();
      }
    }
  }

  /** Everything has been read: from now on what is missing is missing. */
  setReady(): void {
    this.ready = true;
    this.becomeReady();
  }

  /**
   * Waits for the first reading of the workspace, and for the end of a large change: half a mesh gives false alarms.
   * Throws when the client no longer wants the answer.
   * @param uri the file asked about, where an answer from before the change will do if the file is the same
   */
  async whenAnswerable(token: CancellationToken, uri?: string): Promise<void> {
    if (!this.ready) await cancellable(this.whenReady, token);
    while (this.held && !token.isCancellationRequested && !(uri !== undefined && this.isSame(uri, this.held)))
      await cancellable(this.released, token);
    throwIfCancelled(token);
  }

  /** Tells everyone who waits in {@link nextChange}. */
  notifyChange(): void {
    const waiting = this.listeners;
    this.listeners = [];
    for (const listener of waiting) listener();
  }

  /** Until something changes. */
  nextChange(token: CancellationToken): Promise<void> {
    return cancellable(new Promise<void>((resolve) => this.listeners.push(resolve)), token);
  }

  /** The files of a part, by URI. */
  filesOf(part: string): Iterable<string> {
    return this.parts.get(part)?.workspace.snapshot().files.keys() ?? [];
  }

  /** What Helm has rendered of the charts of a part. */
  setCharts(part: string, charts: ChartRenderings): void {
    const own = this.parts.get(part);
    if (!own) return;
    own.charts = charts;
    own.workspace.apply({ charts });
  }

  private take(): void {
    for (const [key, files] of this.files.takeChanges()) {
      let part = this.parts.get(key);
      if (!part) {
        if ([...files.values()].every((text) => text === undefined)) continue;
        part = { workspace: new Workspace() };
        this.parts.set(key, part);
      }
      part.workspace.apply({ files });
      for (const uri of files.keys()) part.checked?.checker.touch(uri);
    }
  }

  /** The parts that hold files, with their names. */
  private named(): { readonly key: string; readonly name: string; readonly snapshot: Snapshot }[] {
    const found = [...this.parts].flatMap(([key, { workspace }]) => {
      const { assume, meshes } = this.folders.settings(key);
      workspace.apply({ assume, meshes, entries: this.files.entriesOf(key) });
      const snapshot = workspace.snapshot();
      if (snapshot.files.size > 0) return [{ key, snapshot }];
      this.parts.delete(key);
      return [];
    });
    const names = found.map(({ key }) => nameOf(key));
    return found.map((each, index) => {
      const name = names[index]!;
      const isOnlyOne = names.filter((other) => other === name).length === 1;
      return { ...each, name: found.length === 1 ? '' : isOnlyOne ? name : each.key };
    });
  }

  private readonly onError: RuleErrorHandler = (error, rule) => {
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const key = `${rule.id} ${cause}`;
    if (!this.reported.has(key)) this.log(`The rule ${rule.id} failed, the others go on. ${cause}`);
    this.reported.add(key);
  };

  /** True when a file is now as it is in a snapshot. */
  private isSame(uri: string, snapshot: Snapshot): boolean {
    const now = this.files.document(uri)?.getText();
    return now === undefined || now === snapshot.files.get(uri)?.text;
  }
}

function renamed(problem: Problem, part: string): Problem {
  return { ...problem, meshes: problem.meshes.map((mesh) => joinedName(part, mesh)) };
}

/** The protocol's answer to a request that the client has taken back. */
export function throwIfCancelled(token: CancellationToken): void {
  if (token.isCancellationRequested) throw new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
}

function cancellable(wanted: Promise<void>, token: CancellationToken): Promise<void> {
  if (token.isCancellationRequested) return Promise.resolve();
  return new Promise((resolve) => {
    const subscription = token.onCancellationRequested(done);
    void wanted.then(done);
    function done(): void {
      subscription.dispose();
      resolve();
    }
  });
}
