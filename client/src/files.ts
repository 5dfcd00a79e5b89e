// Reads files for the server where it cannot: in a browser, and in folders that are on no disk.
import * as vscode from 'vscode';
import type { BaseLanguageClient } from 'vscode-languageclient';
import {
  type FindFilesAnswer,
  type FindFilesParams,
  type ReadFilesAnswer,
  type ReadFilesParams,
  ServerRequests,
} from './protocol';

const NAMES = '{*.yaml,*.yml,*.json,Kustomization}';
/** Never deployed; hidden folders are left to the server, since globs differ about them. */
const NOT_DEEP = '**/node_modules/**';

export function serveFiles(client: BaseLanguageClient): void {
  client.onRequest(ServerRequests.findFiles, findFiles);
  client.onRequest(ServerRequests.readFiles, readFiles);
}

async function findFiles({ folder, deep }: FindFilesParams): Promise<FindFilesAnswer> {
  const base = vscode.Uri.parse(folder);
  if (!deep) return { uris: await filesRightIn(base) };
  const found = await vscode.workspace.findFiles(new vscode.RelativePattern(base, `**/${NAMES}`), NOT_DEEP);
  return { uris: found.map((uri) => uri.toString()) };
}

async function filesRightIn(folder: vscode.Uri): Promise<string[]> {
  try {
    const entries = await vscode.workspace.fs.readDirectory(folder);
    return entries
      .filter(
        ([name, type]) =>
          type === vscode.FileType.File && (/\.(?:ya?ml|json)$/i.test(name) || name === 'Kustomization'),
      )
      .map(([name]) => vscode.Uri.joinPath(folder, name).toString());
  } catch {
    // a file opened on its own, from a place that cannot be listed
    return [];
  }
}

async function readFiles({ uris, limit }: ReadFilesParams): Promise<ReadFilesAnswer> {
  return { files: await Promise.all(uris.map((uri) => readFile(vscode.Uri.parse(uri), limit))) };
}

async function readFile(uri: vscode.Uri, limit: number): Promise<ReadFilesAnswer['files'][number]> {
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > limit) return { size };
    const bytes = await vscode.workspace.fs.readFile(uri);
    // some file systems do not know sizes before they have read
    if (bytes.length > limit) return { size: bytes.length };
    return { size: bytes.length, text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) };
  } catch (error) {
    return { size: 0, error: (error as Error).message };
  }
}
