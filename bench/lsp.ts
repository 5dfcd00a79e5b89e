// A language client for measuring: the same for Mutual's server and for its peer.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import {
  createProtocolConnection,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';

/** So long a server may be silent, in milliseconds. */
const PATIENCE_MS = 180_000;

export class Server {
  private readonly connection: ProtocolConnection;
  private readonly process: ChildProcessWithoutNullStreams;
  private listeners: ((params: PublishDiagnosticsParams) => void)[] = [];

  private constructor(
    args: readonly string[],
    private readonly settings: Readonly<Record<string, unknown>>,
  ) {
    this.process = spawn(process.execPath, [...args, '--stdio']);
    this.process.stderr.resume();
    this.connection = createProtocolConnection(
      new StreamMessageReader(this.process.stdout),
      new StreamMessageWriter(this.process.stdin),
    );
    this.connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
      for (const listener of this.listeners) listener(params);
    });
    this.connection.onRequest('workspace/configuration', ({ items }: { items: { section?: string }[] }) =>
      items.map(({ section = '' }) => this.settings[section] ?? null),
    );
    this.connection.onRequest('client/registerCapability', () => null);
    this.connection.onRequest('window/workDoneProgress/create', () => null);
    this.connection.listen();
  }

  /**
   * Starts a server on a folder.
   * @param args what Node runs
   * @param settings by section, what the server is told when it asks
   */
  static async start(
    args: readonly string[],
    folder: string,
    settings: Readonly<Record<string, unknown>>,
  ): Promise<Server> {
    const server = new Server(args, settings);
    const uri = pathToFileURL(folder).href;
    await server.connection.sendRequest('initialize', {
      processId: process.pid,
      rootUri: uri,
      workspaceFolders: [{ uri, name: 'bench' }],
      capabilities: {
        workspace: { configuration: true, workspaceFolders: true },
        textDocument: { publishDiagnostics: { relatedInformation: true, versionSupport: true } },
      },
    });
    await server.connection.sendNotification('initialized', {});
    return server;
  }

  /** Opens a file and waits for diagnostics of it that `isRight` takes. */
  open(file: string, text: string, isRight: (found: PublishDiagnosticsParams) => boolean): Promise<void> {
    const textDocument = { uri: pathToFileURL(file).href, languageId: 'yaml', version: 1, text };
    return this.awaiting(textDocument.uri, isRight, () =>
      this.connection.sendNotification('textDocument/didOpen', { textDocument }),
    );
  }

  /** Replaces one line, and gives the milliseconds until diagnostics that `isRight` takes come back. */
  async edit(
    file: string,
    version: number,
    line: number,
    text: string,
    isRight: (found: PublishDiagnosticsParams) => boolean,
  ): Promise<number> {
    const uri = pathToFileURL(file).href;
    const range = { start: { line, character: 0 }, end: { line: line + 1, character: 0 } };
    const started = performance.now();
    await this.awaiting(uri, isRight, () =>
      this.connection.sendNotification('textDocument/didChange', {
        textDocument: { uri, version },
        contentChanges: [{ range, text: `${text}\n` }],
      }),
    );
    return performance.now() - started;
  }

  /**
   * Replaces one line, and gives the milliseconds until the first and until the last diagnostics that come of it.
   * @param silence after so many milliseconds without any, the last has come
   */
  async editEverywhere(file: string, version: number, line: number, text: string, silence: number): Promise<number[]> {
    const uri = pathToFileURL(file).href;
    const started = performance.now();
    const times: number[] = [];
    const listener = (): void => {
      times.push(performance.now() - started);
    };
    this.listeners.push(listener);
    await this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: [
        { range: { start: { line, character: 0 }, end: { line: line + 1, character: 0 } }, text: `${text}\n` },
      ],
    });
    await this.quiet(silence);
    this.listeners = this.listeners.filter((each) => each !== listener);
    return times.length > 0 ? [times[0]!, times.at(-1)!] : [];
  }

  /** Until no diagnostics have come for so many milliseconds. */
  async quiet(silence: number): Promise<void> {
    const started = performance.now();
    let last = started;
    const listener = (): void => {
      last = performance.now();
    };
    this.listeners.push(listener);
    while (performance.now() - started < PATIENCE_MS && performance.now() - last < silence)
      await new Promise((resolve) => setTimeout(resolve, 20));
    this.listeners = this.listeners.filter((each) => each !== listener);
  }

  private async awaiting(
    uri: string,
    isRight: (found: PublishDiagnosticsParams) => boolean,
    send: () => Promise<void>,
  ): Promise<void> {
    const found = new Promise<void>((resolve, reject) => {
      const end = (): void => {
        this.listeners = this.listeners.filter((each) => each !== listener);
        clearTimeout(timer);
      };
      const listener = (params: PublishDiagnosticsParams): void => {
        if (decodeURIComponent(params.uri) !== decodeURIComponent(uri) || !isRight(params)) return;
        end();
        resolve();
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`no such diagnostics of ${uri} within ${PATIENCE_MS / 1000} s`));
      }, PATIENCE_MS);
      this.listeners.push(listener);
    });
    await send();
    await found;
  }

  /** Resident memory in MiB; undefined where the system does not tell. */
  memory(): number | undefined {
    try {
      const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.process.pid}/status`, 'utf8'))?.[1];
      return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
    } catch {
      // only Linux has that file
      return undefined;
    }
  }

  async stop(): Promise<void> {
    this.connection.dispose();
    this.process.kill();
    await new Promise((resolve) => this.process.once('exit', resolve));
  }
}
