// Services as clients see them: hosts with ports, whether they come from a Service or from a ServiceEntry.

import type { Service, ServicePort } from '../manifest/kinds/service';
import type { ServiceEntry, ServiceEntryPort } from '../manifest/kinds/service-entry';
import { compareText, sameLabels } from '../manifest/object';
import { namedProtocol, type ProtocolClass, serviceProtocol } from './protocol';
import type { MeshSettings } from './settings';
import { since } from './version';

/** How a client finds the addresses: from istiod, from the connection itself, by DNS, or under another name. */
export type ServiceResolution = 'client-side' | 'passthrough' | 'dns' | 'dns-round-robin' | 'dynamic-dns' | 'alias';

export interface MeshPort {
  readonly port: number;
  readonly name: string;
  readonly protocol: ProtocolClass;
  readonly declared: ServicePort | ServiceEntryPort;
}

export interface MeshService {
  readonly host: string;
  readonly namespace: string;
  readonly object: Service | ServiceEntry;
  readonly resolution: ServiceResolution;
  /** Outside the mesh: never auto mTLS. */
  readonly external: boolean;
  readonly ports: readonly MeshPort[];
  readonly visibility: Visibility;
  /** Every object of this host and namespace whose endpoints it has; `object` is the first. */
  readonly sources: readonly (Service | ServiceEntry)[];
}

/** To whom a service is shown: everybody, nobody, or the namespaces named. */
export type Visibility = 'public' | 'none' | ReadonlySet<string>;

/**
 * Reads an `exportTo` list; `.` is the object's own namespace, and without a list the mesh's default counts
 * (model/push_context.go:initServiceRegistry, initVirtualServices).
 */
export function visibilityOf(
  exportTo: readonly string[],
  settings: MeshSettings,
  kind: 'Service' | 'VirtualService',
  namespace: string,
): Visibility {
  const list = exportTo.length > 0 ? exportTo : defaultExportTo(settings, kind);
  if (list.includes('*')) return 'public';
  if (list.includes('~')) return 'none';
  return new Set(list.map((name) => (name === '.' ? namespace : name)));
}

function defaultExportTo(settings: MeshSettings, kind: 'Service' | 'VirtualService'): readonly string[] {
  const list = kind === 'Service' ? settings.defaultServiceExportTo : settings.defaultVirtualServiceExportTo;
  if (list.length === 0) return ['*'];
  if (since(settings, 'default-export-lists')) return list;
  return [list.includes('.') ? '.' : list.includes('*') ? '*' : '~'];
}

/** True when clients of `namespace` may see what has this visibility. */
export function isVisibleIn(visibility: Visibility, namespace: string): boolean {
  return visibility === 'public' || (visibility !== 'none' && visibility.has(namespace));
}

function fromService(object: Service, settings: MeshSettings): MeshService {
  const { spec, metadata } = object;
  const exportTo = serviceExportTo(object);
  return {
    host: `${metadata.name}.${metadata.namespace}.svc.${settings.clusterDomain}`,
    namespace: metadata.namespace,
    object,
    resolution:
      spec.type === 'ExternalName' && spec.externalName ? 'alias' : spec.headless ? 'passthrough' : 'client-side',
    external: false,
    ports: spec.ports.map((declared) => ({
      port: declared.port,
      name: declared.name,
      protocol: serviceProtocol(declared),
      declared,
    })),
    visibility: visibilityOf(exportTo, settings, 'Service', metadata.namespace),
    sources: [object],
  };
}

/** The namespaces in a Service's annotation (kubereg/conversion.go:ConvertService). */
function serviceExportTo({ metadata }: Service): string[] {
  const annotation = metadata.annotations['networking.istio.io/exportTo'];
  return annotation ? annotation.split(',').map((name) => name.trim()) : [];
}

const RESOLUTION = {
  NONE: 'passthrough',
  STATIC: 'client-side',
  DNS: 'dns',
  DNS_ROUND_ROBIN: 'dns-round-robin',
  DYNAMIC_DNS: 'dynamic-dns',
} as const;

