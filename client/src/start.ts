// The VS Code side of Mutual, wherever VS Code runs: starts the server when it is needed, offers commands and a status.
import * as vscode from 'vscode';
import { type ExplainArguments, Explanations } from './explain';
import { onFirstManifest } from './lazy';
import { explainRule, RULE_COMMAND } from './rule-pages';
import { type MakeClient, Server } from './server';
import { settingNames } from './settings';
import { showStatus } from './status';
import { TablePanel } from './table';

let running: Server | undefined;

/** @param makeClient connects to the server, which an extension host of Node starts otherwise than one in a browser */
export function start(context: vscode.ExtensionContext, makeClient: MakeClient): Server {
  const output = vscode.window.createOutputChannel('Mutual', { log: true });
  const server = new Server(makeClient, output, settingNames(context.extension));
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
    server.followFolders(),
    server.followTrust(),
    onFirstManifest(() => void server.start().catch(() => {})),
    command('mutual.showTable', () => table.show(vscode.window.activeTextEditor?.document.uri)),
    command('mutual.explainConnection', (given?: ExplainArguments) => explanations.explain(given)),
    command(RULE_COMMAND, (rule?: unknown) => explainRule(context.extension, rule)),
    command('mutual.restartServer', () => server.restart()),
    command('mutual.showOutput', async () => output.show()),
  );
  return server;
}

export async function stop(): Promise<void> {
  await running?.stop();
}
