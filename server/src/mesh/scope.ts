// Which services a client knows (model/sidecar.go). A service that is not in scope has no cluster: its traffic passes
// through as the application sent it, or is blocked.
import { memo, perObject } from '../incremental/cells';
import type { VirtualService } from '../manifest/kinds/routing';
import type { Sidecar } from '../manifest/kinds/sidecar';
import { compareText, type Labels, selects } from '../manifest/object';
import { imports, type Listener, listenersOf } from './egress';
import { covers, expandHost, overlaps } from './host';
import { sameItems } from './lookup';
import type { Mesh } from './mesh';
import { destinationsFor } from './route-destinations';
import { isVisibleIn, type MeshPort, type MeshService, visibilityOf } from './service';
import { since } from './version';
import type { Client } from './workload';

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

/** Services by host, each worked out when somebody asks for it. */
export interface ScopedServices {
  get(host: string): ScopedService | undefined;
  has(host: string): boolean;
  values(): Iterable<ScopedService>;
}

/** The scopes of a mesh: one for each kind of client, namespace and Sidecar. */
export class Scopes {
  private readonly known = new Map<string, { readonly scope: Scope; readonly sidecar: Sidecar | undefined }>();

  /** What `client` can call by name. */
  of(mesh: Mesh, client: Client): Scope {
    const { namespace, dataplane } = client;
    if (dataplane === 'ambient')
      return this.get(`ambient ${namespace}`, undefined, () => ambientScope(mesh, namespace));
    const isGateway = dataplane === 'gateway' || dataplane === 'waypoint';
    if (isGateway && !sharesScope(mesh, client))
      return this.get(`gateway ${namespace}`, undefined, () => gatewayScope(mesh, namespace));
    const sidecar = isGateway ? undefined : sidecarFor(mesh, namespace, client.labels);
    const name = sidecar ? `${sidecar.metadata.namespace}/${sidecar.metadata.name}` : '';
    return this.get(`sidecar ${namespace} ${name}`, sidecar, () => sidecarScope(mesh, namespace, sidecar));
  }

  private get(key: string, sidecar: Sidecar | undefined, make: () => Scope): Scope {
    const known = this.known.get(key);
    if (known && known.sidecar === sidecar) return known.scope;
    const scope = make();
    this.known.set(key, { scope, sidecar });
    return scope;
  }
}

/**
 * True for a gateway that finds the default scope of its namespace's sidecars worked out already, and takes that
 * (model/push_context.go:doGetSidecarScope). Which comes first is chance in a cluster, and here the manifests' order.
 */
function sharesScope(mesh: Mesh, { namespace, name }: Client): boolean {
  const { workloads, objects } = mesh.in(namespace);
  const gateway = workloads.find((each) => each.name === name);
  const place = gateway ? objects.indexOf(gateway.object) : objects.length;
  return workloads.some(
    (each) =>
      each.dataplane === 'sidecar' && !sidecarFor(mesh, namespace, each.labels) && objects.indexOf(each.object) < place,
  );
}

/** A scope that works its services out by host and remembers them. */
function scopeBy(
  mesh: Mesh,
  namespace: string,
  sidecar: Sidecar | undefined,
  compute: (host: string) => ScopedService | undefined,
): Scope {
  return {
    namespace,
    sidecar,
    services: {
      get: compute,
      has: (host) => compute(host) !== undefined,
      *values() {
        for (const host of mesh.servicesByHost.keys()) {
          const scoped = compute(host);
          if (scoped) yield scoped;
        }
      },
    },
  };
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

/** The scope of clients of `namespace` under `sidecar`, or the default one. */
function sidecarScope(mesh: Mesh, namespace: string, sidecar: Sidecar | undefined): Scope {
  const egress = sidecar?.spec.egress;
  const listeners = listenersOf(mesh, sidecar, namespace);
  const imported = memo((host: string) => importHost(mesh, namespace, listeners, host), sameScoped);
  return scopeBy(mesh, namespace, sidecar, (host) => (egress ? undefined : asEverybody(mesh, host)) ?? imported(host));
}

/**
 * What gateways and waypoints know: every visible service (model/sidecar.go:DefaultSidecarScopeForGateway). Of several
 * of one host a Kubernetes Service counts, then the first in istiod's order; the own namespace has no precedence.
 */
function gatewayScope(mesh: Mesh, namespace: string): Scope {
  const visible = memo((host: string) => {
    const candidates = mesh.servicesByHost.get(host) ?? [];
    const ordered = inOrder(candidates.filter((service) => isVisibleIn(service.visibility, namespace)));
    return added(undefined, firstOf(ordered), undefined);
  }, sameScoped);
  return scopeBy(mesh, namespace, undefined, (host) => asEverybody(mesh, host) ?? visible(host));
}

/** What ztunnel knows for ambient clients of a namespace: every service, whatever Sidecars and `exportTo` say. */
function ambientScope(mesh: Mesh, namespace: string): Scope {
  return scopeBy(mesh, namespace, undefined, (host) => {
    const service = best(mesh.servicesByHost.get(host) ?? [], namespace);
    return service && wholly(service);
  });
}

/** The service of a host that is the same for every client: the only one, shown to all. Most hosts are such. */
function asEverybody(mesh: Mesh, host: string): ScopedService | undefined {
  const [service, ...others] = mesh.servicesByHost.get(host) ?? [];
  const isPlain = service && others.length === 0 && service.visibility === 'public' && service.ports.length > 0;
  return isPlain ? wholly(service) : undefined;
}

const wholly = perObject((service: MeshService): ScopedService => ({ service, ports: service.ports }));

function sameScoped(a: ScopedService | undefined, b: ScopedService | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.service === b.service && sameItems(a.ports, b.ports));
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
  return firstOf(visible);
}

