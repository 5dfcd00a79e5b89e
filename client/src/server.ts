// The language server's life: started when it is first needed, restarted on request, stopped with the window.
import * as vscode from 'vscode';
import {
  type BaseLanguageClient,
  CloseAction,
  ErrorAction,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  type StaticFeature,
} from 'vscode-languageclient';
import { onlyManifests, syncedDocuments } from './documents';
import { serveFiles } from './files';
import { Notifications, OwnNotifications } from './protocol';
import { Restarts } from './restarts';
import { RULE_COMMAND } from './rule-pages';
import { settingsFor } from './settings';

/** Makes a client of a new server, not yet started. */
export type MakeClient = (options: LanguageClientOptions) => BaseLanguageClient;

export class Server implements vscode.Disposable {
  private client: BaseLanguageClient | undefined;
  private starting: Promise<BaseLanguageClient> | undefined;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly answersChanged = new vscode.EventEmitter<void>();
  /** The server's status is another one from now on. */
  readonly onChanged = this.changed.event;
  /** The table and the explanations that were last asked for may be others from now on. */
  readonly onAnswersChanged = this.answersChanged.event;

  constructor(
    private readonly makeClient: MakeClient,
    private readonly output: vscode.LogOutputChannel,
    /** The names of our settings. */
    private readonly settings: readonly string[],
  ) {}

  get isRunning(): boolean {
    return this.client?.isRunning() ?? false;
  }

  /** The running server; starts it if need be. */
  start(): Promise<BaseLanguageClient> {
    return this.startAfter(Promise.resolve());
  }

  /** Who asks meanwhile waits for the new server. */
  async restart(): Promise<void> {
    const stopped = this.stop();
    await this.startAfter(stopped);
  }

  private startAfter(before: Promise<void>): Promise<BaseLanguageClient> {
    // never at once: what a start sets off may ask for the server itself
    this.starting ??= before
      .then(() => this.run())
      .catch((error: Error) => {
        this.starting = undefined;
        this.output.error(`The language server did not start: ${error.message}`);
        throw error;
      });
    return this.starting;
  }

  async request<T>(method: string, params: object): Promise<T> {
    const client = await this.start();
    return client.sendRequest<T>(method, params);
  }

  async stop(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    this.starting = undefined;
    // a server that hangs is not waited for longer than this
    await client?.dispose(2000).catch((error: Error) => this.output.warn(`stopping: ${error.message}`));
  }

  /** A folder of another file system: the server learns of its documents by a new start. */
  followFolders(): vscode.Disposable {
    let known = JSON.stringify(syncedDocuments());
    return vscode.workspace.onDidChangeWorkspaceFolders(() => {
      const now = JSON.stringify(syncedDocuments());
      if (now !== known && this.client) void this.restart().catch(() => {});
      known = now;
    });
  }

  /** Trust, once given, is told to a server that runs. */
  followTrust(): vscode.Disposable {
    return vscode.workspace.onDidGrantWorkspaceTrust(() => {
      void this.client?.sendNotification(OwnNotifications.trusted);
    });
  }

  dispose(): void {
    void this.stop();
    this.changed.dispose();
    this.answersChanged.dispose();
  }

  private async run(): Promise<BaseLanguageClient> {
    const options: LanguageClientOptions = {
      documentSelector: syncedDocuments(),
      // nothing in a workspace that is not trusted may hide problems
      initializationOptions: { trusted: vscode.workspace.isTrusted },
      middleware: {
        ...onlyManifests(() => this.client),
        workspace: { configuration: ({ items }) => settingsFor(items, this.settings) },
      },
      outputChannel: this.output,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      diagnosticCollectionName: 'mutual',
      initializationFailedHandler: (error) => {
        this.output.error(`The language server could not be initialised: ${String(error)}`);
        return false;
      },
      errorHandler: restartAFewTimes(this.output, () => this.client === client),
      markdown: { supportHtml: false },
    };
    const client: BaseLanguageClient = this.makeClient(options);
    client.registerFeature(ABILITIES);
    serveFiles(client);
    this.client = client;
    client.onNotification(Notifications.statusChanged, () => this.changed.fire());
    client.onNotification(Notifications.answersChanged, () => this.answersChanged.fire());
    client.onDidChangeState(() => {
      this.changed.fire();
      this.answersChanged.fire();
    });
    await client.start();
    return client;
  }
}

/** What this client can do beyond the protocol. */
const ABILITIES: StaticFeature = {
  fillClientCapabilities(capabilities) {
    const mutual = { files: true, ruleCommand: RULE_COMMAND };
    capabilities.experimental = { ...(capabilities.experimental as object | undefined), mutual };
  },
  initialize() {},
  getState: () => ({ kind: 'static' }),
  clear() {},
};

/**
 * A server that ends is started again, unless it ends all the time; the output tells of it, and from the second time on
 * a message.
 * @param isWanted false once another server has taken its place
 */
function restartAFewTimes(
  output: vscode.LogOutputChannel,
  isWanted: () => boolean,
): LanguageClientOptions['errorHandler'] {
  const restarts = new Restarts();
  return {
    error: () => ({ action: ErrorAction.Continue }),
    async closed() {
      const wait = restarts.ended(Date.now());
      if (wait === undefined) {
        const message = `The Mutual language server ended ${restarts.count} times within 3 minutes and stays off. Its output says why; "Mutual: Restart Language Server" tries again.`;
        return { action: CloseAction.DoNotRestart, message };
      }
      const message = `The Mutual language server has ended; it is started again${wait > 0 ? ` in ${wait / 1000} seconds` : ''}.`;
      output.warn(message);
      if (wait > 0) void vscode.window.showWarningMessage(message);
      await new Promise((done) => setTimeout(done, wait));
      return { action: isWanted() ? CloseAction.Restart : CloseAction.DoNotRestart, handled: true };
    },
  };
}
