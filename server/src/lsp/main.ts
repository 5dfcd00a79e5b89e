// The language server's entry under Node: stdio, IPC or a socket, as its arguments say.
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node';
import { DISK } from './disk-access';
import { startServer } from './server';

startServer(createConnection(ProposedFeatures.all), DISK);
