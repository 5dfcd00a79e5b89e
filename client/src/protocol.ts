// Requests and notifications of our own, as the server answers them (server/src/lsp/protocol.ts).

export interface Status {
  readonly state: 'scanning' | 'ready';
  readonly files: number;
  readonly objects: number;
  /** Names of the meshes of the file asked about; the only mesh of a workspace has an empty name. */
  readonly meshes: readonly string[];
  readonly meshCount: number;
  /** One line each, for people. */
  readonly settings: readonly string[];
  /** Charts that Helm was to render and could not, one line each. */
  readonly charts: readonly string[];
}
export interface TablePlace {
  readonly uri: string;
  readonly line: number;
  readonly character: number;
}
export interface TableCell {
  readonly text: string;
  readonly place?: TablePlace;
}
export interface MeshTable {
  readonly name: string;
  readonly header: readonly string[];
  readonly rows: readonly { readonly status: string; readonly cells: readonly TableCell[] }[];
}
export interface TableAnswer {
  readonly meshes: readonly MeshTable[];
}
export interface Choice {
  readonly name: string;
  readonly detail: string;
}
export interface ClientsAnswer {
  readonly clients: readonly Choice[];
}
export interface HostsAnswer {
  readonly hosts: readonly Choice[];
}
export interface ExplainAnswer {
  readonly text?: string;
}

export const Requests = {
  status: 'mutual/status',
  table: 'mutual/table',
  clients: 'mutual/clients',
  hosts: 'mutual/hosts',
  explain: 'mutual/explain',
} as const;

/** What the server asks of us. */
export const ServerRequests = { findFiles: 'mutual/findFiles', readFiles: 'mutual/readFiles' } as const;

export interface FindFilesParams {
  readonly folder: string;
  readonly deep: boolean;
}
export interface FindFilesAnswer {
  readonly uris: readonly string[];
}
export interface ReadFilesParams {
  readonly uris: readonly string[];
  /** In bytes; of larger files only the size is told. */
  readonly limit: number;
}
export interface ReadFilesAnswer {
  /** In the order of the question. */
  readonly files: readonly { readonly text?: string; readonly size: number; readonly error?: string }[];
}

export const Notifications = {
  statusChanged: 'mutual/statusChanged',
  answersChanged: 'mutual/answersChanged',
} as const;

/** What we tell the server: the user trusts the workspace from now on. */
export const OwnNotifications = { trusted: 'mutual/workspaceTrusted' } as const;
