// From our ranges, problems and fixes to those of the Language Server Protocol.

import {
  type ChangeAnnotation,
  type CodeAction,
  CodeActionKind,
  type Diagnostic,
  DiagnosticSeverity,
  DiagnosticTag,
  type Location,
  type Range,
  type TextDocumentEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver';
import type { Fix, Problem, Severity } from '../rules/rule';
import type { Place } from '../words/names';
import { plainText } from '../words/plain';
import type { ConfigurationProblem } from '../workspace/configuration';
import type { Snapshot, SourceFile } from '../workspace/workspace';
import { lineStarts, positionAt, type TextRange } from '../yaml/range';

const SEVERITY: Record<Severity, DiagnosticSeverity> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

/** Rules about objects or parts that do nothing: editors show those faded. */
const WITHOUT_EFFECT = new Set([
  'destination-rule-host-unknown',
  'object-repeated',
  'peer-authentication-ignored',
  'peer-authentication-selects-nothing',
  'revision-not-read',
]);

/** What the conversions need to know of the client. */
export interface ClientView {
  /** The client's spelling of a URI. */
  clientUri(uri: string): string;
  versionOf(uri: string): number | null;
  readonly relatedInformation: boolean;
  readonly documentChanges: boolean;
  readonly createFiles: boolean;
  readonly changeAnnotations: boolean;
  /** The command that shows a rule's page; undefined where the client shows none. */
  readonly ruleCommand: string | undefined;
}

export function toRange(file: Pick<SourceFile, 'lines'> | undefined, range: TextRange): Range {
  const lines = file?.lines ?? [0];
  return { start: positionAt(lines, range.start), end: positionAt(lines, range.end) };
}

export function toLocation(snapshot: Snapshot, place: Place, client: ClientView): Location {
  return { uri: client.clientUri(place.uri), range: toRange(snapshot.files.get(place.uri), place.range) };
}

export function toDiagnostic(snapshot: Snapshot, problem: Problem, client: ClientView): Diagnostic {
  const { rule, message, severity } = problem;
  const related = problem.related.map((each) => ({
    location: toLocation(snapshot, each, client),
    message: plainText(each.message),
  }));
  return {
    range: toRange(snapshot.files.get(problem.uri), problem.range),
    severity: SEVERITY[severity],
    source: 'mutual',
    code: rule,
    ...(client.ruleCommand !== undefined && {
      codeDescription: { href: commandLink(client.ruleCommand, rule) },
    }),
    message: plainText(message),
    ...(client.relatedInformation && related.length > 0 && { relatedInformation: related }),
    ...(WITHOUT_EFFECT.has(rule) && { tags: [DiagnosticTag.Unnecessary] }),
  };
}

/** A link that runs a command of the editor. */
function commandLink(command: string, argument: string): string {
  return `command:${command}?${encodeURIComponent(JSON.stringify([argument]))}`;
}

/** A problem of mutual.yaml. */
export function toConfigurationDiagnostic(
  file: Pick<SourceFile, 'lines'>,
  { range, message }: ConfigurationProblem,
): Diagnostic {
  return {
    range: toRange(file, range),
    severity: DiagnosticSeverity.Error,
    source: 'mutual',
    code: 'configuration',
    message: plainText(message),
  };
}

/** A quick fix; undefined where the client cannot do what it needs. */
export function toCodeAction(
  snapshot: Snapshot,
  problem: Problem,
  fix: Fix,
  client: ClientView,
  diagnostic: Diagnostic,
): CodeAction | undefined {
  const edit = toWorkspaceEdit(snapshot, problem.uri, fix, client);
  return (
    edit && {
      // menus show no Markdown
      title: plainText(fix.title),
      kind: CodeActionKind.QuickFix,
      diagnostics: [diagnostic],
      isPreferred: fix.preferred === true,
      edit,
    }
  );
}

/** Edits of other files than the one at hand are shown before they are made, where the client can do that. */
function toWorkspaceEdit(snapshot: Snapshot, here: string, fix: Fix, client: ClientView): WorkspaceEdit | undefined {
  const isNew = (uri: string): boolean => !snapshot.files.has(uri);
  if (!client.documentChanges) {
    if ([...fix.edits.keys()].some(isNew)) return undefined;
    const changes = [...fix.edits].map(([uri, edits]) => [
      client.clientUri(uri),
      edits.map((edit) => ({ range: toRange(snapshot.files.get(uri), edit.range), newText: edit.newText })),
    ]);
    return { changes: Object.fromEntries(changes) };
  }
  const documentChanges: NonNullable<WorkspaceEdit['documentChanges']> = [];
  const changeAnnotations: Record<string, ChangeAnnotation> = {};
  for (const [uri, edits] of fix.edits) {
    const create = isNew(uri);
    if (create && !client.createFiles) return undefined;
    const annotate = client.changeAnnotations && (create || uri !== here);
    const annotationId = create ? 'new-file' : 'other-file';
    if (annotate) {
      const label = create ? 'Mutual: in a new file' : 'Mutual: in another file';
      changeAnnotations[annotationId] = { label, description: plainText(fix.title), needsConfirmation: true };
    }
    const annotation = annotate && { annotationId };
    const target = client.clientUri(uri);
    if (create) documentChanges.push({ kind: 'create', uri: target, options: { ignoreIfExists: true }, ...annotation });
    const file = snapshot.files.get(uri) ?? { lines: lineStarts('') };
    const change: TextDocumentEdit = {
      textDocument: { uri: target, version: client.versionOf(uri) },
      edits: edits.map((edit) => ({ range: toRange(file, edit.range), newText: edit.newText, ...annotation })),
    };
    documentChanges.push(change);
  }
  return { documentChanges, ...(Object.keys(changeAnnotations).length > 0 && { changeAnnotations }) };
}