function best(services: readonly MeshService[], namespace: string): MeshService | undefined {
  const own = services.filter((service) => service.namespace === namespace);
  return firstOf(inOrder(own.length > 0 ? own : services));
}

/** Those exported by name, then public ones (model/push_context.go:servicesExportedToNamespace). */
function inOrder(services: readonly MeshService[]): MeshService[] {
  const byName = services.filter((service) => service.visibility !== 'public');
  return [...byName, ...services.filter((service) => service.visibility === 'public')];
}

function firstOf(ordered: readonly MeshService[]): MeshService | undefined {
  return ordered.find(({ object }) => object.kind === 'Service') ?? ordered[0];
}

/** The service that a VirtualService leads to (model/sidecar.go:collectImportedServices). */
function bestForRoute(mesh: Mesh, candidates: readonly MeshService[], namespace: string): MeshService | undefined {
  const own = candidates.find((each) => each.namespace === namespace);
  if (own) return own;
  const visible = candidates.filter((service) => isVisibleIn(service.visibility, namespace));
  if (since(mesh.settings, 'best-namespace-for-routes')) return best(visible, namespace);
  return [...visible].sort((a, b) => compareText(a.namespace, b.namespace))[0];
}

/** What the listeners import of one host, directly or by VirtualServices that lead there. */
function importHost(
  mesh: Mesh,
  namespace: string,
  listeners: readonly Listener[],
  host: string,
): ScopedService | undefined {
  const candidates = mesh.servicesByHost.get(host) ?? [];
  let scoped: ScopedService | undefined;
  if (candidates.length === 0) return scoped;
  for (const listener of listeners) {
    const { port } = listener;
    const ports = port === undefined ? undefined : new Set([port]);
    const imported = candidates.filter(
      (service) =>
        (port === undefined || service.ports.some((each) => each.port === port)) &&
        imports(listener, service.namespace, (pattern) => covers(pattern, service.host)),
    );
    scoped = added(scoped, bestVisible(mesh, imported, namespace, listener.hasSidecar), ports);
    for (const virtualService of mesh.virtualServicesTo(host)) {
      if (!importsVirtualService(mesh, listener, virtualService, namespace)) continue;
      const routed = destinationsFor(mesh, virtualService, namespace);
      if (routed.has(host))
        scoped = added(scoped, bestForRoute(mesh, candidates, namespace), ports ?? routed.get(host));
    }
  }
  return scoped;
}

function importsVirtualService(mesh: Mesh, listener: Listener, object: VirtualService, namespace: string): boolean {
  const { spec, metadata } = object;
  const visibility = visibilityOf(spec.exportTo, mesh.settings, 'VirtualService', metadata.namespace);
  if (!isVisibleIn(visibility, namespace)) return false;
  if (spec.gateways.length > 0 && !spec.gateways.includes('mesh')) return false;
  return spec.hosts.some((name) => {
    const host = expandHost(name, metadata.namespace, mesh.settings.clusterDomain);
    return imports(listener, metadata.namespace, (pattern) => pattern === '*' || overlaps(pattern, host));
  });
}

/**
 * A host's service with further ports, or another in its place: of two namespaces' services of a host the first stays,
 * but a Kubernetes Service takes the place of a ServiceEntry (model/sidecar.go:appendSidecarServices).
 */
function added(
  known: ScopedService | undefined,
  service: MeshService | undefined,
  ports: ReadonlySet<number> | undefined,
): ScopedService | undefined {
  if (!service) return known;
  const wanted = ports ? service.ports.filter((port) => ports.has(port.port)) : service.ports;
  if (wanted.length === 0) return known;
  const isEntry = known?.service.object.kind === 'ServiceEntry';
  if (!known || (isEntry && service.object.kind === 'Service')) return { service, ports: wanted };
  if (known.service !== service) return known;
  return { service, ports: service.ports.filter((port) => known.ports.includes(port) || wanted.includes(port)) };
}
