// The language server: which message leads where. Answers come from the rooms below; state is the session's.
import {
  type Connection,
  DidChangeConfigurationNotification,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
} from 'vscode-languageserver';
import { Announcements } from './announcements';
import { registerAnswers } from './answers';
import { abilitiesOf, type ClientAbilities, serverCapabilities } from './capabilities';
import { ClientAccess } from './client-access';
import type { ClientView } from './convert';
import { Diagnostics } from './diagnostics';
import { accessByScheme, type FileAccess } from './file-access';
import { guardNotification, guardRequest, ifGranted } from './guard';
import { Intake, WATCHERS } from './intake';
import { ClientNotifications } from './protocol';
import { Session } from './session';
import { canonical } from './uri';

declare const MUTUAL_VERSION: string | undefined;

/**
 * Runs the server on a connection.
 * @param disk reads `file:` URIs, where there is a disk; everything else is asked of the client
 */
export function startServer(connection: Connection, disk?: FileAccess): void {
  const log = (message: string): void => connection.console.error(message);
  let abilities: ClientAbilities = abilitiesOf({});
  const clientAccess = new ClientAccess(connection, () => abilities.files);
  const access = disk ? accessByScheme(disk, clientAccess) : clientAccess;
  const session = new Session(log, access);
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
  const diagnostics = new Diagnostics(session, client, () =>
    abilities.refreshDiagnostics && abilities.pullDiagnostics ? askToPull : undefined,
  );
  const announcements = new Announcements(connection, session, log);
  const intake = new Intake({
    connection,
    session,
    access,
    log,
    abilities: () => abilities,
    changed: () => changed(true),
  });

  connection.onInitialize((params: InitializeParams) => {
    abilities = abilitiesOf(params.capabilities);
    intake.begin(foldersOf(params), params.initializationOptions);
    return {
      capabilities: serverCapabilities(abilities),
      serverInfo: { name: 'mutual', version: typeof MUTUAL_VERSION === 'string' ? MUTUAL_VERSION : undefined },
    };
  });

  connection.onInitialized(() => {
    notify('start', async () => {
      register();
      try {
        await intake.start();
      } finally {
        // who asks is not left waiting, whatever went wrong
        session.setReady();
        changed(true);
      }
      await intake.showFirstCheck();
    })(undefined);
  });

  function notify<P>(name: string, handler: (params: P) => unknown): (params: P) => void {
    return guardNotification(log, name, handler);
  }

  function register(): void {
    if (abilities.registerConfiguration) {
      const asked = connection.client.register(DidChangeConfigurationNotification.type, { section: 'mutual' });
      void ifGranted(log, 'to tell of changed settings', asked);
    }
    if (abilities.registerWatchers) {
      const asked = connection.client.register(DidChangeWatchedFilesNotification.type, { watchers: WATCHERS });
      void ifGranted(log, 'to tell of changed files', asked);
    }
    if (abilities.workspaceFolders) {
      connection.workspace.onDidChangeWorkspaceFolders(
        notify('workspace folders', ({ added, removed }) =>
          intake.foldersChanged(
            added.map(({ uri }) => canonical(uri)),
            removed.map(({ uri }) => canonical(uri)),
          ),
        ),
      );
    }
  }

  let settling = false;
  /** @param elsewhere the client did not make the change, so it has to be told to ask again */
  function changed(elsewhere: boolean): void {
    // once for all messages that have come in together
    if (!settling) setTimeout(update, 0, undefined);
    settling = true;
    if (elsewhere && abilities.refreshDiagnostics && abilities.pullDiagnostics) askToPull();
  }

  function askToPull(): void {
    connection.languages.diagnostics.refresh().catch((error: Error) => log(`refresh: ${error.message}`));
  }

  const update = notify('update', () => {
    settling = false;
    session.notifyChange();
    if (!abilities.pullDiagnostics) diagnostics.push(connection);
    announcements.changed();
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
  connection.onDidChangeWatchedFiles(notify('didChangeWatchedFiles', ({ changes }) => intake.filesChanged(changes)));
  connection.onDidChangeConfiguration(
    notify('didChangeConfiguration', ({ settings }) =>
      intake.settingsChanged((settings as { mutual?: unknown } | null)?.mutual),
    ),
  );
  connection.onNotification(
    ClientNotifications.trusted,
    notify('workspaceTrusted', () => intake.trust()),
  );

  registerAnswers({
    connection,
    session,
    client,
    diagnostics,
    announcements,
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
