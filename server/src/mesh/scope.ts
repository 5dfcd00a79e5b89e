// Which services a client knows (model/sidecar.go). A service that is not in scope has no cluster: its traffic passes
// through as the application sent it, or is blocked.

import type { Delegate, Destination, VirtualService } from '../manifest/kinds/routing';
import type { EgressListener, Sidecar } from '../manifest/kinds/sidecar';
import { compareText, type Labels, selects } from '../manifest/object';
import { covers, expandHost, overlaps } from './host';
import type { Mesh } from './mesh';
import { isVisibleIn, type MeshPort, type MeshService, visibilityOf } from './service';
import { since } from './version';

export interface ScopedService {
  readonly service: MeshService;
  /** The service's ports that the client has, in the service's order. */
  readonly ports: readonly MeshPort[];
}

/** What one kind of client of a namespace can call by name. */
export interface Scope {
  readonly namespace: string;
  /** The Sidecar that set it; undefined for the default, which imports everything visible. */
  readonly sidecar: Sidecar | undefined;
  readonly services: ScopedServices;
}

/** Services by host. */
export interface ScopedServices {
  get(host: string): ScopedService | undefined;
  has(host: string): boolean;
  values(): Iterable<ScopedService>;
}

/**
 * The hosts that are the same for every client, and the others: several services share them, or not all clients see
 * them. Most scopes have the first kind in common, and a mesh keeps it once.
 */
export interface HostIndexes {
  readonly plain: ReadonlyMap<string, ScopedService>;
  readonly contested: ReadonlySet<string>;
  /** VirtualServices that lead to a contested host, or to who knows where. */
  readonly leading: readonly VirtualService[];
}

/** Divides the hosts of a mesh. */
export function indexHosts(mesh: Mesh): HostIndexes {
  const plain = new Map<string, ScopedService>();
  const contested = new Set<string>();
  for (const [host, candidates] of mesh.servicesByHost) {
    const [service] = candidates;
    if (service && candidates.length === 1 && service.visibility === 'public' && service.ports.length > 0) {
      plain.set(host, { service, ports: service.ports });
    } else contested.add(host);
  }
  const leads = ({ spec, metadata }: VirtualService): boolean =>
    spec.delegates.length > 0 ||
    spec.destinations.some(({ host }) =>
      contested.has(expandHost(host, metadata.namespace, mesh.settings.clusterDomain)),
    );
  return { plain, contested, leading: contested.size > 0 ? mesh.virtualServices.filter(leads) : [] };
}

/**
 * The Sidecar for a client (model/push_context.go:doGetSidecarScope): the first of its namespace that selects it,
 * those with a selector before those without; else the root namespace's first without selector.
 */
export function sidecarFor(mesh: Mesh, namespace: string, labels: Labels): Sidecar | undefined {
  const own = mesh.sidecarsIn(namespace);
  const chosen =
    own.find(
      (sidecar) => sidecar.spec.workloadSelector && selects(sidecar.spec.workloadSelector.matchLabels, labels),
    ) ?? own.find((sidecar) => !sidecar.spec.workloadSelector);
  return chosen ?? mesh.sidecarsIn(mesh.settings.rootNamespace).find((sidecar) => !sidecar.spec.workloadSelector);
}

/** A Sidecar without `egress`, or no Sidecar at all (model/sidecar.go:initSidecarScopeInternalIndexes). */
const EVERYTHING: EgressListener = { port: undefined, protocol: '', hosts: ['*/*'] };

/** The scope of clients of `namespace` under `sidecar`, or the default one. */
export function buildScope(mesh: Mesh, namespace: string, sidecar: Sidecar | undefined): Scope {
  if (!sidecar?.spec.egress) return { namespace, sidecar, services: everything(mesh, namespace) };
  const services = new Map<string, ScopedService>();
  const hosts = new Set(mesh.servicesByHost.keys());
  for (const listener of sidecar.spec.egress) {
    importListener(mesh, namespace, listener, hosts, mesh.virtualServices, services);
  }
  return { namespace, sidecar, services };
}

/** What the listener that imports everything gives: what all clients know, and what is this namespace's own. */
function everything(mesh: Mesh, namespace: string): ScopedServices {
  const { plain, contested, leading } = mesh.hosts();
  const own = new Map<string, ScopedService>();
  importListener(mesh, namespace, EVERYTHING, contested, leading, own);
  return own.size === 0 ? plain : together(plain, own);
}

