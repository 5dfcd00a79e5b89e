// Problems on their way to the editor: answered when it pulls, or pushed to those that cannot.
import {
  type CancellationToken,
  type Connection,
  type Diagnostic,
  type DocumentDiagnosticReport,
  DocumentDiagnosticReportKind,
  type PreviousResultId,
  type WorkspaceDiagnosticReport,
} from 'vscode-languageserver';
import { lineStarts } from '../yaml/range';
import { type ClientView, toConfigurationDiagnostic, toDiagnostic } from './convert';
import type { ConfigurationProblems } from './folders';
import { type Session, throwIfCancelled } from './session';
import { canonical } from './uri';

interface FileReport {
  readonly id: string;
  readonly items: readonly Diagnostic[];
}
const NOTHING: FileReport = { id: '0', items: [] };

export class Diagnostics {
  /** By file, what the client was last sent. */
  private pushed = new Map<string, string>();
  private readonly reports = new Map<string, FileReport>();
  private configurations: readonly ConfigurationProblems[] = [];
  /** Files whose reports may have changed since they were pushed. */
  private readonly waiting = new Set<string>();
  private isPushing = false;
  /** Every problem has been known once. */
  private isComplete = false;

  constructor(
    private readonly session: Session,
    private readonly client: ClientView,
  ) {}

  /** `textDocument/diagnostic` */
  async pull(uri: string, previous: string | undefined, token: CancellationToken): Promise<DocumentDiagnosticReport> {
    await this.session.whenAnswerable(token);
    await this.settle(token);
    const report = this.reports.get(canonical(uri)) ?? NOTHING;
    if (report.id === previous) return { kind: DocumentDiagnosticReportKind.Unchanged, resultId: report.id };
    return { kind: DocumentDiagnosticReportKind.Full, resultId: report.id, items: [...report.items] };
  }

  /** `workspace/diagnostic`: answered as soon as anything differs from what the client has. */
  async pullAll(previous: readonly PreviousResultId[], token: CancellationToken): Promise<WorkspaceDiagnosticReport> {
    await this.session.whenAnswerable(token);
    const known = new Map(previous.map(({ uri, value }) => [canonical(uri), { uri, value }]));
    for (;;) {
      await this.settle(token);
      const { reports } = this;
      const uris = new Set([...reports.keys(), ...known.keys()]);
      const items = [...uris].flatMap((key) => {
        const report = reports.get(key) ?? NOTHING;
        const before = known.get(key);
        if (report.id === (before?.value ?? NOTHING.id)) return [];
        const uri = before?.uri ?? this.client.clientUri(key);
        const version = this.client.versionOf(key);
        return [
          { kind: DocumentDiagnosticReportKind.Full, uri, version, resultId: report.id, items: [...report.items] },
        ];
      });
      // what has not changed need not be said
      if (items.length > 0) return { items } as WorkspaceDiagnosticReport;
      await this.session.nextChange(token);
      throwIfCancelled(token);
    }
  }

  /** Sends what differs from what was sent before; open files first, and those even when there is nothing to say. */
  push(connection: Connection): void {
    if (!this.session.ready || this.session.busy) return;
    const isDone = this.session.refresh(SLICE_MS);
    // half an answer is better than none only at the start: later it would take back what the rest still says
    const isPartial = !isDone;
    if (isDone || !this.isComplete) this.send(connection, isPartial);
    this.isComplete ||= isDone;
    if (isDone || this.isPushing) return;
    // others have their turn before it goes on
    this.isPushing = true;
    setTimeout(() => {
      this.isPushing = false;
      this.push(connection);
    }, 0);
  }

  /** @param isPartial that nothing has been found in a file does not mean that nothing is there */
  private send(connection: Connection, isPartial: boolean): void {
    this.renew();
    const open = new Set(this.session.files.openUris());
    const { files } = this.session.snapshot();
    for (const key of open) if (files.has(key) || this.pushed.has(key)) this.waiting.add(key);
    const keys = [...this.waiting].sort((a, b) => Number(open.has(b)) - Number(open.has(a)));
    this.waiting.clear();
    for (const key of keys) {
      const { id, items } = this.reports.get(key) ?? NOTHING;
      if (isPartial && items.length === 0) {
        this.waiting.add(key);
        continue;
      }
      const version = this.client.versionOf(key) ?? undefined;
      const state = `${id} ${version ?? ''}`;
      const isOpenManifest = open.has(key) && files.has(key);
      if (this.pushed.get(key) === state || (!this.pushed.has(key) && items.length === 0 && !isOpenManifest)) continue;
      void connection.sendDiagnostics({ uri: this.client.clientUri(key), version, diagnostics: [...items] });
      if (items.length === 0 && !open.has(key)) this.pushed.delete(key);
      else this.pushed.set(key, state);
    }
  }

  /** Waits until all problems are known, letting others have their turn. */
  private async settle(token: CancellationToken): Promise<void> {
    while (!this.session.refresh(SLICE_MS)) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      throwIfCancelled(token);
    }
    this.renew();
  }

  /** Makes the reports of files anew whose problems have changed. */
  private renew(): void {
    const { files, folders } = this.session;
    const configurations = folders.problems((uri) => files.document(uri)?.getText());
    const changed = new Set(this.session.takeChangedFiles());
    if (configurations !== this.configurations) {
      for (const { uri } of [...this.configurations, ...configurations]) changed.add(uri);
      this.configurations = configurations;
    }
    if (changed.size === 0) return;
    const snapshot = this.session.snapshot();
    for (const uri of changed) {
      const configuration = configurations.find((each) => each.uri === uri && each.problems.length > 0);
      const items = configuration
        ? itemsOfConfiguration(configuration)
        : this.session.problemsOf(uri).map((problem) => toDiagnostic(snapshot, problem, this.client));
      if (items.length > 0) this.reports.set(uri, { id: fingerprint(JSON.stringify(items)), items });
      else this.reports.delete(uri);
      this.waiting.add(uri);
    }
  }
}

/** Time that looking for problems may take before others have their turn. */
const SLICE_MS = 25;

function itemsOfConfiguration({ text, problems }: ConfigurationProblems): Diagnostic[] {
  const file = { lines: lineStarts(text) };
  return problems.map((problem) => toConfigurationDiagnostic(file, problem));
}

/** Tells two reports apart (FNV-1a, twice over different beginnings, and the length). */
function fingerprint(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b);
  }
  return `${(a >>> 0).toString(36)}${(b >>> 0).toString(36)}${text.length.toString(36)}`;
}
