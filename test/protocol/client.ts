// A language client of the tests' own: speaks JSON-RPC over stdio with the built server, as an editor does.
import * as assert from 'node:assert/strict';
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type ClientCapabilities,
  type ConfigurationItem,
  createProtocolConnection,
  type Diagnostic,
  type InitializeResult,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  type Registration,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';

const SERVER = path.resolve(__dirname, '../../dist/server.js');
const PATIENCE_MS = 10_000;

export interface ClientOptions {
  /** Texts by path, relative to the workspace folder. */
  readonly files: Readonly<Record<string, string>>;
  readonly capabilities?: ClientCapabilities;
  /** The section `mutual` of the settings. */
  readonly settings?: object;
  /** Without a folder the server knows only what is opened. */
  readonly withoutFolder?: boolean;
  /** Workspace folders, below the one that the files are in; that one itself where absent. */
  readonly folders?: readonly string[];
  /** False while the user has not said that the workspace can be trusted. */
  readonly trusted?: boolean;
  /** For Node itself; the server then has a channel for messages to what they load. */
  readonly nodeArguments?: readonly string[];
}

/** What a capable editor can do; diagnostics are pulled only when a test says so. */
export const FULL: ClientCapabilities = {
  workspace: {
    configuration: true,
    workspaceFolders: true,
    didChangeConfiguration: { dynamicRegistration: true },
    didChangeWatchedFiles: { dynamicRegistration: true },
    diagnostics: { refreshSupport: true },
    workspaceEdit: {
      documentChanges: true,
      resourceOperations: ['create'],
      changeAnnotationSupport: { groupsOnLabel: true },
    },
  },
  textDocument: {
    publishDiagnostics: { relatedInformation: true },
    hover: { contentFormat: ['markdown'] },
    codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ['quickfix'] } } },
  },
};
export const PULLING: ClientCapabilities = {
  ...FULL,
  textDocument: { ...FULL.textDocument, diagnostic: { relatedDocumentSupport: false } },
};

export class TestClient {
  readonly published: PublishDiagnosticsParams[] = [];
  readonly registrations: Registration[] = [];
  readonly logged: string[] = [];
  /** Our own notifications, in their order. */
  readonly told: string[] = [];
  /** What progress bars were told: `begin`, `report` and `end`. */
  readonly progress: string[] = [];
  refreshes = 0;
  settings: object;
  /** By folder URI, where a folder has its own. */
  readonly settingsByFolder = new Map<string, object>();
  filesExclude: object | null = null;
  stderr = '';
  private waiting: (() => void)[] = [];

  private constructor(
    readonly folder: string,
    readonly process: ChildProcess,
    readonly connection: ProtocolConnection,
    readonly exit: Promise<number | null>,
    settings: object,
  ) {
    this.settings = settings;
  }

  initialized!: InitializeResult;

  static async start(options: ClientOptions): Promise<TestClient> {
    const { files, capabilities = FULL, settings = {}, withoutFolder, folders = [''], trusted } = options;
    const { nodeArguments } = options;
    assert.ok(existsSync(SERVER), 'there is no dist/server.js: run `npm run build` first');
    const folder = await mkdtemp(path.join(os.tmpdir(), 'mutual-protocol-'));
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
    const child = spawn(process.execPath, [...(nodeArguments ?? []), SERVER, '--stdio'], {
      stdio: ['pipe', 'pipe', 'pipe', ...(nodeArguments ? ['ipc' as const] : [])],
    }) as ChildProcessWithoutNullStreams;
    const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const connection = createProtocolConnection(
      new StreamMessageReader(child.stdout),
      new StreamMessageWriter(child.stdin),
    );
    const client = new TestClient(folder, child, connection, exit, settings);
    child.stderr.on('data', (data) => (client.stderr += data));
    client.listen();
    client.initialized = await connection.sendRequest('initialize', {
      processId: process.pid,
      rootUri: withoutFolder ? null : client.uri(folders[0]!),
      workspaceFolders: withoutFolder ? null : folders.map((name) => ({ uri: client.uri(name), name })),
      capabilities,
      initializationOptions: { ...settings, ...(trusted !== undefined && { trusted }) },
    });
    await connection.sendNotification('initialized', {});
    return client;
  }

