// The language status item: the mesh of the file at hand, how many files it was computed from, the settings in force.
import * as vscode from 'vscode';
import { answeredDocuments } from './documents';
import { Requests, type Status } from './protocol';
import type { Server } from './server';

/** Bursts of changes are told once. */
const SETTLE_MS = 250;

export function showStatus(server: Server): vscode.Disposable {
  const item = vscode.languages.createLanguageStatusItem('mutual', answeredDocuments());
  item.name = 'Mutual';
  item.command = { command: 'mutual.showTable', title: 'Show Table' };
  let timer: ReturnType<typeof setTimeout> | undefined;

  const update = async (): Promise<void> => {
    if (!server.isRunning) {
      item.text = 'Mutual: off';
      item.detail = 'it starts with the first manifest';
      item.busy = false;
      return;
    }
    const uri = vscode.window.activeTextEditor?.document.uri.toString();
    try {
      const status = await server.request<Status>(Requests.status, { uri });
      const [chart, ...more] = status.charts;
      item.severity = chart ? vscode.LanguageStatusSeverity.Warning : vscode.LanguageStatusSeverity.Information;
      item.busy = status.state === 'scanning';
      item.text = `Mutual: ${meshText(status)}`;
      const counts = [count(status.files, 'file'), count(status.objects, 'object'), ...status.settings];
      const rest = more.length > 0 ? ` (and ${count(more.length, 'more chart')})` : '';
      item.detail = chart ? `not rendered: ${chart}${rest}` : counts.join(' · ');
    } catch (error) {
      // restarting: the next change tells more
      item.severity = vscode.LanguageStatusSeverity.Warning;
      item.text = 'Mutual: no answer';
      item.detail = (error as Error).message;
    }
  };
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void update(), SETTLE_MS);
  };
  void update();
  return vscode.Disposable.from(
    item,
    server.onChanged(soon),
    vscode.window.onDidChangeActiveTextEditor(soon),
    new vscode.Disposable(() => clearTimeout(timer)),
  );
}

function meshText({ state, meshes, meshCount }: Status): string {
  if (state === 'scanning') return 'reading manifests';
  if (meshes.length === 0) return 'not a part of a mesh';
  const [name] = meshes;
  if (meshes.length > 1) return `in ${meshes.length} of ${meshCount} meshes`;
  return name ? `mesh ${name}` : 'one mesh';
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
