// The documents that Mutual answers for.
import * as vscode from 'vscode';

/** YAML on disk, new YAML, and YAML of the file systems that the workspace's folders are on. */
export function answeredDocuments(): { scheme: string; language: string }[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const schemes = new Set(['file', 'untitled', ...folders.map(({ uri }) => uri.scheme)]);
  return [...schemes].map((scheme) => ({ scheme, language: 'yaml' }));
}
