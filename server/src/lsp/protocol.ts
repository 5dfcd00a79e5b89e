// Requests and notifications of our own, beside those of the Language Server Protocol.

/** How the server stands; sent as `mutual/statusChanged` too, without meshes, when it changes. */
export interface Status {
  readonly state: 'scanning' | 'ready';
  /** Files that hold objects Mutual knows. */
  readonly files: number;
  readonly objects: number;
  /** Names of the meshes of the file asked about; the only mesh of a workspace has an empty name. */
  readonly meshes: readonly string[];
  /** How many meshes the workspace has. */
  readonly meshCount: number;
  /** One line each, for people. */
  readonly settings: readonly string[];
  /** Charts that Helm was to render and could not, one line each. */
  readonly charts: readonly string[];
}
export interface StatusParams {
  readonly uri?: string;
}

export interface TablePlace {
  readonly uri: string;
  /** 0-based. */
  readonly line: number;
  readonly character: number;
}
export interface TableCell {
  readonly text: string;
  readonly place?: TablePlace;
}
export interface TableParams {
  /** Only the meshes of this file. */
  readonly uri?: string;
}
export interface TableAnswer {
  readonly meshes: readonly {
    readonly name: string;
    readonly header: readonly string[];
    readonly rows: readonly { readonly status: string; readonly cells: readonly TableCell[] }[];
  }[];
}

export interface ClientsParams {
  readonly uri?: string;
}
export interface ClientsAnswer {
  readonly clients: readonly { readonly name: string; readonly detail: string }[];
}
export interface HostsAnswer {
  readonly hosts: readonly { readonly name: string; readonly detail: string }[];
}
export interface ExplainParams {
  readonly uri?: string;
  /** `namespace/name` of a workload. */
  readonly client: string;
  /** `host:port` */
  readonly target: string;
}
export interface ExplainAnswer {
  /** Undefined where there is no such client or host. */
  readonly text?: string;
}

export const Requests = {
  status: 'mutual/status',
  table: 'mutual/table',
  clients: 'mutual/clients',
  hosts: 'mutual/hosts',
  explain: 'mutual/explain',
} as const;

/** What the server asks of a client that says `experimental.mutual.files` among its capabilities. */
export const ClientRequests = { findFiles: 'mutual/findFiles', readFiles: 'mutual/readFiles' } as const;

export interface FindFilesParams {
  readonly folder: string;
  /** Its folders too, but `node_modules` and hidden ones. */
  readonly deep: boolean;
}
export interface FindFilesAnswer {
  /** YAML and JSON files. */
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

/**
 * `statusChanged`: the answer to `mutual/status` is another one. `answersChanged`: what was last answered to
 * `mutual/table` or `mutual/explain` may be another one; told once for each answer.
 */
export const Notifications = {
  statusChanged: 'mutual/statusChanged',
  answersChanged: 'mutual/answersChanged',
} as const;

/** What the client tells: the user trusts the workspace from now on. Until then `initializationOptions.trusted` is false. */
export const ClientNotifications = { trusted: 'mutual/workspaceTrusted' } as const;
