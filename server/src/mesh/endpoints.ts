// Where a service's port leads: pods and other addresses, each with the port that its proxy sees.

import type { Service, ServicePort } from '../manifest/kinds/service';
import type { ServiceEntry, ServiceEntryPort, WorkloadEntry, WorkloadEntrySpec } from '../manifest/kinds/service-entry';
import { type Labels, selects } from '../manifest/object';
import type { Mesh } from './mesh';
import type { MeshPort, MeshService } from './service';
import { tlsModeOf, type Workload } from './workload';

export interface Endpoint {
  /** The pod; undefined for an address that is none. */
  readonly workload: Workload | undefined;
  /** The address of a WorkloadEntry or of an endpoint of a ServiceEntry. */
  readonly address: string | undefined;
  /** The WorkloadEntry that gave the address, if one did. */
  readonly entry: WorkloadEntry | undefined;
  /** The workload's port, not the service's. */
  readonly port: number;
  readonly namespace: string;
  readonly labels: Labels;
  /** `istio`: says that it takes Istio mTLS; `disabled`: says that it does not; others are kept as they are. */
  readonly tlsMode: string;
  readonly serviceAccount: string | undefined;
}

/**
 * How the endpoints of several objects of one host find their port: endpoint lists (EDS) go by the port's name, what
 * goes into a cluster itself by its number (model/endpointshards.go:CopyEndpoints).
 */
export type PortMatch = 'name' | 'number';

/** The endpoints of one port of a service, in the order of the manifests. */
export function endpointsOf(mesh: Mesh, service: MeshService, port: MeshPort, match: PortMatch = 'name'): Endpoint[] {
  return service.sources.flatMap((source) => {
    if (source.kind === 'Service') {
      // one number may stand for a TCP and a UDP port
      const own = source.spec.ports.find((each) => each === port.declared);
      return selectedByService(mesh, source, own);
    }
    const ports = source.spec.ports.filter((each) =>
      match === 'name' ? each.name === port.name : each.number === port.port,
    );
    return ports.flatMap((each) => fromServiceEntry(mesh, source, service, each));
  });
}

/** The endpoints of each port of a service. */
export type EndpointsByPort = ReadonlyMap<MeshPort, readonly Endpoint[]>;

/** The endpoints of every port of a service. */
export function endpointsByPort(mesh: Mesh, service: MeshService): EndpointsByPort {
  return new Map(service.ports.map((port) => [port, endpointsOf(mesh, service, port)]));
}

/** True when both lead to the same places. */
export function sameEndpoints(a: EndpointsByPort, b: EndpointsByPort): boolean {
  return a.size === b.size && [...a].every(([port, list]) => sameLists(list, b.get(port)));
}

function sameLists(a: readonly Endpoint[], b: readonly Endpoint[] | undefined): boolean {
  return (
    a.length === b?.length &&
    a.every(({ workload, entry, port }, index) => {
      const other = b[index]!;
      // what else an endpoint says is the workload's or the entry's
      const isKnown = workload !== undefined || entry !== undefined;
      return isKnown && workload === other.workload && entry === other.entry && port === other.port;
    })
  );
}

/** True when a Service's endpoints are not told by manifests: nothing selects them, or nothing here is selected. */
export function endpointsUnknown(mesh: Mesh, service: MeshService): boolean {
  if (service.object.kind !== 'Service') return false;
  return mesh.podsBehind(service.object).length === 0;
}

function selectedByService(mesh: Mesh, service: Service, port: ServicePort | undefined): Endpoint[] {
  const { spec, metadata } = service;
  const { selector, headless } = spec;
  const { namespace } = metadata;
  if (!selector || !port) return [];
  const pods = mesh.podsBehind(service).flatMap((workload) => {
    const number = podPort(workload, port);
    return number === undefined ? [] : [podEndpoint(workload, number)];
  });
  // kubereg/controller:collectWorkloadInstanceEndpoints: a headless Service takes no WorkloadEntries
  const entries = (headless ? [] : mesh.workloadEntriesIn(namespace)).flatMap((entry) => {
    const labels = entryLabels(entry);
    if (!selects(selector, labels)) return [];
    const number = entryPort(entry.spec, port);
    return number === undefined ? [] : [addressEndpoint(entry.spec, number, namespace, labels, entry)];
  });
  return [...pods, ...entries];
}