function fromServiceEntry(object: ServiceEntry, settings: MeshSettings): MeshService[] {
  const { spec, metadata } = object;
  const ports = spec.ports.map((declared) => ({
    port: declared.number,
    name: declared.name,
    protocol: namedProtocol(declared.protocol),
    declared,
  }));
  return spec.hosts.map((host) => ({
    host,
    namespace: metadata.namespace,
    object,
    resolution: RESOLUTION[spec.resolution],
    external: !spec.internal,
    ports,
    visibility: visibilityOf(spec.exportTo, settings, 'Service', metadata.namespace),
    sources: [object],
  }));
}

/** Order of istiod's list (model/push_context.go:SortServicesByCreationTime): age, then name and namespace. */
export function listOrder(a: MeshService, b: MeshService): number {
  const ta = a.object.metadata.creationTime ?? Number.POSITIVE_INFINITY;
  const tb = b.object.metadata.creationTime ?? Number.POSITIVE_INFINITY;
  if (ta !== tb) return ta < tb ? -1 : 1;
  const registryName = (service: MeshService): string =>
    service.object.kind === 'Service' ? service.object.metadata.name : service.host;
  return (
    compareText(`${registryName(a)}.${a.namespace}`, `${registryName(b)}.${b.namespace}`) ||
    compareText(a.object.metadata.name, b.object.metadata.name)
  );
}

/** The services that one object defines: a ServiceEntry one for each host. */
export function servicesOf(object: Service | ServiceEntry, settings: MeshSettings): readonly MeshService[] {
  return object.kind === 'Service' ? [fromService(object, settings)] : fromServiceEntry(object, settings);
}

/**
 * Services in istiod's order, one for each host, namespace and visibility: a client looks at those that it may see. Where
 * several objects share all three, a Kubernetes Service wins over ServiceEntries and the oldest among those; the
 * winner's ports count. ServiceEntries that differ in nothing but ports and endpoints are one service with the ports of
 * all. Endpoints are those of every object of the host and namespace.
 */
export function mergeServices(services: readonly MeshService[]): MeshService[] {
  const all = [...services].sort(listOrder);
  const sources = new Map<string, (Service | ServiceEntry)[]>();
  const winners = new Map<string, MeshService>();
  for (const service of all) {
    const host = `${service.namespace}/${service.host}`;
    const { visibility, object } = service;
    const key = `${host} ${typeof visibility === 'string' ? visibility : [...visibility].sort().join()}`;
    const rival = winners.get(key);
    if (!rival || (rival.object.kind === 'ServiceEntry' && object.kind === 'Service')) winners.set(key, service);
    else winners.set(key, { ...rival, ports: mergedPorts(rival, service) });
    const others = sources.get(host) ?? [];
    sources.set(host, object.kind === 'Service' ? [object, ...others] : [...others, object]);
  }
  return [...winners.values()].map((service) => {
    const shared = sources.get(`${service.namespace}/${service.host}`) ?? [];
    const others = shared.filter((source) => source !== service.object);
    return others.length === 0 ? service : { ...service, sources: [service.object, ...others] };
  });
}

/** model/sidecar.go:appendSidecarServices and canMergeServices: ports are put together only for twins. */
function mergedPorts(winner: MeshService, other: MeshService): readonly MeshPort[] {
  const [a, b] = [winner.object, other.object];
  if (a.kind !== 'ServiceEntry' || b.kind !== 'ServiceEntry') return winner.ports;
  const twins =
    a.spec.resolution === b.spec.resolution &&
    sameLabels(a.metadata.labels, b.metadata.labels) &&
    sameLabels(a.spec.workloadSelector?.matchLabels ?? {}, b.spec.workloadSelector?.matchLabels ?? {}) &&
    [...a.spec.exportTo].sort().join() === [...b.spec.exportTo].sort().join();
  if (!twins) return winner.ports;
  const numbers = new Set(winner.ports.map((port) => port.port));
  return [...winner.ports, ...other.ports.filter((port) => !numbers.has(port.port))];
}
