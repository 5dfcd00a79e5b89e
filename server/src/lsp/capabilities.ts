// What the client can do, and what the server then offers.
import {
  type ClientCapabilities,
  CodeActionKind,
  type ServerCapabilities,
  TextDocumentSyncKind,
} from 'vscode-languageserver';

/** What editors ask for on saving, as `editor.codeActionsOnSave` names it. */
export const FIX_ALL = `${CodeActionKind.SourceFixAll}.mutual`;

/** The answers to the questions that the server has about its client. */
export interface ClientAbilities {
  readonly pullDiagnostics: boolean;
  readonly refreshDiagnostics: boolean;
  readonly configuration: boolean;
  readonly registerConfiguration: boolean;
  readonly registerWatchers: boolean;
  /** Watches files outside of the workspace folders too. */
  readonly watchAnywhere: boolean;
  readonly workspaceFolders: boolean;
  readonly progress: boolean;
  readonly markdown: boolean;
  readonly codeActionLiterals: boolean;
  readonly relatedInformation: boolean;
  readonly documentChanges: boolean;
  readonly createFiles: boolean;
  readonly changeAnnotations: boolean;
  readonly nestedSymbols: boolean;
  /** The client's command that shows the page of the rule that it is given; undefined where there is none. */
  readonly ruleCommand: string | undefined;
  /** Answers `mutual/findFiles` and `mutual/readFiles`. */
  readonly files: boolean;
}

/** `experimental.mutual`: what our own client says, unchecked. */
interface OwnAbilities {
  readonly files?: unknown;
  readonly ruleCommand?: unknown;
}

export function abilitiesOf({ workspace, textDocument, window, experimental }: ClientCapabilities): ClientAbilities {
  const edit = workspace?.workspaceEdit;
  const diagnostics = textDocument?.diagnostic ?? textDocument?.publishDiagnostics;
  const own = (experimental as { mutual?: OwnAbilities } | undefined)?.mutual ?? {};
  const hover = textDocument?.hover?.contentFormat;
  return {
    pullDiagnostics: textDocument?.diagnostic !== undefined,
    refreshDiagnostics: workspace?.diagnostics?.refreshSupport === true,
    configuration: workspace?.configuration === true,
    registerConfiguration: workspace?.didChangeConfiguration?.dynamicRegistration === true,
    registerWatchers: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    watchAnywhere: workspace?.didChangeWatchedFiles?.relativePatternSupport === true,
    workspaceFolders: workspace?.workspaceFolders === true,
    progress: window?.workDoneProgress === true,
    markdown: hover === undefined || hover.includes('markdown'),
    codeActionLiterals: textDocument?.codeAction?.codeActionLiteralSupport !== undefined,
    relatedInformation:
      diagnostics?.relatedInformation === true || textDocument?.publishDiagnostics?.relatedInformation === true,
    documentChanges: edit?.documentChanges === true,
    createFiles: edit?.resourceOperations?.includes('create') === true,
    changeAnnotations: edit?.changeAnnotationSupport !== undefined,
    nestedSymbols: textDocument?.documentSymbol?.hierarchicalDocumentSymbolSupport === true,
    files: own.files === true,
    ruleCommand: typeof own.ruleCommand === 'string' ? own.ruleCommand : undefined,
  };
}

export function serverCapabilities(client: ClientAbilities): ServerCapabilities {
  return {
    textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
    hoverProvider: true,
    definitionProvider: true,
    documentSymbolProvider: true,
    ...(client.codeActionLiterals && { codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, FIX_ALL] } }),
    ...(client.pullDiagnostics && {
      diagnosticProvider: { identifier: 'mutual', interFileDependencies: true, workspaceDiagnostics: true },
    }),
    workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
  };
}
