// The entry for VS Code's extension host under Node: the server is a process.
import type { ExtensionContext } from 'vscode';
import { LanguageClient, type ServerOptions, TransportKind } from 'vscode-languageclient/node';
import { askToRunHelm } from './helm-consent';
import { start } from './start';

export { stop as deactivate } from './start';

export function activate(context: ExtensionContext): void {
  const module = context.asAbsolutePath('dist/server.js');
  const server: ServerOptions = {
    run: { module, transport: TransportKind.ipc },
    debug: { module, transport: TransportKind.ipc, options: { execArgv: ['--nolazy', '--inspect=6077'] } },
  };
  const running = start(context, (options) => new LanguageClient('mutual', 'Mutual', server, options));
  context.subscriptions.push(askToRunHelm(context.workspaceState, running));
}