/**
 * The pod's port for a Service's port (kubereg/controller/util.go:FindPort): a number as it is, a name by the
 * container port of that name and protocol; undefined where the pod has none.
 */
export function podPort(workload: Workload, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target;
  for (const container of workload.containers) {
    const found = container.ports.find((each) => each.name === target && each.protocol === port.protocol);
    if (found) return found.containerPort;
  }
  return undefined;
}

/**
 * The pod's port for a ServiceEntry's port: the TCP container port of that name goes before the target port
 * (kubereg/controller/util.go:getPortMap, sereg/conversion.go:convertWorkloadInstanceToServiceInstance).
 */
export function podPortForEntry(workload: Workload, port: ServiceEntryPort): number {
  for (const container of workload.object.kind === 'KubernetesGateway'
    ? []
    : workload.object.spec.template.containers) {
    const found = container.ports.find((each) => each.name === port.name && each.protocol === 'TCP');
    if (found) return found.containerPort;
  }
  return port.targetPort ?? port.number;
}

/** kubereg/controller: a WorkloadEntry's own port map goes before the number, by the target's or the port's name. */
function entryPort(entry: WorkloadEntrySpec, port: ServicePort): number | undefined {
  if (typeof port.targetPort === 'string') return entry.ports[port.targetPort];
  return entry.ports[port.name] ?? port.targetPort ?? port.port;
}

function podEndpoint(workload: Workload, port: number): Endpoint {
  const { namespace, labels, serviceAccount } = workload;
  return {
    workload,
    address: undefined,
    entry: undefined,
    port,
    namespace,
    labels,
    tlsMode: tlsModeOf(labels),
    serviceAccount,
  };
}

/** sereg/conversion.go:ConvertWorkloadEntry: labels of the metadata go over those of the spec. */
function entryLabels(entry: WorkloadEntry): Labels {
  return { ...entry.spec.labels, ...entry.metadata.labels };
}

function addressEndpoint(
  entry: WorkloadEntrySpec,
  port: number,
  namespace: string,
  labels: Labels,
  object: WorkloadEntry | undefined,
): Endpoint {
  // sereg/conversion.go:getTLSModeFromWorkloadEntry: a service account is taken as the sign of a proxy
  const tlsMode = labels['security.istio.io/tlsMode'] ?? (entry.serviceAccount ? 'istio' : 'disabled');
  return {
    workload: undefined,
    address: entry.address,
    entry: object,
    port,
    namespace,
    labels,
    tlsMode,
    serviceAccount: entry.serviceAccount,
  };
}

function fromServiceEntry(mesh: Mesh, source: ServiceEntry, service: MeshService, port: ServiceEntryPort): Endpoint[] {
  const { spec, metadata } = source;
  const number = (entry: WorkloadEntrySpec): number => entry.ports[port.name] ?? port.targetPort ?? port.number;
  if (spec.workloadSelector) {
    const selector = spec.workloadSelector.matchLabels;
    const entries = mesh
      .workloadEntriesIn(metadata.namespace)
      .filter((entry) => selects(selector, entryLabels(entry)))
      .map((entry) => addressEndpoint(entry.spec, number(entry.spec), metadata.namespace, entryLabels(entry), entry));
    const pods = mesh.podsBehind(source).map((workload) => podEndpoint(workload, podPortForEntry(workload, port)));
    return [...entries, ...pods];
  }
  if (spec.endpoints.length > 0) {
    return spec.endpoints.map((entry) =>
      addressEndpoint(entry, number(entry), metadata.namespace, entry.labels, undefined),
    );
  }
  // sereg/conversion.go:convertServiceEntryToInstances: a DNS entry without endpoints is its own address
  if (spec.resolution === 'DNS' || spec.resolution === 'DNS_ROUND_ROBIN') {
    const self: WorkloadEntrySpec = { address: service.host, labels: {}, serviceAccount: undefined, ports: {} };
    return [addressEndpoint(self, port.targetPort ?? port.number, metadata.namespace, {}, undefined)];
  }
  return [];
}
