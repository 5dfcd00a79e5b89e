// ServiceEntry and WorkloadEntry: hosts and addresses that Kubernetes does not know.
import { isIpAddress, isSubnet } from '../address';
import type { Fields } from '../fields';
import type { KubernetesObject, Labels } from '../object';
import {
  areLabels,
  checkExportTo,
  isDnsLabel,
  isFqdn,
  isPort,
  isProtocol,
  isWildcardDomain,
  readSelector,
  type Selector,
} from './common';
import { isUnixPath } from './values';

export const RESOLUTIONS = ['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS'] as const;
export type Resolution = (typeof RESOLUTIONS)[number];

/** One address: an endpoint written into a ServiceEntry, or the spec of a WorkloadEntry. */
export interface WorkloadEntrySpec {
  readonly address: string;
  readonly labels: Labels;
  readonly serviceAccount: string | undefined;
  /** Port numbers by the ServiceEntry's or Service's port name. */
  readonly ports: Readonly<Record<string, number>>;
}
export type WorkloadEntry = KubernetesObject<'WorkloadEntry', WorkloadEntrySpec>;

export interface ServiceEntryPort {
  readonly name: string;
  readonly number: number;
  readonly protocol: string;
  readonly targetPort: number | undefined;
}
export interface ServiceEntrySpec {
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
  readonly ports: readonly ServiceEntryPort[];
  /** MESH_EXTERNAL unless stated. */
  readonly internal: boolean;
  /** NONE unless stated. */
  readonly resolution: Resolution;
  readonly endpoints: readonly WorkloadEntrySpec[];
  readonly workloadSelector: Selector | undefined;
  readonly exportTo: readonly string[];
  /** Names that servers may show beside their service accounts. */
  readonly subjectAltNames: readonly string[];
}
export type ServiceEntry = KubernetesObject<'ServiceEntry', ServiceEntrySpec>;

/** Reads the spec of a WorkloadEntry and notes what pkg/config/validation:ValidateWorkloadEntry refuses. */
export function readWorkloadEntry(spec: Fields): WorkloadEntrySpec {
  const entry = readEndpoint(spec);
  const { address } = entry;
  if (address !== '' && !address.startsWith('unix://') && !isIpAddress(address) && !isFqdn(address)) {
    spec.note('address', 'address-invalid', { found: address });
  }
  return entry;
}

function readEndpoint(spec: Fields): WorkloadEntrySpec {
  const ports = spec.object('ports');
  const numbers: Record<string, number> = Object.create(null);
  for (const name of ports?.names() ?? []) {
    const number = ports!.integer(name);
    if (number === undefined) continue;
    if (!isPort(number)) ports!.note(name, 'port-invalid', { found: String(number) });
    if (!isDnsLabel(name)) ports!.note(name, 'port-name-invalid', { name });
    numbers[name] = number;
  }
  const address = spec.string('address') ?? '';
  if (address === '' && !spec.string('network')) spec.note(undefined, 'address-missing');
  else if (address === '') spec.note('network', 'address-without-network', {}, 'warning');
  if (address.startsWith('unix://') && !isUnixPath(address))
    spec.note('address', 'unix-path-invalid', { found: address });
  // an empty mapping is there all the same to the CRD's rule
  if (address.startsWith('unix://') && ports) spec.note('ports', 'unix-address-with-ports');
  const labels = spec.labels('labels') ?? {};
  if (!areLabels(labels)) spec.note('labels', 'labels-invalid');
  return {
    address,
    labels,
    serviceAccount: spec.string('serviceAccount') || undefined,
    ports: numbers,
  };
}

/** Reads the spec and notes what pkg/config/validation:ValidateServiceEntry and the CRD refuse. */
export function readServiceEntry(root: Fields, namespace: string): ServiceEntrySpec {
  const spec = root.section('spec');
  const resolution = spec.oneOf('resolution', RESOLUTIONS) ?? 'NONE';
  const location = spec.oneOf('location', ['MESH_EXTERNAL', 'MESH_INTERNAL']);
  const hosts = spec.strings('hosts');
  const addresses = spec.strings('addresses');
  const exportTo = spec.strings('exportTo');
  const workloadSelector = readSelector(spec, 'workloadSelector', 'labels');
  const endpoints = spec.objects('endpoints').map(readEndpoint);
  const ports = spec.objects('ports').map(readPort);
  checkExportTo(spec, exportTo, namespace, true);
  if (hosts.length === 0) spec.note(undefined, 'hosts-missing');
  for (const host of hosts) if (host === '*' || !isWildcardDomain(host)) spec.note('hosts', 'host-invalid', { host });
  if (workloadSelector && spec.has('endpoints')) spec.note('endpoints', 'endpoints-with-selector');
  if (addresses.some((address) => address.includes('/')) && resolution !== 'NONE' && resolution !== 'STATIC') {
    spec.note('addresses', 'address-range-with-resolution', { resolution });
  }
  for (const address of addresses)
    if (!isSubnet(address)) spec.note('addresses', 'address-invalid', { found: address });
  checkUnique(spec, ports);
  checkResolution(spec, { resolution, hosts, addresses, ports, endpoints });
  const labels = root.object('metadata')?.labels('labels') ?? {};
  checkWaypoint(spec, labels, resolution, location);
  warn(spec, labels, { resolution, hosts, addresses, ports, workloadSelector });
  return {
    hosts,
    addresses,
    ports,
    internal: location === 'MESH_INTERNAL',
    resolution,
    endpoints,
    workloadSelector,
    exportTo,
    subjectAltNames: spec.strings('subjectAltNames'),
  };
}

