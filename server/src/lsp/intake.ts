// What comes in from outside of the editor's documents: folders, settings, trust, and files that change on disk, be it
// one or the thousands of a checkout. One after the other, many at once, and whatever is outdated is not worked out.
import {
  CancellationToken,
  type Connection,
  DidChangeWatchedFilesNotification,
  FileChangeType,
  type FileEvent,
  type WatchKind,
  type WorkDoneProgressReporter,
} from 'vscode-languageserver';
import { CONFIGURATION_NAME } from '../workspace/configuration-fields';
import type { ClientAbilities } from './capabilities';
import { Charts } from './charts';
import type { FileAccess } from './file-access';
import type { FolderEditorSettings } from './folders';
import { ifGranted } from './guard';
import type { Log, Session } from './session';
import { readEditorSettings, readFilesExclude } from './settings';
import { canonical, nameOf, parentOf } from './uri';

/** Events that follow each other within this time belong together. */
const QUIET_MS = 30;
/** A check that takes no longer is not worth a progress bar. */
const UNNOTICED_MS = 500;
/** Answers are held back at most so long while events keep coming. */
const LONGEST_HOLD_MS = 10_000;

export interface IntakeContext {
  readonly connection: Connection;
  readonly session: Session;
  readonly access: FileAccess;
  readonly log: Log;
  abilities(): ClientAbilities;
  /** Told when answers may differ. */
  changed(): void;
}

export class Intake {
  private folders: readonly string[] = [];
  /** Settings of a client that cannot be asked for them. */
  private sent: unknown;
  private trusted = true;
  private readonly pending = new Map<string, FileChangeType>();
  private lastEvent = 0;
  private work: Promise<void> = Promise.resolve();
  private isWaiting = false;
  private readonly watched = new Set<string>();

  private readonly charts: Charts;

  constructor(private readonly context: IntakeContext) {
    this.charts = new Charts(context);
  }

  /** What the client says when it begins. */
  begin(folders: readonly string[], options: unknown): void {
    this.folders = folders;
    this.sent = options;
    // an editor that knows no trust has nothing else to say
    this.trusted = (options as { trusted?: unknown } | null | undefined)?.trusted !== false;
  }

  /** Reads everything for the first time. */
  start(): Promise<void> {
    return this.inTurn(() => this.load(true));
  }

  /** Shows that problems are looked for, until all are known for the first time or it turns out to be quick. */
  async showFirstCheck(): Promise<void> {
    const { session } = this.context;
    await new Promise((resolve) => setTimeout(resolve, UNNOTICED_MS));
    if (session.isComplete) return;
    const progress = this.progress('Mutual: checking manifests');
    await session.whenChecked(CancellationToken.None).finally(() => progress?.done());
  }

  foldersChanged(added: readonly string[], removed: readonly string[]): Promise<void> {
    const gone = new Set(removed);
    this.folders = [...this.folders.filter((uri) => !gone.has(uri)), ...added.filter((uri) => !gone.has(uri))];
    return this.inTurn(() => this.load(false));
  }

  /** @param settings what clients send along that cannot be asked */
  settingsChanged(settings: unknown): Promise<void> {
    if (!this.context.abilities().configuration) this.sent = settings;
    return this.inTurn(() => this.load(false));
  }

  /** The user trusts the workspace from now on. */
  trust(): Promise<void> {
    if (this.trusted) return Promise.resolve();
    this.trusted = true;
    return this.inTurn(() => this.load(false));
  }

  /** Files that were made, changed or deleted. The latest event of a file counts. */
  filesChanged(events: readonly FileEvent[]): Promise<void> {
    for (const { uri, type } of events) this.pending.set(canonical(uri), type);
    this.lastEvent = performance.now();
    if (this.isWaiting || this.pending.size === 0) return Promise.resolve();
    this.isWaiting = true;
    return this.inTurn(() =>
      this.readPending().finally(() => {
        this.isWaiting = false;
        // more than was waited for: in the next turn
        if (this.pending.size > 0) void this.filesChanged([]);
      }),
    );
  }

  private inTurn(work: () => Promise<boolean>): Promise<void> {
    const result = this.work.then(async () => {
      const release = this.context.session.hold();
      let matters = false;
      try {
        matters = await work();
        await this.context.session.absorb();
      } finally {
        release();
      }
      if (matters) this.context.changed();
      this.renderCharts();
    });
    this.work = result.catch(() => undefined);
    return result;
  }

  /** In the background: Helm may take its time. */
  private renderCharts(): void {
    const { session, log } = this.context;
    this.charts.refresh(session.folders.helm()).catch((error: Error) => log(`charts: ${error.stack ?? error.message}`));
  }

