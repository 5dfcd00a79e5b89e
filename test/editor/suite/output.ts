// How a suite speaks to its launcher: lines on the console, and a file with its results beside the workspace folder.
import * as vscode from 'vscode';
import { type SuiteResults, suiteMark } from './protocol';

/** One or more lines for the person who runs the tests. */
export function print(text: string): void {
  for (const line of text.split('\n')) console.log(`${suiteMark}${line}`);
}

/** Through VS Code's own file system, because a web extension has no other; the launcher reads it at the end. */
export async function writeResults(results: SuiteResults): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  if (!folder) throw new Error('no workspace folder is open: the launcher opens one');
  const file = vscode.Uri.joinPath(folder, '..', 'results.json');
  await vscode.workspace.fs.writeFile(file, new TextEncoder().encode(JSON.stringify(results)));
}
