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

export const Notifications = { statusChanged: 'mutual/statusChanged' } as const;
