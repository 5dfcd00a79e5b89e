// The documents that Mutual answers for.
import * as vscode from 'vscode';
import { type BaseLanguageClient, DidOpenTextDocumentNotification, type Middleware } from 'vscode-languageclient';

/** YAML on disk, new YAML, and YAML of the file systems that the workspace's folders are on. */
export function answeredDocuments(): { scheme: string; language: string }[] {
  return documentsOf(['yaml']);
}

/** JSON can hold manifests too; of all JSON, only that is told to the server. */
export function syncedDocuments(): { scheme: string; language: string }[] {
  return documentsOf(['yaml', 'json', 'jsonc']);
}

function documentsOf(languages: readonly string[]): { scheme: string; language: string }[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const schemes = new Set(['file', 'untitled', ...folders.map(({ uri }) => uri.scheme)]);
  return [...schemes].flatMap((scheme) => languages.map((language) => ({ scheme, language })));
}

/** True for what is worth starting the server: a manifest, a kustomization, or the configuration of Mutual. */
export function isOurs(document: vscode.TextDocument): boolean {
  if (vscode.languages.match(syncedDocuments(), document) === 0) return false;
  const { path } = document.uri;
  return (
    /(?:^|\/)(?:mutual\.yaml|kustomization\.ya?ml|Kustomization)$/.test(path) || looksLikeManifest(document.getText())
  );
}

function looksLikeManifest(text: string): boolean {
  return /^[\s{,"'-]*apiVersion["']?\s*:/m.test(text) && /^[\s{,"'-]*kind["']?\s*:/m.test(text);
}

/** Tells the server of YAML, and of JSON from when on it holds a manifest. */
export function onlyManifests(client: () => BaseLanguageClient | undefined): Middleware {
  const told = new Set<string>();
  const isWanted = (document: vscode.TextDocument): boolean => document.languageId === 'yaml' || isOurs(document);
  return {
    async didOpen(document, next) {
      if (!isWanted(document)) return;
      told.add(document.uri.toString());
      await next(document);
    },
    async didChange(event, next) {
      const { document } = event;
      if (told.has(document.uri.toString())) return next(event);
      const running = client();
      if (!running || !isWanted(document)) return;
      // as if it were opened now: by way of the feature, on which others hang
      await running.getFeature(DidOpenTextDocumentNotification.method).getProvider(document)?.send(document);
    },
    async didClose(document, next) {
      if (told.delete(document.uri.toString())) await next(document);
    },
  };
}
