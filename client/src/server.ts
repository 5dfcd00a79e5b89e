// The language server's life: started when it is first needed, restarted on request, stopped with the window.
import * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  type ServerOptions,
  TransportKind,
} from 'vscode-languageclient/node';
import { Notifications } from './protocol';

/** The documents that Mutual answers for. */
export const SELECTOR = [
  { scheme: 'file', language: 'yaml' },
  { scheme: 'untitled', language: 'yaml' },
];

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private starting: Promise<LanguageClient> | undefined;
  private readonly changed = new vscode.EventEmitter<void>();
  /** The server's answers may differ from now on. */
  readonly onChanged = this.changed.event;

  constructor(
    private readonly module: string,
    private readonly output: vscode.LogOutputChannel,
  ) {}

  get isRunning(): boolean {
    return this.client?.isRunning() ?? false;
  }

  /** The running server; starts it if need be. */
  start(): Promise<LanguageClient> {
    return this.startAfter(Promise.resolve());
  }

  /** Who asks meanwhile waits for the new server. */
  async restart(): Promise<void> {
    const stopped = this.stop();
    await this.startAfter(stopped);
  }

  private startAfter(before: Promise<void>): Promise<LanguageClient> {
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

  dispose(): void {
    void this.stop();
    this.changed.dispose();
  }

  private async run(): Promise<LanguageClient> {
    const server: ServerOptions = {
      run: { module: this.module, transport: TransportKind.ipc },
      debug: {
        module: this.module,
        transport: TransportKind.ipc,
        options: { execArgv: ['--nolazy', '--inspect=6077'] },
      },
    };
    const options: LanguageClientOptions = {
      documentSelector: SELECTOR,
      outputChannel: this.output,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      diagnosticCollectionName: 'mutual',
      initializationFailedHandler: (error) => {
        this.output.error(`The language server could not be initialised: ${String(error)}`);
        return false;
      },
      errorHandler: restartAFewTimes(),
      markdown: { supportHtml: false },
    };
    const client = new LanguageClient('mutual', 'Mutual', server, options);
    this.client = client;
    client.onNotification(Notifications.statusChanged, () => this.changed.fire());
    client.onDidChangeState(() => this.changed.fire());
    await client.start();
    return client;
  }
}

/** A server that ends is started again, unless it ends all the time. */
function restartAFewTimes(): LanguageClientOptions['errorHandler'] {
  const ends: number[] = [];
  return {
    error: () => ({ action: ErrorAction.Continue }),
    closed() {
      const now = Date.now();
      ends.push(now);
      const recent = ends.filter((time) => now - time < 3 * 60_000);
      if (recent.length < 4) return { action: CloseAction.Restart };
      return {
        action: CloseAction.DoNotRestart,
        message:
          'The Mutual language server ended 4 times within 3 minutes and stays off. Its output says why; "Mutual: Restart Language Server" tries again.',
      };
    },
  };
}
