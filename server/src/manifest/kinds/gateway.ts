// `networking.istio.io` Gateway: what the listeners of a gateway's pods accept.
import { isIpAddress } from '../address';
import type { Fields } from '../fields';
import { isMapping } from '../fields';
import type { KubernetesObject, Labels } from '../object';
import { isDnsLabel, isPort, isProtocol, isWildcardDomain } from './common';
import { readServerTls } from './server-tls';
import { isUnixPath } from './values';

export interface GatewayServer {
  readonly port: number;
  readonly protocol: string;
  /** Undefined where the server has no `tls`; PASSTHROUGH where `tls` has no mode. */
  readonly tlsMode: string | undefined;
  readonly hosts: readonly string[];
}
export interface GatewaySpec {
  readonly selector: Labels;
  readonly servers: readonly GatewayServer[];
}
export type Gateway = KubernetesObject<'Gateway', GatewaySpec>;

const HTTP = new Set(['http', 'http2', 'http_proxy', 'grpc', 'grpc-web']);
const TLS = new Set(['https', 'tls']);

/** Reads the object and notes what pkg/config/validation:ValidateGateway and the CRD refuse. */
export function readGateway(root: Fields): GatewaySpec {
  const spec = root.section('spec');
  const metadata = root.raw('metadata');
  const annotations = isMapping(metadata) && isMapping(metadata.annotations) ? metadata.annotations : {};
  // istiod writes such objects for Gateways of the Gateway API
  const isGenerated = annotations['internal.istio.io/gateway-semantics'] === 'gateway';
  const name = root.object('metadata')?.string('name') ?? '';
  if (name !== '' && !isGenerated && !isDnsLabel(name)) root.object('metadata')!.note('name', 'name-invalid', { name });
  const list = spec.objects('servers');
  if (list.length === 0) spec.note(undefined, 'servers-missing');
  const names = new Set<string>();
  const servers = list.map((server) => {
    const port = server.object('port');
    const portName = port?.string('name') ?? '';
    if (names.has(portName)) (port ?? server).note(undefined, 'port-name-repeated');
    names.add(portName);
    return readServer(server, port, isGenerated);
  });
  return { selector: spec.labels('selector') ?? {}, servers };
}

function readServer(server: Fields, port: Fields | undefined, isGenerated: boolean): GatewayServer {
  const hosts = server.strings('hosts');
  if (hosts.length === 0) server.note(undefined, 'hosts-missing');
  for (const host of hosts) checkHost(server, host, isGenerated);
  const number = port?.integer('number') ?? 0;
  const protocol = port?.string('protocol') ?? '';
  const bind = server.string('bind') ?? '';
  const isPortGood = checkPort(server, port, number, protocol, bind);
  checkBind(server, bind, number);
  const tls = server.object('tls');
  const tlsMode = tls && readServerTls(tls);
  checkRedirect(server);
  if (isPortGood) checkTlsFits(server, tls, tlsMode, protocol);
  return { port: number, protocol, tlsMode, hosts };
}

/** `host` or `namespace/host`; the host has a dot, or is `*`. */
function checkHost(server: Fields, written: string, isGenerated: boolean): void {
  const slash = written.indexOf('/');
  const [namespace, host] = slash < 0 ? [undefined, written] : [written.slice(0, slash), written.slice(slash + 1)];
  const isNamespace =
    namespace === undefined ||
    ['*', '.'].includes(namespace) ||
    isDnsLabel(namespace) ||
    (isGenerated && namespace === '~');
  const isHost = host === '*' || (host.includes('.') && (isWildcardDomain(host) || isIpAddress(host)));
  const isPartial = host.includes('*') && host.length > 1 && !host.startsWith('*.');
  if (!isNamespace || !isHost || isPartial || host.slice(1).includes('*'))
    server.note('hosts', 'host-invalid', { host: written });
}

function checkPort(server: Fields, port: Fields | undefined, number: number, protocol: string, bind: string): boolean {
  if (!port) {
    server.note(undefined, 'needs-field', { field: 'port' });
    return false;
  }
  const isUnix = bind.startsWith('unix://');
  const isNumber = isPort(number) || (number === 0 && isUnix);
  if (!isNumber) port.note('number', 'port-invalid', { found: String(number) });
  const isKnown = protocol !== '' && isProtocol(protocol);
  if (!isKnown) port.note('protocol', 'protocol-unknown', { found: protocol });
  const target = port.raw('targetPort');
  if (typeof target === 'number' && target > 0) port.note('targetPort', 'target-port-excluded');
  if (!port.string('name')) port.note(undefined, 'port-name-invalid', { name: '' });
  return isNumber && isKnown;
}

function checkBind(server: Fields, bind: string, number: number): void {
  if (bind === '') return;
  if (!bind.startsWith('unix://')) {
    if (!isIpAddress(bind)) server.note('bind', 'address-invalid', { found: bind });
    return;
  }
  if (!isUnixPath(bind)) server.note('bind', 'unix-path-invalid', { found: bind });
  if (number !== 0) server.note('bind', 'unix-address-with-ports');
}

function checkTlsFits(server: Fields, tls: Fields | undefined, mode: string | undefined, protocol: string): void {
  const lower = protocol.toLowerCase();
  if (TLS.has(lower)) {
    if (!tls) server.note(undefined, 'tls-missing', { protocol });
    return;
  }
  if (!tls) return;
  if (!HTTP.has(lower)) {
    server.note('tls', 'tls-on-plain-port', { protocol });
    return;
  }
  const isEnding = mode !== 'PASSTHROUGH' && mode !== 'AUTO_PASSTHROUGH';
  if (isEnding || ['caCertificates', 'privateKey', 'serverCertificate'].some((name) => tls.string(name)))
    server.note('tls', 'tls-on-plain-port', { protocol });
}

/** A redirect to HTTPS is for HTTP listeners; elsewhere the webhook warns. */
function checkRedirect(server: Fields): void {
  const tls = server.object('tls');
  const protocol = server.object('port')?.string('protocol') ?? '';
  if (tls?.raw('httpsRedirect') === true && !HTTP.has(protocol.toLowerCase()))
    tls.note('httpsRedirect', 'redirect-on-tls', { protocol }, 'warning');
}
