// Problems on their way to the editor: answered when it pulls, or pushed to those that cannot.
import {
  CancellationToken,
  type Connection,
  type Diagnostic,
  type DocumentDiagnosticReport,
  DocumentDiagnosticReportKind,
  type PreviousResultId,
  type WorkspaceDiagnosticReport,
} from 'vscode-languageserver';
import { suppressionUnused } from '../rules/suppression';
import type { Snapshot } from '../workspace/workspace';
import { lineStarts } from '../yaml/range';
import { type ClientView, toConfigurationDiagnostic, toDiagnostic } from './convert';
import type { ConfigurationProblems } from './folders';
import type { Progress, Session } from './session';
import { canonical } from './uri';
import { othersTurn, throwIfCancelled } from './waiting';

interface FileReport {
  readonly id: string;
  readonly items: readonly Diagnostic[];
}
/** Files of a workspace that is not checked in a moment: there, that nothing is found yet is told too. */
const LARGE_WORKSPACE = 500;
const NOTHING: FileReport = { id: '0', items: [] };

export class Diagnostics {
  /** By file, what the client was last sent. */
  private pushed = new Map<string, string>();
  private readonly reports = new Map<string, FileReport>();
  private configurations: readonly ConfigurationProblems[] = [];
  /** Files whose reports may have changed since they were pushed. */
  private readonly waiting = new Set<string>();
  private isPushing = false;
  /** By file, the id of what was answered before every problem was known. */
  private readonly early = new Map<string, string>();

  /** @param askAgain has the client pull anew; gives undefined for one that cannot be told to */
  constructor(
    private readonly session: Session,
    private readonly client: ClientView,
    private readonly askAgain: () => (() => void) | undefined,
  ) {}

  /**
   * `textDocument/diagnostic`. At the start, and where that takes its time, what the file itself is about is enough for
   * a first answer; the client is asked to pull again when everything is known.
   */
  async pull(uri: string, previous: string | undefined, token: CancellationToken): Promise<DocumentDiagnosticReport> {
    const key = canonical(uri);
    const isEnough = ({ snapshot: { files } }: Progress): boolean =>
      !this.session.isComplete &&
      files.size > LARGE_WORKSPACE &&
      this.askAgain() !== undefined &&
      this.session.isLookedAt(key);
    const { snapshot, isDone } = await this.session.whenChecked(token, isEnough);
    this.renew(snapshot);
    const report = this.reportOf(key, !isDone);
    if (!isDone) this.followUp(key, report.id);
    if (report.id === previous) return { kind: DocumentDiagnosticReportKind.Unchanged, resultId: report.id };
    return { kind: DocumentDiagnosticReportKind.Full, resultId: report.id, items: [...report.items] };
  }

  /** `workspace/diagnostic`: answered as soon as anything differs from what the client has. */
  async pullAll(previous: readonly PreviousResultId[], token: CancellationToken): Promise<WorkspaceDiagnosticReport> {
    const known = new Map(previous.map(({ uri, value }) => [canonical(uri), { uri, value }]));
    for (;;) {
      const { snapshot } = await this.session.whenChecked(token);
      this.renew(snapshot);
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

  /**
   * Sends what differs from what was sent before; open files first, and those even when there is nothing to say. At the
   * start, what is known of a file goes out before everything is known.
   */
  push(connection: Connection): void {
    if (!this.session.ready || this.session.busy) return;
    const wasComplete = this.session.isComplete;
    const { snapshot, isDone } = this.session.refresh();
    // half an answer is better than none only at the start: later it would take back what the rest still says
    if (isDone || !wasComplete) this.send(connection, snapshot, !isDone);
    if (isDone || this.isPushing) return;
    this.isPushing = true;
    void othersTurn().then(() => {
      this.isPushing = false;
      this.push(connection);
    });
  }

  /** @param isPartial that nothing has been found in a file does not mean that nothing is there */
  private send(connection: Connection, snapshot: Snapshot, isPartial: boolean): void {
    this.renew(snapshot);
    const open = new Set(this.session.files.openUris());
    const { files } = snapshot;
    for (const key of open) if (files.has(key) || this.pushed.has(key)) this.waiting.add(key);
    const keys = new Set([...[...open].filter((key) => this.waiting.has(key)), ...this.waiting]);
    this.waiting.clear();
    for (const key of keys) {
      const { id, items } = this.reportOf(key, isPartial);
      const version = this.client.versionOf(key) ?? undefined;
      const state = `${id} ${version ?? ''}`;
      const isOpenManifest = open.has(key) && files.has(key);
      if (this.pushed.get(key) === state || (!this.pushed.has(key) && items.length === 0 && !isOpenManifest)) continue;
      const isNews = items.length > 0 || (open.has(key) && files.size > LARGE_WORKSPACE);
      if (isPartial && !(isNews && (!open.has(key) || this.session.isLookedAt(key)))) {
        this.waiting.add(key);
        continue;
      }
      void connection.sendDiagnostics({ uri: this.client.clientUri(key), version, diagnostics: [...items] });
      if (items.length === 0 && !open.has(key)) this.pushed.delete(key);
      else this.pushed.set(key, state);
    }
  }

  /** Goes on after an early answer, and has the client pull anew if that has become another one. */
  private followUp(key: string, id: string): void {
    const isFirst = this.early.size === 0;
    this.early.set(key, id);
    if (!isFirst) return;
    void this.session.whenChecked(CancellationToken.None).then(({ snapshot }) => {
      this.renew(snapshot);
      const isOther = [...this.early].some(([each, told]) => this.reportOf(each, false).id !== told);
      this.early.clear();
      if (isOther) this.askAgain()?.();
    });
  }

  /** @param isPartial whether a comment accepts anything is then not known yet */
  private reportOf(key: string, isPartial: boolean): FileReport {
    const report = this.reports.get(key) ?? NOTHING;
    if (!isPartial) return report;
    const items = report.items.filter(({ code }) => code !== suppressionUnused.id);
    if (items.length === report.items.length) return report;
    return items.length === 0 ? NOTHING : { id: `${report.id}-`, items };
  }

  /** Makes the reports of files anew whose problems have changed. */
  private renew(snapshot: Snapshot): void {
    const { files, folders } = this.session;
    const configurations = folders.problems((uri) => files.document(uri)?.getText());
    const changed = new Set(this.session.takeChangedFiles());
    if (configurations !== this.configurations) {
      for (const { uri } of [...this.configurations, ...configurations]) changed.add(uri);
      this.configurations = configurations;
    }
    if (changed.size === 0) return;
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