/** Two maps that have no host in common, as one. */
function together(a: ReadonlyMap<string, ScopedService>, b: ReadonlyMap<string, ScopedService>): ScopedServices {
  return {
    get: (host) => b.get(host) ?? a.get(host),
    has: (host) => b.has(host) || a.has(host),
    *values() {
      yield* a.values();
      yield* b.values();
    },
  };
}

/** What gateways and waypoints know: every visible service (model/sidecar.go:DefaultSidecarScopeForGateway). */
export function buildGatewayScope(mesh: Mesh, namespace: string): Scope {
  const { plain, contested } = mesh.hosts();
  const own = new Map<string, ScopedService>();
  for (const host of contested) {
    add(own, host, bestVisible(mesh, mesh.servicesByHost.get(host) ?? [], namespace, false), undefined);
  }
  return { namespace, sidecar: undefined, services: together(plain, own) };
}

/** What ztunnel knows for ambient clients of a namespace: every service, whatever Sidecars and `exportTo` say. */
export function buildAmbientScope(mesh: Mesh, namespace: string): Scope {
  const services = new Map<string, ScopedService>();
  for (const [host, candidates] of mesh.servicesByHost) {
    const service = best(candidates, namespace);
    if (service) services.set(host, { service, ports: service.ports });
  }
  return { namespace, sidecar: undefined, services };
}

/**
 * Of several services of one host: the client's own namespace, then a Kubernetes Service, then istiod's list order
 * with those exported by name before public ones (model/sidecar.go:pickBestVisibleNamespace).
 */
function bestVisible(
  { settings }: Mesh,
  candidates: readonly MeshService[],
  namespace: string,
  hasSidecar: boolean,
): MeshService | undefined {
  if (candidates.length === 1) return isVisibleIn(candidates[0]!.visibility, namespace) ? candidates[0] : undefined;
  const visible = candidates.filter((service) => isVisibleIn(service.visibility, namespace));
  if (since(settings, 'one-order-of-services')) return best(visible, namespace);
  if (hasSidecar) return visible.find((service) => service.namespace === namespace) ?? visible[0];
  return visible.find(({ object }) => object.kind === 'Service') ?? visible[0];
}

function best(services: readonly MeshService[], namespace: string): MeshService | undefined {
  const byName = services.filter((service) => service.visibility !== 'public');
  const ordered = [...byName, ...services.filter((service) => service.visibility === 'public')];
  return (
    ordered.find((service) => service.namespace === namespace) ??
    ordered.find((service) => service.object.kind === 'Service') ??
    ordered[0]
  );
}

/** The service that a VirtualService leads to (model/sidecar.go:collectImportedServices). */
function bestForRoute(mesh: Mesh, candidates: readonly MeshService[], namespace: string): MeshService | undefined {
  const own = candidates.find((each) => each.namespace === namespace);
  if (own) return own;
  const visible = candidates.filter((service) => isVisibleIn(service.visibility, namespace));
  if (since(mesh.settings, 'best-namespace-for-routes')) return best(visible, namespace);
  return [...visible].sort((a, b) => compareText(a.namespace, b.namespace))[0];
}

interface Entry {
  readonly namespace: string;
  readonly host: string;
}
interface Listener {
  readonly include: readonly Entry[];
  readonly exclude: readonly Entry[];
}

/** Splits `namespace/dnsName` entries: `.` is the client's namespace, `~` before the namespace excludes. */
function readListener(hosts: readonly string[], namespace: string, excludes: boolean): Listener {
  const include: Entry[] = [];
  const exclude: Entry[] = [];
  for (const text of hosts) {
    const [scope = '', host = ''] = text.split('/');
    if (scope.startsWith('~')) {
      const name = scope.slice(1);
      if (!excludes) continue;
      // "~/*" alone imports nothing; "~/host" excludes the host everywhere
      if (host !== '*' || name !== '')
        exclude.push({ namespace: name === '' ? '*' : name === '.' ? namespace : name, host });
    } else include.push({ namespace: scope === '.' ? namespace : scope, host });
  }
  return { include, exclude };
}

function imports(listener: Listener, namespace: string, fits: (pattern: string) => boolean): boolean {
  const hit = (entries: readonly Entry[]): boolean =>
    entries.some((entry) => (entry.namespace === '*' || entry.namespace === namespace) && fits(entry.host));
  return !hit(listener.exclude) && hit(listener.include);
}

