// The language server: which message leads where. Answers come from the rooms below; state is the session's.
import {
  type Connection,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  FileChangeType,
  type InitializeParams,
  type WatchKind,
} from 'vscode-languageserver';
import { registerAnswers } from './answers';
import { abilitiesOf, type ClientAbilities, serverCapabilities } from './capabilities';
import { ClientAccess } from './client-access';
import type { ClientView } from './convert';
import { Diagnostics } from './diagnostics';
import { accessByScheme, type FileAccess } from './file-access';
import { guardNotification, guardRequest } from './guard';
import { Notifications } from './protocol';
import { Session } from './session';
import { readEditorSettings } from './settings';
import { canonical } from './uri';

declare const MUTUAL_VERSION: string | undefined;

/** Time for a burst of changes to end before anything is pushed; short enough not to be noticed. */
const SETTLE_MS = 15;

/**
 * Runs the server on a connection.
 * @param disk reads `file:` URIs, where there is a disk; everything else is asked of the client
 */
export function startServer(connection: Connection, disk?: FileAccess): void {
  const log = (message: string): void => connection.console.error(message);
  let abilities: ClientAbilities = abilitiesOf({});
  const clientAccess = new ClientAccess(connection, () => abilities.files);
  const session = new Session(log, disk ? accessByScheme(disk, clientAccess) : clientAccess);
  let folders: readonly string[] = [];
  const client: ClientView = {
    clientUri: (uri) => session.files.clientUri(uri),
    versionOf: (uri) => session.files.versionOf(uri),
    get relatedInformation() {
      return abilities.relatedInformation;
    },
    get documentChanges() {
      return abilities.documentChanges;
    },
    get createFiles() {
      return abilities.createFiles;
    },
    get changeAnnotations() {
      return abilities.changeAnnotations;
    },
    get ruleCommand() {
      return abilities.ruleCommand;
    },
  };
  const diagnostics = new Diagnostics(session, client);

  connection.onInitialize((params: InitializeParams) => {
    abilities = abilitiesOf(params.capabilities);
    folders = foldersOf(params);
    if (!abilities.configuration) session.settings = readEditorSettings(params.initializationOptions);
    return {
      capabilities: serverCapabilities(abilities),
      serverInfo: { name: 'mutual', version: typeof MUTUAL_VERSION === 'string' ? MUTUAL_VERSION : undefined },
    };
  });

  connection.onInitialized(() => {
    notify('start', async () => {
      register();
      await readSettings();
      await scan();
      session.setReady();
      changed(true);
    })(undefined);
  });

  function notify<P>(name: string, handler: (params: P) => unknown): (params: P) => void {
    return guardNotification(log, name, handler);
  }

  function register(): void {
    if (abilities.registerConfiguration) {
      void connection.client.register(DidChangeConfigurationNotification.type, { section: 'mutual' });
    }
    if (abilities.registerWatchers) {
      const watchers = [
        { globPattern: '**/*.{yaml,yml,json}' },
        // a folder that goes takes its files along without naming them
        { globPattern: '**/*', kind: 4 satisfies WatchKind },
      ];
      void connection.client.register(DidChangeWatchedFilesNotification.type, { watchers });
    }
    if (abilities.workspaceFolders) {
      connection.workspace.onDidChangeWorkspaceFolders(
        notify('workspace folders', async ({ added, removed }) => {
          const gone = new Set(removed.map(({ uri }) => canonical(uri)));
          folders = [...folders.filter((uri) => !gone.has(uri)), ...added.map(({ uri }) => canonical(uri))];
          await scan();
          changed(true);
        }),
      );
    }
  }

  /** Asks for the settings, where the client can be asked. */
  async function readSettings(): Promise<void> {
    if (!abilities.configuration) return;
    session.settings = readEditorSettings(await connection.workspace.getConfiguration('mutual'));
  }

  async function scan(): Promise<void> {
    session.files.configure(folders, session.settings.exclude);
    const progress = abilities.progress ? await connection.window.createWorkDoneProgress() : undefined;
    progress?.begin('Mutual: reading manifests', undefined, undefined, false);
    try {
      const problems = await session.files.scan((read) => progress?.report(`${read} files`));
      for (const { code, path, cause, remedy } of problems) {
        if (code === 'unreadable') connection.console.warn(`${path}: ${cause}. ${remedy}`);
      }
    } finally {
      progress?.done();
    }
  }

  let settling = false;
  /** @param elsewhere the client did not make the change, so it has to be told to ask again */
  function changed(elsewhere: boolean): void {
    if (!settling) setTimeout(update, SETTLE_MS, undefined);
    settling = true;
    if (elsewhere && abilities.refreshDiagnostics && abilities.pullDiagnostics) {
      connection.languages.diagnostics.refresh().catch((error: Error) => log(`refresh: ${error.message}`));
    }
  }

  const update = notify('update', () => {
    settling = false;
    session.notifyChange();
    if (!abilities.pullDiagnostics) diagnostics.push(connection);
    void connection.sendNotification(Notifications.statusChanged, { state: session.ready ? 'ready' : 'scanning' });
  });

  connection.onDidOpenTextDocument(
    notify('didOpen', async ({ textDocument: { uri, languageId, version, text } }) => {
      const beside = session.files.openDocument(uri, languageId, version, text);
      changed(false);
      if (await beside) changed(true);
    }),
  );
  connection.onDidChangeTextDocument(
    notify('didChange', ({ textDocument: { uri, version }, contentChanges }) => {
      if (session.files.changeDocument(uri, version, contentChanges)) changed(false);
      else log(`didChange: version ${version} of ${uri} is not newer than what is open; it is passed over.`);
    }),
  );
  connection.onDidCloseTextDocument(
    notify('didClose', ({ textDocument: { uri } }) => {
      session.files.closeDocument(uri);
      changed(false);
    }),
  );
  connection.onDidChangeWatchedFiles(
    notify('didChangeWatchedFiles', async ({ changes }) => {
      const of = (deleted: boolean): string[] =>
        changes.filter(({ type }) => (type === FileChangeType.Deleted) === deleted).map(({ uri }) => canonical(uri));
      if (await session.files.reread(of(false), of(true))) changed(true);
    }),
  );
  connection.onDidChangeConfiguration(
    notify('didChangeConfiguration', async ({ settings }) => {
      const before = session.settings;
      if (abilities.configuration) await readSettings();
      else session.settings = readEditorSettings((settings as { mutual?: unknown } | null)?.mutual);
      if (before.exclude.join('\n') !== session.settings.exclude.join('\n')) await scan();
      changed(true);
    }),
  );

  registerAnswers({
    connection,
    session,
    client,
    diagnostics,
    abilities: () => abilities,
    guard: (name, handler) => guardRequest(log, name, handler),
  });
  connection.listen();
}

/** Folders as the client names them; older clients name one root. */
function foldersOf({ workspaceFolders, rootUri }: InitializeParams): string[] {
  const uris = workspaceFolders?.map(({ uri }) => uri) ?? (rootUri ? [rootUri] : []);
  return uris.map(canonical);
}
