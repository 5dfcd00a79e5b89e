// The server's state: files, folders, the workspaces made of them, the problems known of them; whether everything has
// been read, and who waits for that.
import type { CancellationToken } from 'vscode-languageserver';
import type { RuleErrorHandler } from '../rules/index';
import type { Problem } from '../rules/rule';
import type { ChartRenderings } from '../workspace/charts';
import type { Snapshot } from '../workspace/workspace';
import type { FileAccess } from './file-access';
import { Files } from './files';
import { Folders } from './folders';
import { KnownProblems } from './known-problems';
import { Parts } from './parts';
import { cancellable, othersTurn, throwIfCancelled } from './waiting';

/** Told of what went wrong inside, once for each cause. */
export type Log = (message: string) => void;

/** Time that looking for problems may take before others have their turn. */
const SLICE_MS = 25;

/** How far the looking for problems has come. */
export interface Progress {
  readonly snapshot: Snapshot;
  /** All problems are those of the snapshot. */
  readonly isDone: boolean;
}

export class Session {
  readonly files: Files;
  readonly folders: Folders;
  private readonly parts: Parts;
  private readonly known: KnownProblems;
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
    this.known = new KnownProblems(this.folders, this.onError);
    this.parts = new Parts(this.files, this.folders, (part, uri) => this.known.touch(part, uri));
  }

  /** The state as of every change told so far; of the last one before, while a large change is taken in. */
  snapshot(): Snapshot {
    return this.held ?? this.parts.present().snapshot;
  }

  /**
   * Looks for problems for a moment, in open files first; the next call goes on. While a large change is taken in,
   * nothing is looked for.
   */
  refresh(): Progress {
    if (this.held) return { snapshot: this.held, isDone: true };
    const { snapshot, parts } = this.parts.present();
    return { snapshot, isDone: this.known.refresh(parts, new Set(this.files.openUris()), SLICE_MS) };
  }

  /**
   * Looks for all problems, letting others have their turn; until then nothing incomplete is answered.
   * @param isEnough ends it before
   * @returns the state that the problems are about
   */
  async whenChecked(
    token: CancellationToken,
    isEnough: (progress: Progress) => boolean = () => false,
  ): Promise<Progress> {
    for (;;) {
      if (this.ready && !this.held) {
        const progress = this.refresh();
        if (progress.isDone || isEnough(progress)) return progress;
        await othersTurn();
      } else await this.whenAnswerable(token);
      throwIfCancelled(token);
    }
  }

  /** Every problem has been known once. */
  get isComplete(): boolean {
    return this.known.isComplete;
  }

  /** All problems, as of the last {@link refresh}. */
  problems(): readonly Problem[] {
    return this.known.list();
  }

  /** The problems of a file, as of the last {@link refresh}. */
  problemsOf(uri: string): readonly Problem[] {
    return this.known.of(uri);
  }

  /** True when the last {@link refresh} has looked at all that a file is about; the rest may still add to it. */
  isLookedAt(uri: string): boolean {
    return this.known.isLookedAt(this.files.partOf(uri), uri);
  }

  /** Files whose problems may be others since the last call. */
  takeChangedFiles(): ReadonlySet<string> {
    return this.known.takeChangedFiles();
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
      this.parts.adopt();
      release();
    };
  }

  /**
   * Takes in what has changed, piece by piece, if it is much; it counts when the hold ends.
   * @param isOutdated says that it is no use to go on
   */
  absorb(isOutdated: () => boolean = () => false): Promise<void> {
    return this.parts.absorb(isOutdated);
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
    return this.parts.filesOf(part);
  }

  /** What Helm has rendered of the charts of a part. */
  setCharts(part: string, charts: ChartRenderings): void {
    this.parts.setCharts(part, charts);
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