function importListener(
  mesh: Mesh,
  namespace: string,
  egress: EgressListener,
  hosts: ReadonlySet<string>,
  virtualServices: readonly VirtualService[],
  services: Map<string, ScopedService>,
): void {
  const listener = readListener(egress.hosts, namespace, since(mesh.settings, 'sidecar-exclusions'));
  const port =
    egress.port !== undefined && egress.port !== 0 && egress.protocol.toUpperCase() !== 'HTTP_PROXY'
      ? egress.port
      : undefined;
  const hasPort = (service: MeshService): boolean =>
    port === undefined || service.ports.some((each) => each.port === port);
  const ports = port === undefined ? undefined : new Set([port]);
  for (const host of hosts) {
    const imported = (mesh.servicesByHost.get(host) ?? []).filter(
      (service) => hasPort(service) && imports(listener, service.namespace, (pattern) => covers(pattern, service.host)),
    );
    add(services, host, bestVisible(mesh, imported, namespace, egress !== EVERYTHING), ports);
  }
  for (const virtualService of virtualServices) {
    if (!importsVirtualService(mesh, listener, virtualService, namespace)) continue;
    for (const [host, routed] of destinationsFor(mesh, virtualService, namespace)) {
      const candidates = mesh.servicesByHost.get(host) ?? [];
      const service = bestForRoute(mesh, candidates, namespace);
      if (hosts.has(host)) add(services, host, service, ports ?? routed);
    }
  }
}

/**
 * The hosts that a VirtualService leads clients of a namespace to, each with the ports that are named; undefined
 * where some route names none (model/push_context.go:virtualServiceDestinationsFilteredBySourceNamespace).
 */
function destinationsFor(
  mesh: Mesh,
  virtualService: VirtualService,
  namespace: string,
): ReadonlyMap<string, ReadonlySet<number> | undefined> {
  const { spec, metadata } = virtualService;
  const found = new Map<string, Set<number> | undefined>();
  const isFor = ({ sourceNamespaces }: Pick<Destination, 'sourceNamespaces'>): boolean =>
    !sourceNamespaces || sourceNamespaces.has(namespace);
  // model/virtualservice.go:mergeVirtualServicesIfNeeded
  const delegates = spec.delegates.filter(isFor).flatMap((delegate) => delegatesOf(mesh, metadata.namespace, delegate));
  for (const { spec, metadata } of [virtualService, ...delegates]) {
    for (const destination of spec.destinations.filter(isFor)) {
      const host = expandHost(destination.host, metadata.namespace, mesh.settings.clusterDomain);
      const known = found.get(host);
      if (!destination.port || (found.has(host) && !known)) found.set(host, undefined);
      else found.set(host, (known ?? new Set()).add(destination.port));
    }
  }
  return found;
}

/** The delegate, if there is one without hosts that the root's namespace may see. */
function delegatesOf(mesh: Mesh, rootNamespace: string, { name, namespace }: Delegate): VirtualService[] {
  const defaults = mesh.settings.defaultVirtualServiceExportTo;
  return mesh.virtualServices.filter(
    ({ spec, metadata }) =>
      metadata.name === name &&
      metadata.namespace === namespace &&
      spec.hosts.length === 0 &&
      isVisibleIn(visibilityOf(spec.exportTo, defaults, namespace), rootNamespace),
  );
}

function importsVirtualService(mesh: Mesh, listener: Listener, object: VirtualService, namespace: string): boolean {
  const { spec, metadata } = object;
  const visibility = visibilityOf(spec.exportTo, mesh.settings.defaultVirtualServiceExportTo, metadata.namespace);
  if (!isVisibleIn(visibility, namespace)) return false;
  if (spec.gateways.length > 0 && !spec.gateways.includes('mesh')) return false;
  return spec.hosts.some((name) => {
    const host = expandHost(name, metadata.namespace, mesh.settings.clusterDomain);
    return imports(listener, metadata.namespace, (pattern) => pattern === '*' || overlaps(pattern, host));
  });
}

/**
 * Adds a service, or further ports of one that is there already; of two namespaces' services of a host the first stays,
 * but a Kubernetes Service takes the place of a ServiceEntry (model/sidecar.go:appendSidecarServices).
 */
function add(
  services: Map<string, ScopedService>,
  host: string,
  service: MeshService | undefined,
  ports: ReadonlySet<number> | undefined,
): void {
  if (!service) return;
  const wanted = ports ? service.ports.filter((port) => ports.has(port.port)) : service.ports;
  if (wanted.length === 0) return;
  const known = services.get(host);
  const isEntry = known?.service.object.kind === 'ServiceEntry';
  if (!known || (isEntry && service.object.kind === 'Service')) services.set(host, { service, ports: wanted });
  else if (known.service === service) {
    services.set(host, {
      service,
      ports: service.ports.filter((port) => known.ports.includes(port) || wanted.includes(port)),
    });
  }
}
