// The requests that ask something: each waits for the workspace, takes one snapshot, and answers from it.

import {
  type CancellationToken,
  type CodeAction,
  CodeActionKind,
  type Connection,
  type Diagnostic,
  type Hover,
  MarkupKind,
  type Position,
  SymbolKind,
} from 'vscode-languageserver';
import { fixAllOf, fixesAt, fixesOfAKind, type OfferedFix } from '../features/code-actions';
import { definition } from '../features/definition';
import { hover } from '../features/hover';
import { objectSymbols } from '../features/symbols';
import type { Snapshot } from '../workspace/workspace';
import { offsetAt } from '../yaml/range';
import type { Announcements } from './announcements';
import type { ClientAbilities } from './capabilities';
import { FIX_ALL } from './capabilities';
import { type ClientView, toCodeAction, toDiagnostic, toLocation, toRange } from './convert';
import type { Diagnostics } from './diagnostics';
import { type ClientsParams, type ExplainParams, Requests, type StatusParams, type TableParams } from './protocol';
import { clientsAnswer, explainAnswer, hostsAnswer, tableAnswer } from './requests';
import type { Session } from './session';
import { canonical } from './uri';

export interface AnswerContext {
  readonly connection: Connection;
  readonly session: Session;
  readonly client: ClientView;
  readonly diagnostics: Diagnostics;
  readonly announcements: Announcements;
  abilities(): ClientAbilities;
  /** Wraps a handler so that its errors stay its own. */
  guard<P, R>(
    name: string,
    handler: (params: P, token: CancellationToken) => R | Promise<R>,
  ): (params: P, token: CancellationToken) => R | Promise<R>;
}

/** Installs the handlers of all requests. */
export function registerAnswers(context: AnswerContext): void {
  const { connection, session, client, diagnostics, announcements, abilities, guard } = context;
  connection.onHover(
    guard('hover', async ({ textDocument, position }, token): Promise<Hover | null> => {
      const uri = canonical(textDocument.uri);
      await session.whenAnswerable(token, uri);
      const snapshot = session.snapshot();
      const answer = hover(snapshot, uri, offsetIn(snapshot, uri, position));
      if (!answer) return null;
      const { markdown } = abilities();
      const contents = markdown
        ? { kind: MarkupKind.Markdown, value: answer.markdown }
        : { kind: MarkupKind.PlainText, value: withoutLinks(answer.markdown) };
      return { contents, range: toRange(snapshot.files.get(uri), answer.range) };
    }),
  );

  connection.onDefinition(
    guard('definition', async ({ textDocument, position }, token) => {
      const uri = canonical(textDocument.uri);
      await session.whenAnswerable(token, uri);
      const snapshot = session.snapshot();
      return definition(snapshot, uri, offsetIn(snapshot, uri, position)).map((place) =>
        toLocation(snapshot, place, client),
      );
    }),
  );

  connection.onDocumentSymbol(
    guard('documentSymbol', async ({ textDocument }, token) => {
      const uri = canonical(textDocument.uri);
      await session.whenAnswerable(token, uri);
      const snapshot = session.snapshot();
      const file = snapshot.files.get(uri);
      const symbols = objectSymbols(snapshot, uri).map(({ name, range, nameRange }) => ({
        name,
        kind: SymbolKind.Object,
        range: toRange(file, range),
        selectionRange: toRange(file, nameRange),
      }));
      if (abilities().nestedSymbols) return symbols;
      return symbols.map(({ name, kind, range }) => ({ name, kind, location: { uri: textDocument.uri, range } }));
    }),
  );

  connection.onCodeAction(
    guard('codeAction', async ({ textDocument, range, context }, token) => {
      const asked = (kind: string): boolean => !context.only || context.only.some((each) => isKind(each, kind));
      const fixAll = context.only?.some((each) => isKind(each, FIX_ALL)) ?? false;
      if (!asked(CodeActionKind.QuickFix) && !fixAll) return [];
      const { snapshot } = await session.whenChecked(token);
      const problems = session.problems();
      const uri = canonical(textDocument.uri);
      const wanted = { start: offsetIn(snapshot, uri, range.start), end: offsetIn(snapshot, uri, range.end) };
      const action = ({ problem, fix }: OfferedFix) =>
        toCodeAction(snapshot, problem, fix, client, toDiagnostic(snapshot, problem, client)) ?? [];
      const all = fixAll ? fixAllOf(problems, uri) : undefined;
      if (all) return [action(all)].flat().map((each) => ({ ...each, kind: FIX_ALL, isPreferred: undefined }));
      if (fixAll) return [];
      return [
        ...[...fixesAt(problems, uri, wanted), ...fixesOfAKind(problems, uri, wanted)].flatMap(action),
        ...explanationsOf(context.diagnostics, abilities()),
      ];
    }),
  );

  connection.languages.diagnostics.on(
    guard('diagnostic', ({ textDocument, previousResultId }, token) =>
      diagnostics.pull(textDocument.uri, previousResultId, token),
    ),
  );
  connection.languages.diagnostics.onWorkspace(
    guard('workspace diagnostic', ({ previousResultIds }, token) => diagnostics.pullAll(previousResultIds, token)),
  );

  connection.onRequest(
    Requests.status,
    guard('status', ({ uri }: StatusParams) => announcements.status(uri)),
  );
  const answer = <P>(name: string, make: (snapshot: Snapshot, params: P) => object): void => {
    connection.onRequest(
      name,
      guard(name, async (params: P, token) => {
        await session.whenAnswerable(token);
        return make(session.snapshot(), params);
      }),
    );
  };
  answer(Requests.table, (snapshot, { uri }: TableParams) => {
    announcements.gave(snapshot);
    return tableAnswer(snapshot, uri, client);
  });
  answer(Requests.clients, (snapshot, { uri }: ClientsParams) => clientsAnswer(snapshot, uri));
  answer(Requests.hosts, (snapshot, { uri }: ClientsParams) => hostsAnswer(snapshot, uri));
  answer(Requests.explain, (snapshot, params: ExplainParams) => {
    announcements.gave(snapshot);
    return explainAnswer(snapshot, params, session.files.firstFolder);
  });
}

function offsetIn(snapshot: Snapshot, uri: string, position: Position): number {
  const file = snapshot.files.get(uri);
  return file ? offsetAt(file.lines, position, file.text.length) : 0;
}

/** `quickfix` is asked for by `quickfix` and by the empty kind. */
function isKind(asked: string, offered: string): boolean {
  return asked === '' || asked === offered || offered.startsWith(`${asked}.`) || asked.startsWith(`${offered}.`);
}

/** Leads to the pages of the rules that the client asks about, where it can show them. */
function explanationsOf(diagnostics: readonly Diagnostic[], { ruleCommand }: ClientAbilities): CodeAction[] {
  if (ruleCommand === undefined) return [];
  const own = diagnostics.filter(
    ({ source, code }) => source === 'mutual' && typeof code === 'string' && code !== 'configuration',
  );
  return [...new Set(own.map(({ code }) => code as string))].map((rule) => ({
    title: `Explain ${rule}`,
    kind: CodeActionKind.QuickFix,
    diagnostics: own.filter(({ code }) => code === rule),
    command: { title: 'Explain Rule', command: ruleCommand, arguments: [rule] },
  }));
}

function withoutLinks(markdown: string): string {
  return markdown.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('**', '');
}
