// The entry for VS Code's extension host in a browser: the server is a web worker.
import * as vscode from 'vscode';
import {
  BrowserMessageReader,
  BrowserMessageWriter,
  LanguageClient,
  type Message,
  type MessageTransports,
  State,
} from 'vscode-languageclient/browser';
import { start } from './start';

export { stop as deactivate } from './start';

/** Longer than a server is waited for when it is stopped. */
const PATIENCE_MS = 3000;

export function activate(context: vscode.ExtensionContext): void {
  const script = vscode.Uri.joinPath(context.extensionUri, 'dist', 'browser', 'server.js');
  start(context, (options) => {
    let worker: Worker | undefined;
    const connect = async (): Promise<MessageTransports> => {
      worker = new Worker(await addressOf(script), { name: 'mutual' });
      // not the worker itself: VS Code's is none by `instanceof`, which the client asks
      return { reader: new BrowserMessageReader(worker), writer: new PlainWriter(worker) };
    };
    const client = new LanguageClient('mutual', 'Mutual', connect, options);
    // `Stopped` is told when stopping begins: the worker ends itself after the protocol's `exit`, or is ended if it hangs
    client.onDidChangeState(({ newState }) => {
      const last = worker;
      if (newState === State.Stopped) setTimeout(() => last?.terminate(), PATIENCE_MS);
      else if (newState === State.StartFailed) last?.terminate();
    });
    return client;
  });
}

/** VS Code's settings are proxies, which cannot be sent to a worker as they are. */
class PlainWriter extends BrowserMessageWriter {
  override write(message: Message): Promise<void> {
    return super.write(JSON.parse(JSON.stringify(message)) as Message);
  }
}

/** An address that a worker can be made of: VS Code makes none of what lies on a remote machine. */
async function addressOf(script: vscode.Uri): Promise<string> {
  if (script.scheme !== 'vscode-remote') return script.toString(true);
  const bytes = await vscode.workspace.fs.readFile(script);
  return URL.createObjectURL(new Blob([bytes as BlobPart], { type: 'text/javascript' }));
}
