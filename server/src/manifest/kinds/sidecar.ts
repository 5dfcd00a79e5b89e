// Sidecar: which services a client knows, and on which ports a workload listens.
import { isIpAddress } from '../address';
import type { Fields } from '../fields';
import type { KubernetesObject } from '../object';
import { isDnsLabel, isFqdn, isPort, isProtocol, isWildcardDomain, readSelector, type Selector } from './common';
import { readServerTls } from './server-tls';
import { checkConnectionPool } from './traffic-policy';
import { isUnixPath } from './values';

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
export function readSidecar(spec: Fields, namespace: string): SidecarSpec {
  const workloadSelector = readSelector(spec, 'workloadSelector', 'labels');
  const egress = spec.objects('egress').map((fields) => readEgress(fields, namespace));
  const ingress = spec.objects('ingress').map(readIngress);
  const parts = ['outboundTrafficPolicy', 'inboundConnectionPool'];
  if (egress.length === 0 && ingress.length === 0 && !parts.some((name) => spec.has(name)))
    spec.note(undefined, 'sidecar-empty');
  const catchAll = egress.findIndex((listener) => listener.port === undefined);
  if (catchAll >= 0 && catchAll < egress.length - 1) spec.note('egress', 'egress-without-port-not-last');
  checkUnique(spec, 'egress', egress);
  checkUnique(spec, 'ingress', ingress);
  const outbound = spec.object('outboundTrafficPolicy');
  const outboundTrafficPolicy = outbound?.oneOf('mode', ['REGISTRY_ONLY', 'ALLOW_ANY']);
  checkEgressProxy(outbound);
  checkConnectionPool(spec.object('inboundConnectionPool'));
  return { workloadSelector, egress: egress.length > 0 ? egress : undefined, ingress, outboundTrafficPolicy };
}

function readEgress(fields: Fields, namespace: string): EgressListener {
  const hosts = fields.strings('hosts');
  if (hosts.length === 0) fields.note(undefined, 'egress-hosts-missing');
  for (const host of hosts) if (!isEgressHost(host)) fields.note('hosts', 'egress-host-invalid', { host });
  checkCovered(
    fields,
    hosts.map((host) => host.replace(/^\.\//, `${namespace}/`)),
  );
  const port = fields.object('port');
  checkPort(port);
  const bind = fields.string('bind') ?? '';
  if (port && !port.integer('number')) {
    if (!bind.startsWith('unix://')) fields.note('bind', 'unix-bind-missing');
    else if (!isUnixPath(bind)) fields.note('bind', 'unix-path-invalid', { found: bind });
    if (fields.raw('captureMode') === 'IPTABLES') fields.note('captureMode', 'unix-bind-captured');
  } else if (port) checkBind(fields, bind);
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
  else if (number === 0) port.note('number', 'port-invalid', { found: String(number) });
  checkPort(port);
  checkBind(fields, fields.string('bind') ?? '');
  const endpoint = fields.string('defaultEndpoint');
  if (endpoint && !isDefaultEndpoint(endpoint))
    fields.note('defaultEndpoint', 'default-endpoint-invalid', { found: endpoint });
  const protocol = port?.string('protocol') ?? '';
  checkIngressTls(fields, protocol);
  const pool = fields.object('connectionPool');
  checkConnectionPool(pool);
  if (pool?.has('http') && !HTTP.has(protocol.toLowerCase()))
    pool.note('http', 'http-pool-on-tcp', { protocol }, 'warning');
  return { port: number, protocol, name: port?.string('name') ?? '' };
}

/** Where all unknown traffic goes to, if it is let out (pkg/config/validation:validateSidecarOutboundTrafficPolicy). */
function checkEgressProxy(outbound: Fields | undefined): void {
  const proxy = outbound?.object('egressProxy');
  if (!outbound || !proxy) return;
  if (outbound.raw('mode') !== 'ALLOW_ANY') outbound.note('egressProxy', 'needs-field', { field: 'mode: ALLOW_ANY' });
  const host = proxy.string('host') ?? '';
  if (!isFqdn(host)) proxy.note(host === '' ? undefined : 'host', 'host-invalid', { host });
  const subset = proxy.string('subset') ?? '';
  if (subset !== '' && !isDnsLabel(subset)) proxy.note('subset', 'subset-name-invalid', { name: subset });
  if (!proxy.has('port')) proxy.note(undefined, 'needs-field', { field: 'port' });
}

/** Hosts that are there twice, or that another entry of the listener covers; exclusions are left out. */
function checkCovered(fields: Fields, hosts: readonly string[]): void {
  const counted = hosts.filter((host) => !host.startsWith('~'));
  const covered = counted.find((host, index) => {
    const namespace = host.split('/', 1)[0]!;
    if (counted.indexOf(host) < index) return true;
    if (host !== '*/*' && counted.includes('*/*')) return true;
    return host !== `${namespace}/*` && counted.includes(`${namespace}/*`);
  });
  if (covered !== undefined) fields.note('hosts', 'egress-host-covered', { host: covered }, 'warning');
}

const HTTP = new Set(['http', 'http2', 'http_proxy', 'grpc', 'grpc-web']);
const TLS = new Set(['https', 'tls']);

/** The `tls` of an ingress listener takes files alone, and ends TLS. */
function checkIngressTls(fields: Fields, protocol: string): void {
  const tls = fields.object('tls');
  if (!tls) return;
  const mode = readServerTls(tls);
  if (mode === 'ISTIO_MUTUAL' || mode === 'AUTO_PASSTHROUGH')
    tls.note('mode', 'unknown-value', { found: mode, allowed: ['SIMPLE', 'MUTUAL', 'OPTIONAL_MUTUAL', 'PASSTHROUGH'] });
  for (const name of ['subjectAltNames', 'httpsRedirect', 'credentialName', 'credentialNames', 'tlsCertificates'])
    if (tls.has(name)) tls.note(name, 'tls-field-excluded', { field: name });
  if (!TLS.has(protocol.toLowerCase())) fields.note('tls', 'tls-on-plain-port', { protocol });
}

/** A unix socket, or a port of the pod itself. */
function isDefaultEndpoint(text: string): boolean {
  if (text.startsWith('unix://')) return isUnixPath(text);
  const port = /^(?:127\.0\.0\.1|0\.0\.0\.0|\[::1?\])?:\+?(\d+)$/.exec(text)?.[1];
  return port !== undefined && isPort(Number(port));
}

function checkBind(fields: Fields, bind: string): void {
  if (bind !== '' && !isIpAddress(bind)) fields.note('bind', 'address-invalid', { found: bind });
}

/** The port of a listener (pkg/config/validation:validateSidecarEgressPortBindAndCaptureMode). */
function checkPort(port: Fields | undefined): void {
  if (!port) return;
  const name = port.string('name') ?? '';
  if (name !== '' && !isDnsLabel(name)) port.note('name', 'port-name-invalid', { name });
  const number = port.integer('number') ?? 0;
  if (number !== 0 && !isPort(number)) port.note('number', 'port-invalid', { found: String(number) });
  if (port.integer('targetPort')) port.note('targetPort', 'target-port-useless');
  const protocol = port.string('protocol') ?? '';
  if (!isProtocol(protocol)) port.note('protocol', 'protocol-unknown', { found: protocol });
}

function checkUnique(spec: Fields, field: string, listeners: readonly { port: number | undefined }[]): void {
  const ports = listeners.map((listener) => listener.port).filter((port) => port !== undefined && port !== 0);
  if (new Set(ports).size < ports.length) spec.note(field, 'listener-port-repeated');
}
