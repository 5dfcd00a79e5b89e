// The language server's entry in a web worker: the client is on the other side of the worker's messages.
import {
  BrowserMessageReader,
  BrowserMessageWriter,
  createConnection,
  ProposedFeatures,
} from 'vscode-languageserver/browser';
import { startServer } from './server';

const worker = globalThis as unknown as DedicatedWorkerGlobalScope;
const connection = createConnection(
  ProposedFeatures.all,
  new BrowserMessageReader(worker),
  new BrowserMessageWriter(worker),
);
// the protocol's `exit` ends a process by itself, but not a worker
connection.onExit(() => worker.close());
startServer(connection);
