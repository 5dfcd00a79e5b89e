// "Mutual: Explain Connection…": asks who calls whom and shows, step by step, what comes of it.
import * as vscode from 'vscode';
import { type Choice, type ClientsAnswer, type ExplainAnswer, type HostsAnswer, Requests } from './protocol';
import type { Server } from './server';

const SCHEME = 'mutual-explain';

export interface ExplainArguments {
  readonly client?: string;
  readonly target?: string;
}

/** Shows explanations as read-only documents that follow the manifests. */
export class Explanations implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly server: Server) {
    this.subscriptions = [
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      server.onAnswersChanged(() => {
        if (!server.isRunning) return;
        for (const { uri } of vscode.workspace.textDocuments) if (uri.scheme === SCHEME) this.changed.fire(uri);
      }),
    ];
  }

  /** Asks for what is not given. */
  async explain(given: ExplainArguments = {}): Promise<void> {
    const uri = vscode.window.activeTextEditor?.document.uri.toString();
    const client = given.client ?? (await this.pickClient(uri));
    if (client === undefined) return;
    const target = given.target ?? (await this.pickHost(uri, client));
    if (target === undefined) return;
    const query = JSON.stringify({ uri, client, target });
    const path = `/${`${client} to ${target}`.replaceAll('/', ' ')}.txt`;
    const document = await vscode.workspace.openTextDocument(vscode.Uri.from({ scheme: SCHEME, path, query }));
    await vscode.window.showTextDocument(document, { preview: true, viewColumn: vscode.ViewColumn.Beside });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const params = JSON.parse(uri.query) as { uri?: string; client: string; target: string };
    const { text } = await this.server.request<ExplainAnswer>(Requests.explain, params);
    return text ?? `No workload ${params.client}, or no host ${params.target}, in these manifests.\n`;
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
    this.changed.dispose();
  }

  private async pickClient(uri: string | undefined): Promise<string | undefined> {
    const { clients } = await this.server.request<ClientsAnswer>(Requests.clients, { uri });
    return pick(
      clients,
      'Who calls?',
      'No workload in these manifests: a Deployment, StatefulSet, Job or Pod can call.',
    );
  }

  private async pickHost(uri: string | undefined, client: string): Promise<string | undefined> {
    const { hosts } = await this.server.request<HostsAnswer>(Requests.hosts, { uri });
    return pick(
      hosts,
      `Whom does ${client} call?`,
      'No service in these manifests: a Service or ServiceEntry can be called.',
    );
  }
}

async function pick(choices: readonly Choice[], placeHolder: string, none: string): Promise<string | undefined> {
  if (choices.length === 0) {
    void vscode.window.showInformationMessage(`Mutual: ${none}`);
    return undefined;
  }
  const items = choices.map(({ name, detail }) => ({ label: name, description: detail }));
  const chosen = await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true });
  return chosen?.label;
}
