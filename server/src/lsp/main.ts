// The language server's entry under Node: stdio, IPC or a socket, as its arguments say.
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { DISK } from './disk-access';
import { startServer } from './server';

const connection = createConnection(ProposedFeatures.all);
// a promise that nobody waits for is no reason to end; handlers report their own errors (guard.ts)
process.on('unhandledRejection', (error) =>
  connection.console.error(`A mistake of Mutual: ${error instanceof Error ? error.stack : error}`),
);
startServer(connection, DISK);
