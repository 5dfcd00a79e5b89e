// Protocols in which the server speaks first: where a sidecar waits for the client's first bytes, both wait for ever.
// istiod: core/listener_inbound.go:populateListenerFilters, protocolDetectionTimeout 0 in pkg/config/mesh.
import type { ServicePort } from '../manifest/kinds/service';
import type { ServiceEntryPort } from '../manifest/kinds/service-entry';
import type { MeshPort } from '../mesh/service';
import type { Connection, ConnectionEndpoint } from './connections';

/** Ports that are known for such protocols; others, 5432 and 6379 say, belong to protocols whose client speaks first. */
const PORTS: ReadonlyMap<number, string> = new Map([
  [21, 'FTP'],
  [22, 'SSH'],
  [25, 'SMTP'],
  [110, 'POP3'],
  [143, 'IMAP'],
  [587, 'SMTP'],
  [3306, 'MySQL'],
]);

const NAMES: ReadonlyMap<string, string> = new Map([
  ['ftp', 'FTP'],
  ['ssh', 'SSH'],
  ['sftp', 'SSH'],
  ['smtp', 'SMTP'],
  ['pop3', 'POP3'],
  ['imap', 'IMAP'],
  ['mysql', 'MySQL'],
  ['mariadb', 'MySQL'],
]);

/** The protocol that a port's number or name hints at. What is really spoken no manifest shows. */
export function serverFirstHint(port: MeshPort): string | undefined {
  const { declared } = port;
  const words = `${port.name}-${appProtocolOf(declared)}`.toLowerCase().split(/[^a-z0-9]+/);
  const named = words.flatMap((word) => NAMES.get(word) ?? [])[0];
  const target = declared.targetPort;
  return named ?? PORTS.get(port.port) ?? (typeof target === 'number' ? PORTS.get(target) : undefined);
}

function appProtocolOf(declared: ServicePort | ServiceEntryPort): string {
  return 'appProtocol' in declared ? (declared.appProtocol ?? '') : '';
}

/** Where a connection hangs if the server speaks first. */
export interface ServerFirst {
  /** `client`: its sidecar looks for the protocol. `server`: its sidecar looks whether TLS comes. */
  readonly where: 'client' | 'server';
  /** A protocol that the port hints at; without one nothing says that the server speaks first. */
  readonly hint: string | undefined;
}

/**
 * Whether a connection hangs if the server is the first to speak. Undefined: it does not. A sidecar as client looks at
 * the first bytes of ports without a declared protocol; a server's sidecar looks for TLS wherever it takes both, also
 * on ports declared as TCP, and for HTTP on ports without a declared protocol.
 */
export function serverFirst(connection: Connection, each: ConnectionEndpoint): ServerFirst | undefined {
  const { port, route } = connection;
  const hint = serverFirstHint(port);
  if (route === 'cluster' && port.protocol === 'auto' && each.decision) return { where: 'client', hint };
  const { accepts, outcome } = each;
  if (outcome !== 'plaintext' || !accepts?.captured || accepts.protocol === 'http') return undefined;
  const waits = accepts.mode.mode === 'PERMISSIVE' || accepts.protocol === 'auto';
  return waits ? { where: 'server', hint } : undefined;
}
