// The server's state: files, settings, the workspace made of them, and whether everything has been read.
import { type CancellationToken, LSPErrorCodes, ResponseError } from 'vscode-languageserver';
import { checkSnapshot } from '../rules/index';
import type { Problem } from '../rules/rule';
import { type Snapshot, Workspace } from '../workspace/workspace';
import type { FileAccess } from './file-access';
import { Files } from './files';
import { DEFAULT_EDITOR_SETTINGS, type Settings } from './settings';

/** Told of what went wrong inside, once for each cause. */
export type Log = (message: string) => void;

export class Session {
  readonly files: Files;
  settings: Settings = DEFAULT_EDITOR_SETTINGS;
  private readonly workspace = new Workspace();
  private checked: { snapshot: Snapshot; settings: Settings; problems: readonly Problem[] } | undefined;
  private readonly reported = new Set<string>();
  private becomeReady: () => void = () => {};
  private readonly whenReady = new Promise<void>((resolve) => (this.becomeReady = resolve));
  private listeners: (() => void)[] = [];
  ready = false;

  constructor(
    private readonly log: Log,
    access: FileAccess,
  ) {
    this.files = new Files(access);
  }

  /** The state as of every change told so far. */
  snapshot(): Snapshot {
    this.workspace.apply({ files: this.files.takeChanges(), assume: this.settings.assume });
    return this.workspace.snapshot();
  }

  /** All problems of the present snapshot; computed once for each. */
  problems(): { snapshot: Snapshot; problems: readonly Problem[] } {
    const snapshot = this.snapshot();
    const { settings } = this;
    if (this.checked?.snapshot !== snapshot || this.checked.settings !== settings) {
      const problems = checkSnapshot(snapshot, settings.options, undefined, (error, rule) => {
        const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
        const key = `${rule.id} ${cause}`;
        if (!this.reported.has(key)) this.log(`The rule ${rule.id} failed, the others go on. ${cause}`);
        this.reported.add(key);
      });
      this.checked = { snapshot, settings, problems };
    }
    return this.checked;
  }

  /** Everything has been read: from now on what is missing is missing. */
  setReady(): void {
    this.ready = true;
    this.becomeReady();
  }

  /**
   * Waits for the first reading of the workspace: half a mesh gives false alarms. Throws when the client no longer
   * wants the answer.
   */
  async whenAnswerable(token: CancellationToken): Promise<void> {
    if (!this.ready) await cancellable(this.whenReady, token);
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
