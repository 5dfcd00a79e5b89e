// When is the server worth starting? When a document is open that can be a Kubernetes manifest, and not before.
import * as vscode from 'vscode';
import { isOurs } from './documents';

/** Calls `start` once: for the first open document that looks like a manifest. */
export function onFirstManifest(start: () => void): vscode.Disposable {
  const subscriptions: vscode.Disposable[] = [];
  const stop = (): void => {
    for (const subscription of subscriptions.splice(0)) subscription.dispose();
  };
  const look = (document: vscode.TextDocument): boolean => {
    if (!isOurs(document)) return false;
    stop();
    start();
    return true;
  };
  if (vscode.workspace.textDocuments.some(look)) return new vscode.Disposable(stop);
  subscriptions.push(
    vscode.workspace.onDidOpenTextDocument(look),
    vscode.workspace.onDidChangeTextDocument(({ document }) => look(document)),
  );
  return new vscode.Disposable(stop);
}
