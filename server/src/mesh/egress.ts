// What the `egress` of a Sidecar imports and leaves out (model/sidecar.go:convertIstioListenerToWrapper).
import type { EgressListener, Sidecar } from '../manifest/kinds/sidecar';
import { covers } from './host';
import type { Mesh } from './mesh';
import type { MeshService } from './service';
import { since } from './version';

/** A Sidecar without `egress`, or no Sidecar at all (model/sidecar.go:initSidecarScopeInternalIndexes). */
const EVERYTHING: EgressListener = { port: undefined, protocol: '', hosts: ['*/*'] };

interface Entry {
  readonly namespace: string;
  readonly host: string;
}
/** What one listener imports. */
export interface Listener {
  readonly include: readonly Entry[];
  readonly exclude: readonly Entry[];
  /** The only port that is imported; undefined for all. */
  readonly port: number | undefined;
  readonly hasSidecar: boolean;
}

/** What a Sidecar imports for clients of `namespace`; everything without one. */
export function listenersOf(mesh: Mesh, sidecar: Sidecar | undefined, namespace: string): readonly Listener[] {
  return (sidecar?.spec.egress ?? [EVERYTHING]).map((each) => readListener(mesh, each, namespace));
}

/** Splits `namespace/dnsName` entries: `.` is the client's namespace, `~` before the namespace excludes. */
function readListener(mesh: Mesh, egress: EgressListener, namespace: string): Listener {
  const include: Entry[] = [];
  const exclude: Entry[] = [];
  const excludes = since(mesh.settings, 'sidecar-exclusions');
  for (const text of egress.hosts) {
    const [scope = '', host = ''] = text.split('/');
    if (scope.startsWith('~')) {
      const name = scope.slice(1);
      if (!excludes) continue;
      // "~/host" excludes the host in every namespace, so that beside "~/*" nothing is imported
      exclude.push({ namespace: name === '' ? '*' : name === '.' ? namespace : name, host });
    } else include.push({ namespace: scope === '.' ? namespace : scope, host });
  }
  const port =
    egress.port !== undefined && egress.port !== 0 && egress.protocol.toUpperCase() !== 'HTTP_PROXY'
      ? egress.port
      : undefined;
  return { include, exclude, port, hasSidecar: egress !== EVERYTHING };
}

type Fits = (pattern: string) => boolean;

function hits(entries: readonly Entry[], namespace: string, fits: Fits): boolean {
  return entries.some((entry) => (entry.namespace === '*' || entry.namespace === namespace) && fits(entry.host));
}

/** True where the listener has a service of the namespace, or a VirtualService there, whose host fits. */
export function imports({ include, exclude }: Listener, namespace: string, fits: Fits): boolean {
  return !hits(exclude, namespace, fits) && hits(include, namespace, fits);
}

/** True where one more entry in the listener's hosts would import this port: no other port is meant, and no `~` is before it. */
export function couldImport(
  mesh: Mesh,
  egress: EgressListener,
  namespace: string,
  service: MeshService,
  port: number,
): boolean {
  const listener = readListener(mesh, egress, namespace);
  const isExcluded = hits(listener.exclude, service.namespace, (pattern) => covers(pattern, service.host));
  return !isExcluded && (listener.port === undefined || listener.port === port);
}

/** The namespaces that a Sidecar imports from; `*` among them where it names any. */
export function importedNamespaces(sidecar: Sidecar, namespace: string): ReadonlySet<string> {
  const hosts = (sidecar.spec.egress ?? [EVERYTHING]).flatMap((listener) => listener.hosts);
  const scopes = hosts.map((text) => text.split('/')[0] ?? '').filter((scope) => !scope.startsWith('~'));
  return new Set(scopes.map((scope) => (scope === '.' ? namespace : scope)));
}
