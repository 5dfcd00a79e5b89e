// What the tests of the extension share: its files, and waiting for what comes when it comes.
import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';

/** The file of the workspace with the mistake in it. */
export const RULE = 'destination-rule.yaml';

const PATIENCE_MS = 12_000;

export function fileUri(name: string): vscode.Uri {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  assert.ok(folder, 'no workspace folder is open');
  return vscode.Uri.joinPath(folder, name);
}

export async function open(name: string): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(fileUri(name), { preview: false, viewColumn: vscode.ViewColumn.One });
}

/** Until `found` gives something. */
export async function until<T>(
  what: string,
  found: () => T | undefined | false | Thenable<T | undefined | false>,
): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await found();
    if (value) return value;
    assert.ok(Date.now() < end, `waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Our problems in a file. */
export function problems(uri: vscode.Uri): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).filter(({ source }) => source === 'mutual');
}

/** The rule that found a problem. */
export function ruleOf({ code }: vscode.Diagnostic): string {
  return typeof code === 'object' ? String(code.value) : String(code);
}

/** The problem in it. */
export function conflict(): Promise<vscode.Diagnostic> {
  return until('the refused connection', () =>
    problems(fileUri(RULE)).find((problem) => ruleOf(problem) === 'plaintext-refused'),
  );
}

export async function closeAll(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.closeAllEditors');
}