  private listen(): void {
    const { connection } = this;
    connection.onNotification('textDocument/publishDiagnostics', (params: PublishDiagnosticsParams) => {
      this.published.push(params);
      for (const wake of this.waiting.splice(0)) wake();
    });
    connection.onNotification('window/logMessage', ({ message }: { message: string }) => {
      this.logged.push(message);
    });
    for (const method of ['mutual/statusChanged', 'mutual/answersChanged'])
      connection.onNotification(method, () => {
        this.told.push(method);
      });
    connection.onRequest('window/workDoneProgress/create', () => null);
    connection.onNotification('$/progress', ({ value }: { value: { kind: string } }) => {
      this.progress.push(value.kind);
    });
    connection.onRequest('workspace/configuration', ({ items }: { items: ConfigurationItem[] }) =>
      items.map(({ scopeUri = '', section }) =>
        section === 'mutual' ? (this.settingsByFolder.get(scopeUri) ?? this.settings) : this.filesExclude,
      ),
    );
    connection.onRequest('client/registerCapability', ({ registrations }: { registrations: Registration[] }) => {
      this.registrations.push(...registrations);
    });
    connection.onRequest('workspace/diagnostic/refresh', () => {
      this.refreshes++;
      for (const wake of this.waiting.splice(0)) wake();
    });
    connection.listen();
  }

  uri(name: string): string {
    return pathToFileURL(path.join(this.folder, name)).href;
  }

  async open(name: string, text: string, version = 1): Promise<void> {
    await this.connection.sendNotification('textDocument/didOpen', {
      textDocument: { uri: this.uri(name), languageId: 'yaml', version, text },
    });
  }

  /** Writes files and tells the server of them; an undefined text deletes. */
  async write(files: Readonly<Record<string, string | undefined>>): Promise<void> {
    const changes: { uri: string; type: 1 | 2 | 3 }[] = [];
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(this.folder, name);
      const type = text === undefined ? 3 : existsSync(file) ? 2 : 1;
      if (text === undefined) await rm(file, { recursive: true });
      else {
        await mkdir(path.dirname(file), { recursive: true });
        await writeFile(file, text);
      }
      changes.push({ uri: this.uri(name), type });
    }
    await this.connection.sendNotification('workspace/didChangeWatchedFiles', { changes });
  }

  /** Replaces `from` on line `line` by `to`. */
  async edit(name: string, version: number, line: number, from: number, to: number, text: string): Promise<void> {
    const range = { start: { line, character: from }, end: { line, character: to } };
    await this.connection.sendNotification('textDocument/didChange', {
      textDocument: { uri: this.uri(name), version },
      contentChanges: [{ range, text }],
    });
  }

  request<R>(method: string, params: object): Promise<R> {
    return this.connection.sendRequest<R>(method, params);
  }

  /** Until `found` gives something; it is asked again whenever the server has sent diagnostics or a refresh. */
  async until<T>(what: string, found: () => T | undefined | false): Promise<T> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const value = found();
      if (value) return value;
      const left = end - Date.now();
      assert.ok(left > 0, `waited in vain for ${what}; last: ${JSON.stringify(this.published.at(-1))} ${this.stderr}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(left, 100));
        this.waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** What was last pushed for a file. */
  lastPublished(name: string): PublishDiagnosticsParams | undefined {
    return this.published.filter(({ uri }) => uri === this.uri(name)).at(-1);
  }

  /** The last diagnostics that were pushed for a file. */
  diagnostics(name: string): readonly Diagnostic[] | undefined {
    return this.lastPublished(name)?.diagnostics;
  }

  /** Until the last pushed diagnostics of a file have exactly these rules. */
  async untilRules(name: string, rules: readonly string[]): Promise<readonly Diagnostic[]> {
    const wanted = [...rules].sort().join(' ');
    return this.until(`${wanted || 'no problem'} in ${name}`, () => {
      const found = this.diagnostics(name);
      return (
        found &&
        found
          .map(({ code }) => code)
          .sort()
          .join(' ') === wanted &&
        found
      );
    });
  }

  /** Ends the server as an editor does; gives back its exit code. */
  async stop(): Promise<number | null> {
    await this.connection.sendRequest('shutdown');
    await this.connection.sendNotification('exit');
    const code = await this.exit;
    this.connection.dispose();
    await rm(this.folder, { recursive: true, force: true });
    return code;
  }

  /** After a test, whatever came of it. */
  async end(): Promise<void> {
    if (this.process.exitCode === null) this.process.kill();
    await this.exit;
    this.connection.dispose();
    await rm(this.folder, { recursive: true, force: true });
  }
}