function readPort(fields: Fields): ServiceEntryPort {
  const name = fields.string('name') ?? '';
  const number = fields.integer('number') ?? 0;
  const targetPort = fields.integer('targetPort') || undefined;
  if (!isDnsLabel(name)) fields.note(name === '' ? undefined : 'name', 'port-name-invalid', { name });
  if (!isPort(number)) fields.note('number', 'port-invalid', { found: String(number) });
  if (targetPort !== undefined && !isPort(targetPort))
    fields.note('targetPort', 'port-invalid', { found: String(targetPort) });
  const protocol = fields.string('protocol') ?? '';
  if (!isProtocol(protocol)) fields.note('protocol', 'protocol-unknown', { found: protocol });
  return { name, number, protocol, targetPort };
}

function checkUnique(spec: Fields, ports: readonly ServiceEntryPort[]): void {
  if (new Set(ports.map((port) => port.name)).size < ports.length) spec.note('ports', 'port-name-repeated');
  if (new Set(ports.map((port) => port.number)).size < ports.length) spec.note('ports', 'port-number-repeated');
}

/** A host of which the address is found request by request has no pods that a waypoint could stand before. */
function checkWaypoint(spec: Fields, labels: Labels, resolution: Resolution, location: string | undefined): void {
  const waypoint = labels['istio.io/use-waypoint'] ?? '';
  if (resolution === 'DYNAMIC_DNS' && location === 'MESH_INTERNAL' && waypoint !== '' && waypoint !== 'none')
    spec.note('location', 'waypoint-with-dynamic-dns');
}

/** What the webhook accepts and warns about. */
function warn(
  spec: Fields,
  labels: Labels,
  entry: Pick<ServiceEntrySpec, 'resolution' | 'hosts' | 'addresses' | 'ports' | 'workloadSelector'>,
): void {
  const { resolution, hosts, addresses, ports, workloadSelector } = entry;
  const isPartial = (host: string): boolean => host.includes('*') && host.length > 1 && !host.startsWith('*.');
  if (resolution !== 'DYNAMIC_DNS' && hosts.some(isPartial)) spec.note('hosts', 'wildcard-partial', {}, 'warning');
  if (resolution === 'NONE' && workloadSelector)
    spec.note('workloadSelector', 'selector-without-resolution', {}, 'warning');
  // istiod gives such entries an address of their own, unless it cannot or may not
  const isAllocated = resolution !== 'NONE' && labels['networking.istio.io/enable-autoallocate-ip'] !== 'false';
  const isBare = ports.some(({ protocol }) => protocol === '' || protocol === 'TCP');
  if (isBare && addresses.length === 0 && !isAllocated) spec.note('ports', 'addresses-needed', {}, 'warning');
  const isDns = resolution === 'DNS' || resolution === 'DNS_ROUND_ROBIN';
  const isTcp = ports.some(({ protocol }) => TCP.has(protocol.toLowerCase()));
  if (isDns && isTcp && addresses.length > 0 && hosts.length > 1)
    spec.note('hosts', 'hosts-share-address', {}, 'warning');
}

const TCP = new Set(['tcp', 'https', 'tls', 'mongo', 'redis', 'mysql']);

/** Protocols whose requests or handshakes name the host. */
const NAMING = new Set(['http', 'http2', 'http_proxy', 'grpc', 'grpc-web', 'https', 'tls']);
const DYNAMIC = new Set(['http', 'tls', 'grpc', 'http2']);

function checkResolution(
  spec: Fields,
  entry: Pick<ServiceEntrySpec, 'resolution' | 'hosts' | 'addresses' | 'ports' | 'endpoints'>,
): void {
  const { resolution, hosts, ports, endpoints } = entry;
  const refuse = (field: string, code: string): void => spec.note(field, code, { resolution });
  const protocols = ports.map((port) => port.protocol.toLowerCase());
  if (resolution === 'NONE' && spec.has('endpoints')) refuse('endpoints', 'endpoints-without-resolution');
  if (hosts.length > 1 && resolution !== 'NONE' && protocols.some((protocol) => !NAMING.has(protocol)))
    refuse('hosts', 'hosts-not-told-apart');
  if (
    resolution === 'STATIC' &&
    endpoints.some(({ address }) => address !== '' && !address.startsWith('unix://') && !isIpAddress(address))
  ) {
    refuse('endpoints', 'endpoint-not-an-address');
  }
  if (resolution === 'STATIC' && ports.length !== 1 && endpoints.some(({ address }) => address.startsWith('unix://')))
    refuse('endpoints', 'unix-endpoint-ports');
  const names = new Set(ports.map((port) => port.name));
  if (endpoints.some((endpoint) => Object.keys(endpoint.ports).some((name) => !names.has(name))))
    refuse('endpoints', 'endpoint-port-unknown');
  if (resolution === 'DNS' || resolution === 'DNS_ROUND_ROBIN') {
    if (endpoints.length === 0 && hosts.some((host) => !isFqdn(host))) refuse('hosts', 'host-not-resolvable');
    if (resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1) refuse('endpoints', 'endpoints-too-many');
    if (endpoints.some(({ address }) => !isIpAddress(address) && !isFqdn(address)))
      refuse('endpoints', 'endpoint-not-a-host');
  }
  if (resolution === 'DYNAMIC_DNS') {
    if (hosts.some((host) => !host.startsWith('*'))) refuse('hosts', 'host-not-a-wildcard');
    if (endpoints.length > 0) refuse('endpoints', 'endpoints-without-resolution');
    if (entry.addresses.length > 0) refuse('addresses', 'addresses-without-resolution');
    if (protocols.some((protocol) => !DYNAMIC.has(protocol))) refuse('ports', 'protocol-not-dynamic');
  }
}
