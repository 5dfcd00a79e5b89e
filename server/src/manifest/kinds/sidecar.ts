// Sidecar: which services a client knows, and on which ports a workload listens.
import type { Fields } from '../fields';
import type { KubernetesObject } from '../object';
import { isDnsLabel, isPort, isProtocol, isWildcardDomain, readSelector, type Selector } from './common';

export interface EgressListener {
  /** Undefined where the listener names no port; 0 for a unix socket. */
  readonly port: number | undefined;
  readonly protocol: string;
  /** `namespace/dnsName`, as written. */
  readonly hosts: readonly string[];
}
export interface IngressListener {
  readonly port: number;
  readonly protocol: string;
  readonly name: string;
}
export interface SidecarSpec {
  readonly workloadSelector: Selector | undefined;
  /** Undefined where absent or empty: everything is imported. */
  readonly egress: readonly EgressListener[] | undefined;
  readonly ingress: readonly IngressListener[];
  readonly outboundTrafficPolicy: string | undefined;
}
export type Sidecar = KubernetesObject<'Sidecar', SidecarSpec>;

/** Reads the spec and notes what pkg/config/validation:ValidateSidecar and the CRD refuse. */
export function readSidecar(spec: Fields): SidecarSpec {
  const workloadSelector = readSelector(spec, 'workloadSelector', 'labels');
  const egress = spec.objects('egress').map(readEgress);
  const ingress = spec.objects('ingress').map(readIngress);
  const parts = ['outboundTrafficPolicy', 'inboundConnectionPool'];
  if (egress.length === 0 && ingress.length === 0 && !parts.some((name) => spec.has(name)))
    spec.note(undefined, 'sidecar-empty');
  const catchAll = egress.findIndex((listener) => listener.port === undefined);
  if (catchAll >= 0 && catchAll < egress.length - 1) spec.note('egress', 'egress-without-port-not-last');
  checkUnique(spec, 'egress', egress);
  checkUnique(spec, 'ingress', ingress);
  const outboundTrafficPolicy = spec.object('outboundTrafficPolicy')?.oneOf('mode', ['REGISTRY_ONLY', 'ALLOW_ANY']);
  return { workloadSelector, egress: egress.length > 0 ? egress : undefined, ingress, outboundTrafficPolicy };
}

function readEgress(fields: Fields): EgressListener {
  const hosts = fields.strings('hosts');
  if (hosts.length === 0) fields.note(undefined, 'egress-hosts-missing');
  for (const host of hosts) if (!isEgressHost(host)) fields.note('hosts', 'egress-host-invalid', { host });
  const port = fields.object('port');
  if (port) checkProtocol(port);
  return { port: port ? (port.integer('number') ?? 0) : undefined, protocol: port?.string('protocol') ?? '', hosts };
}

/** `namespace/dnsName`; the name is `*`, a wildcard domain or has a dot (pkg/config/validation:validateNamespaceSlashWildcardHostname). */
function isEgressHost(host: string): boolean {
  const parts = host.split('/');
  if (parts.length !== 2) return false;
  const namespace = parts[0]!.replace(/^~/, '');
  const name = parts[1]!;
  if (parts[0] === '' || name === '') return false;
  if (!['', '*', '.'].includes(namespace) && !isDnsLabel(namespace)) return false;
  if (name === '*') return true;
  if (name.includes('*') && !name.startsWith('*.')) return false;
  return name.includes('.') && isWildcardDomain(name);
}

function readIngress(fields: Fields): IngressListener {
  const port = fields.object('port');
  const number = port?.integer('number') ?? 0;
  if (!port) fields.note(undefined, 'ingress-port-missing');
  else if (!isPort(number)) port.note('number', 'port-invalid', { found: String(number) });
  if (port) checkProtocol(port);
  const endpoint = fields.string('defaultEndpoint');
  if (
    endpoint &&
    !endpoint.startsWith('unix://') &&
    !/^(127\.0\.0\.1|0\.0\.0\.0|\[::1\]|\[::\])?:\d+$/.test(endpoint)
  ) {
    fields.note('defaultEndpoint', 'default-endpoint-invalid', { found: endpoint });
  }
  return { port: number, protocol: port?.string('protocol') ?? '', name: port?.string('name') ?? '' };
}

function checkProtocol(port: Fields): void {
  const protocol = port.string('protocol') ?? '';
  if (!isProtocol(protocol)) port.note('protocol', 'protocol-unknown', { found: protocol });
}

function checkUnique(spec: Fields, field: string, listeners: readonly { port: number | undefined }[]): void {
  const ports = listeners.map((listener) => listener.port).filter((port) => port !== undefined && port !== 0);
  if (new Set(ports).size < ports.length) spec.note(field, 'listener-port-repeated');
}
