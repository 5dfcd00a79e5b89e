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
import type { Problem } from '../rules/rule';
import type { Snapshot } from '../workspace/workspace';
import { lineStarts } from '../yaml/range';
import { type ClientView, toConfigurationDiagnostic, toDiagnostic } from './convert';
import type { ConfigurationProblems } from './folders';
import { type Session, throwIfCancelled } from './session';
import { canonical } from './uri';

interface FileReport {
  readonly id: string;
  readonly items: readonly Diagnostic[];
}
interface Made {
  readonly problems: readonly Problem[];
  readonly configurations: readonly ConfigurationProblems[];
  readonly files: ReadonlyMap<string, FileReport>;
}
const NOTHING: FileReport = { id: '0', items: [] };

export class Diagnostics {
  /** By file, what the client was last sent. */
  private pushed = new Map<string, string>();
  private made: Made | undefined;

  constructor(
    private readonly session: Session,
    private readonly client: ClientView,
  ) {}

  /** `textDocument/diagnostic` */
  async pull(uri: string, previous: string | undefined, token: CancellationToken): Promise<DocumentDiagnosticReport> {
    await this.session.whenAnswerable(token);
    const report = this.reports().get(canonical(uri)) ?? NOTHING;
    if (report.id === previous) return { kind: DocumentDiagnosticReportKind.Unchanged, resultId: report.id };
    return { kind: DocumentDiagnosticReportKind.Full, resultId: report.id, items: [...report.items] };
  }

  /** `workspace/diagnostic`: answered as soon as anything differs from what the client has. */
  async pullAll(previous: readonly PreviousResultId[], token: CancellationToken): Promise<WorkspaceDiagnosticReport> {
    await this.session.whenAnswerable(token);
    const known = new Map(previous.map(({ uri, value }) => [canonical(uri), { uri, value }]));
    for (;;) {
      const reports = this.reports();
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
    const reports = this.reports();
    const open = new Set(this.session.files.openUris());
    const { files } = this.session.snapshot();
    const openManifests = [...open].filter((key) => files.has(key));
    const keys = [...new Set([...this.pushed.keys(), ...reports.keys(), ...openManifests])];
    keys.sort((a, b) => Number(open.has(b)) - Number(open.has(a)));
    for (const key of keys) {
      const { id, items } = reports.get(key) ?? NOTHING;
      const version = this.client.versionOf(key) ?? undefined;
      const state = `${id} ${version ?? ''}`;
      if (this.pushed.get(key) === state || (!this.pushed.has(key) && items.length === 0 && !open.has(key))) continue;
      void connection.sendDiagnostics({ uri: this.client.clientUri(key), version, diagnostics: [...items] });
      if (items.length === 0 && !open.has(key)) this.pushed.delete(key);
      else this.pushed.set(key, state);
    }
  }

  private reports(): ReadonlyMap<string, FileReport> {
    const { snapshot, problems } = this.session.problems();
    const { files, folders } = this.session;
    const configurations = folders.problems((uri) => files.document(uri)?.getText());
    if (this.made?.problems !== problems || this.made.configurations !== configurations)
      this.made = { problems, configurations, files: reportsOf(snapshot, problems, configurations, this.client) };
    return this.made.files;
  }
}

function reportsOf(
  snapshot: Snapshot,
  problems: readonly Problem[],
  configurations: readonly ConfigurationProblems[],
  client: ClientView,
): Map<string, FileReport> {
  const items = new Map<string, Diagnostic[]>();
  for (const problem of problems) {
    const diagnostic = toDiagnostic(snapshot, problem, client);
    const list = items.get(problem.uri);
    if (list) list.push(diagnostic);
    else items.set(problem.uri, [diagnostic]);
  }
  for (const { uri, text, problems } of configurations) {
    const file = { lines: lineStarts(text) };
    if (problems.length > 0)
      items.set(
        uri,
        problems.map((problem) => toConfigurationDiagnostic(file, problem)),
      );
  }
  return new Map([...items].map(([uri, list]) => [uri, { id: fingerprint(JSON.stringify(list)), items: list }]));
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
