// The mTLS table in a panel: plain HTML in the colours of the theme, each object a link to its manifest.
import * as vscode from 'vscode';
import { type MeshTable, Requests, type TableAnswer, type TableCell } from './protocol';
import type { Server } from './server';

const SETTLE_MS = 400;

/** The panel; there is one at most. */
export class TablePanel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private uri: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly server: Server) {}

  /** Shows the table of the mesh that `uri` is in, or of all. */
  async show(uri: vscode.Uri | undefined): Promise<void> {
    this.uri = uri?.toString();
    if (this.panel) this.panel.reveal(undefined, true);
    else this.open();
    await this.update();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.panel?.dispose();
  }

  private open(): void {
    const panel = vscode.window.createWebviewPanel(
      'mutual.table',
      'Mutual TLS',
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { enableScripts: true, localResourceRoots: [], retainContextWhenHidden: false, enableFindWidget: true },
    );
    const subscriptions = [
      this.server.onAnswersChanged(() => {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => void this.update(), SETTLE_MS);
      }),
      panel.webview.onDidReceiveMessage((message: unknown) => void openPlace(message)),
    ];
    panel.onDidDispose(() => {
      for (const subscription of subscriptions) subscription.dispose();
      this.panel = undefined;
    });
    this.panel = panel;
  }

  private async update(): Promise<void> {
    const { panel } = this;
    if (!panel) return;
    try {
      const answer = await this.server.request<TableAnswer>(Requests.table, { uri: this.uri });
      if (this.panel === panel) panel.webview.html = page(answer);
    } catch (error) {
      if (this.panel === panel) panel.webview.html = page({ meshes: [] }, (error as Error).message);
    }
  }
}

async function openPlace(message: unknown): Promise<void> {
  const { uri, line, character } = message as { uri?: unknown; line?: unknown; character?: unknown };
  if (typeof uri !== 'string' || typeof line !== 'number' || typeof character !== 'number') return;
  const position = new vscode.Position(line, character);
  const other = vscode.window.visibleTextEditors[0]?.viewColumn ?? vscode.ViewColumn.One;
  await vscode.window.showTextDocument(vscode.Uri.parse(uri), {
    selection: new vscode.Range(position, position),
    viewColumn: other,
  });
}

function page({ meshes }: TableAnswer, fault?: string): string {
  const nonce = crypto.randomUUID();
  const rows = meshes.reduce((sum, mesh) => sum + mesh.rows.length, 0);
  const body = fault
    ? `<p>The table could not be made: ${html(fault)}</p>`
    : rows === 0
      ? '<p>No service in these manifests. The table has a row for each port of a Service or ServiceEntry.</p>'
      : meshes.map((mesh) => section(mesh, meshes.length > 1)).join('\n');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'">
<title>Mutual TLS</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
${body}
<script nonce="${nonce}">${SCRIPT}</script>
</body>
</html>`;
}

function section({ name, header, rows }: MeshTable, several: boolean): string {
  const title = several ? `<h2>${html(name || 'mesh')}</h2>` : '';
  const head = header.map((text) => `<th scope="col">${html(text)}</th>`).join('');
  const lines = rows.map(({ status, cells }) => {
    const kind = status.toLowerCase().replaceAll(' ', '-');
    return `<tr class="${html(kind)}">${cells.map((each) => `<td>${cell(each)}</td>`).join('')}</tr>`;
  });
  return `${title}<table><thead><tr>${head}</tr></thead><tbody>${lines.join('\n')}</tbody></table>`;
}

function cell({ text, place }: TableCell): string {
  if (!place) return html(text);
  const { uri, line, character } = place;
  return `<a href="#" data-uri="${html(uri)}" data-line="${line}" data-character="${character}">${html(text)}</a>`;
}

function html(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replaceAll(/[&<>"']/g, (character) => entities[character]!);
}

const STYLE = `
body { color: var(--vscode-editor-foreground); font-family: var(--vscode-font-family); font-size: var(--vscode-font-size); }
h2 { font-size: 1.1em; margin: 1.2em 0 0.4em; }
table { border-collapse: collapse; white-space: nowrap; }
th, td { padding: 3px 14px 3px 0; text-align: left; vertical-align: top; }
th { border-bottom: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder)); font-weight: 600; }
td { border-bottom: 1px solid var(--vscode-editorWidget-border, transparent); }
td:nth-child(2) { font-weight: 600; }
.ok td:nth-child(2) { color: var(--vscode-testing-iconPassed, var(--vscode-charts-green)); }
.conflict td:nth-child(2) { color: var(--vscode-editorError-foreground); }
.unknown td:nth-child(2), .blocked td:nth-child(2), .no-endpoints td:nth-child(2) { color: var(--vscode-editorWarning-foreground); }
a { color: var(--vscode-textLink-foreground); text-decoration: none; }
a:hover, a:focus { text-decoration: underline; }
`;

const SCRIPT = `
const vscode = acquireVsCodeApi();
document.addEventListener('click', (event) => {
  const link = event.target.closest('a[data-uri]');
  if (!link) return;
  event.preventDefault();
  vscode.postMessage({ uri: link.dataset.uri, line: Number(link.dataset.line), character: Number(link.dataset.character) });
});
`;
