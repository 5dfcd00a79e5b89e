// Whether Helm may be run is asked once for a workspace with charts, where nobody has said so yet and it is trusted.
import * as vscode from 'vscode';
import type { Server } from './server';

/** Remembers for the workspace that the answer was no. */
const DECLINED = 'mutual.helm.declined';
const RENDER = 'Render Charts';
const DECLINE = 'Do Not Render';

/** Asks when the server runs, and again when trust is given. */
export function askToRunHelm(state: vscode.Memento, server: Server): vscode.Disposable {
  let isAsked = false;
  const look = async (): Promise<void> => {
    if (isAsked || !server.isRunning || !mayAsk(state)) return;
    isAsked = true;
    const [chart] = await vscode.workspace.findFiles('**/Chart.yaml', '**/{node_modules,vendor}/**', 1);
    if (chart) await ask(state);
  };
  return vscode.Disposable.from(
    server.onChanged(() => void look()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => void look()),
  );
}

function mayAsk(state: vscode.Memento): boolean {
  const isOnDisk = vscode.workspace.workspaceFolders?.some(({ uri }) => uri.scheme === 'file') ?? false;
  if (!isOnDisk || !vscode.workspace.isTrusted || state.get(DECLINED) === true) return false;
  const stated = vscode.workspace.getConfiguration('mutual').inspect('helm.enabled');
  return [stated?.globalValue, stated?.workspaceValue, stated?.workspaceFolderValue].every(
    (each) => each === undefined,
  );
}

async function ask(state: vscode.Memento): Promise<void> {
  const question =
    'This workspace has Helm charts. May Mutual run "helm template" on this computer to see what they make? Nothing is installed; without it, templates are read as far as they need no values.';
  const answer = await vscode.window.showInformationMessage(question, RENDER, DECLINE);
  if (answer === DECLINE) await state.update(DECLINED, true);
  if (answer !== RENDER) return;
  await vscode.workspace.getConfiguration('mutual').update('helm.enabled', true, vscode.ConfigurationTarget.Workspace);
}
