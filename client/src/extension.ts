// The VS Code side of Mutual: starts the server when it is needed, and offers its commands and its status.
import * as vscode from 'vscode';
import { type ExplainArguments, Explanations } from './explain';
import { onFirstManifest } from './lazy';
import { Server } from './server';
import { showStatus } from './status';
import { TablePanel } from './table';

let running: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const output = vscode.window.createOutputChannel('Mutual', { log: true });
  const server = new Server(context.asAbsolutePath('dist/server.js'), output);
  running = server;
  const table = new TablePanel(server);
  const explanations = new Explanations(server);
  const command = (name: string, run: (...args: never[]) => Promise<void>): vscode.Disposable =>
    vscode.commands.registerCommand(name, async (...args: never[]) => {
      try {
        await run(...args);
      } catch (error) {
        output.error(`${name}: ${(error as Error).stack ?? error}`);
        void vscode.window.showErrorMessage(`Mutual: ${(error as Error).message}. The output "Mutual" says more.`);
      }
    });
  context.subscriptions.push(
    output,
    server,
    table,
    explanations,
    showStatus(server),
    onFirstManifest(() => void server.start().catch(() => {})),
    command('mutual.showTable', () => table.show(vscode.window.activeTextEditor?.document.uri)),
    command('mutual.explainConnection', (given?: ExplainArguments) => explanations.explain(given)),
    command('mutual.restartServer', () => server.restart()),
    command('mutual.showOutput', async () => output.show()),
  );
}

export async function deactivate(): Promise<void> {
  await running?.stop();
}