  private async readPending(): Promise<boolean> {
    const { session } = this.context;
    const end = performance.now() + LONGEST_HOLD_MS;
    let matters = false;
    do {
      await this.quiet();
      const events = [...this.pending];
      this.pending.clear();
      const of = (deleted: boolean): string[] =>
        events.filter(([, type]) => (type === FileChangeType.Deleted) === deleted).map(([uri]) => uri);
      if (events.some(([uri]) => session.folders.isAbout(uri))) {
        const folders = events.flatMap(([uri]) =>
          nameOf(uri) === '.gitignore' ? (session.files.folderOf(uri) ?? []) : [],
        );
        matters = (await this.load(false, new Set(folders))) || matters;
      }
      matters = (await session.files.reread(of(false), of(true))) || matters;
      // what came meanwhile makes outdated what has just been read
      if (this.pending.size === 0) await session.absorb(() => this.pending.size > 0);
    } while (this.pending.size > 0 && performance.now() < end);
    return matters;
  }

  /** Until events have stopped for a moment, but not for ever. */
  private async quiet(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      const left = this.lastEvent + QUIET_MS - performance.now();
      if (left <= 0) return;
      await new Promise((resolve) => setTimeout(resolve, left));
    }
  }

  /**
   * Takes folders, settings and configurations as they are now, and reads the folders of which other files count.
   * @param everything all folders, whatever has changed
   * @param also folders to read in any case
   */
  private async load(everything: boolean, also: ReadonlySet<string> = new Set()): Promise<boolean> {
    const { session } = this.context;
    const { folders } = session;
    const moved = new Set(await folders.load(this.folders, await this.settings(), this.trusted));
    session.files.configure(folders.rules());
    const wanted = this.folders.filter((uri) => everything || moved.has(uri) || also.has(uri));
    await this.scan(wanted);
    this.watchAbove();
    return true;
  }

  private async settings(): Promise<Map<string, FolderEditorSettings>> {
    const { connection, abilities, log } = this.context;
    const scopes = ['', ...this.folders];
    if (!abilities().configuration) {
      const mutual = readEditorSettings(this.sent);
      return new Map(scopes.map((scope) => [scope, { mutual, filesExclude: [] }]));
    }
    const items = scopes.flatMap((scope) =>
      ['mutual', 'files.exclude'].map((section) => ({ ...(scope !== '' && { scopeUri: scope }), section })),
    );
    const asked = connection.workspace.getConfiguration(items);
    const answers = ((await ifGranted(log, 'its settings', asked)) ?? []) as unknown[];
    return new Map(
      scopes.map((scope, index) => [
        scope,
        {
          mutual: readEditorSettings(answers[2 * index]),
          filesExclude: readFilesExclude(answers[2 * index + 1]),
        },
      ]),
    );
  }

  /** A progress bar, as soon as the client grants one; nothing waits for that. */
  private progress(title: string): { report(message: string): void; done(): void } | undefined {
    const { connection, abilities, log } = this.context;
    if (!abilities().progress) return undefined;
    let bar: WorkDoneProgressReporter | undefined;
    const granted = ifGranted(log, 'a progress bar', connection.window.createWorkDoneProgress()).then((given) => {
      bar = given;
      bar?.begin(title, undefined, undefined, false);
    });
    return {
      report: (message) => bar?.report(message),
      done: () => void granted.then(() => bar?.done()),
    };
  }

  private async scan(folders: readonly string[]): Promise<void> {
    const { connection, session } = this.context;
    const progress = folders.length > 0 ? this.progress('Mutual: reading manifests') : undefined;
    try {
      const problems = await session.files.scan(folders, (read) => progress?.report(`${read} files`));
      for (const { code, path, cause, remedy } of problems) {
        if (code === 'unreadable') connection.console.warn(`${path}: ${cause}. ${remedy}`);
      }
    } finally {
      progress?.done();
    }
  }

  /** Asks to be told of configurations above the folders, which clients do not watch by themselves. */
  private watchAbove(): void {
    const { connection, session, abilities, log } = this.context;
    if (!abilities().watchAnywhere) return;
    for (const uri of session.folders.configurationUris) {
      if (session.files.folderOf(uri) !== undefined || this.watched.has(uri)) continue;
      this.watched.add(uri);
      const watchers = [{ globPattern: { baseUri: parentOf(uri), pattern: CONFIGURATION_NAME } }];
      const asked = connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
      void ifGranted(log, 'to tell of mutual.yaml', asked);
    }
  }
}

/** What the client is asked to tell of. */
export const WATCHERS = [
  { globPattern: '**/*.{yaml,yml,json,tpl}' },
  { globPattern: '**/Kustomization' },
  { globPattern: '**/.gitignore' },
  // a folder that goes takes its files along without naming them
  { globPattern: '**/*', kind: 4 satisfies WatchKind },
];
