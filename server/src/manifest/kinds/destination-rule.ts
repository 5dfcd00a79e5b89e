// DestinationRule: what clients send.
import { isIpAddress } from '../address';
import type { Fields } from '../fields';
import type { KubernetesObject, Labels } from '../object';
import {
  areLabels,
  checkExportTo,
  isDnsLabel,
  isFqdn,
  isPort,
  isWildcardDomain,
  readSelector,
  type Selector,
} from './common';
import { checkPolicyBlocks } from './traffic-policy';
import { checkRange } from './values';

export const CLIENT_TLS_MODES = ['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'] as const;
export type ClientTlsMode = (typeof CLIENT_TLS_MODES)[number];

export interface ClientTlsSettings {
  /** DISABLE where the block has no `mode`: it is the enum's zero. */
  readonly mode: ClientTlsMode;
  readonly modeStated: boolean;
  readonly credentialName: string | undefined;
  readonly clientCertificate: string | undefined;
  readonly privateKey: string | undefined;
  /** The file of the authorities that the client trusts. */
  readonly caCertificates: string | undefined;
  readonly insecureSkipVerify: boolean;
  readonly subjectAltNames: readonly string[];
  readonly sni: string | undefined;
}

/** The fields that bear on TLS, at the top, for a subset or for one port. */
export interface PortTrafficPolicy {
  readonly tls: ClientTlsSettings | undefined;
  /** `loadBalancer.simple`, such as PASSTHROUGH. */
  readonly loadBalancer: string | undefined;
}
export interface TrafficPolicy extends PortTrafficPolicy {
  /** In file order; `port` is the Service's port number. */
  readonly portLevelSettings: readonly (PortTrafficPolicy & { readonly port: number | undefined })[];
}
export interface Subset {
  readonly name: string;
  readonly labels: Labels;
  readonly trafficPolicy: TrafficPolicy | undefined;
}
export interface DestinationRuleSpec {
  /** As written, not expanded. */
  readonly host: string;
  readonly exportTo: readonly string[];
  readonly workloadSelector: Selector | undefined;
  readonly trafficPolicy: TrafficPolicy | undefined;
  readonly subsets: readonly Subset[];
}
export type DestinationRule = KubernetesObject<'DestinationRule', DestinationRuleSpec>;

const LOAD_BALANCERS = ['UNSPECIFIED', 'RANDOM', 'PASSTHROUGH', 'ROUND_ROBIN', 'LEAST_REQUEST', 'LEAST_CONN'] as const;
const PORT_POLICY_FIELDS = ['outlierDetection', 'connectionPool', 'loadBalancer', 'tls'];
const POLICY_FIELDS = [...PORT_POLICY_FIELDS, 'portLevelSettings', 'tunnel', 'proxyProtocol', 'retryBudget'];

/** Reads the spec and notes what pkg/config/validation:ValidateDestinationRule and the CRD refuse. */
export function readDestinationRule(spec: Fields, namespace: string): DestinationRuleSpec {
  const host = spec.string('host') ?? '';
  if (!isWildcardDomain(host)) spec.note(host === '' ? undefined : 'host', 'host-invalid', { host });
  const workloadSelector = readSelector(spec, 'workloadSelector');
  const exportTo = spec.strings('exportTo');
  checkExportTo(spec, exportTo, namespace, false);
  if (workloadSelector && (exportTo.length > 1 || exportTo.some((entry) => entry !== '.' && entry !== namespace))) {
    spec.note('exportTo', 'export-to-with-selector');
  }
  const names = new Set<string>();
  const subsets = spec.objects('subsets').map((fields) => {
    const subset = readSubset(fields, namespace);
    if (names.has(subset.name)) fields.note('name', 'subset-repeated', { name: subset.name });
    names.add(subset.name);
    return subset;
  });
  return {
    host,
    exportTo,
    workloadSelector,
    subsets,
    trafficPolicy: readTrafficPolicy(spec.object('trafficPolicy'), namespace, true),
  };
}

function readSubset(fields: Fields, namespace: string): Subset {
  const name = fields.string('name') ?? '';
  if (!isDnsLabel(name)) fields.note(name === '' ? undefined : 'name', 'subset-name-invalid', { name });
  const labels = fields.labels('labels') ?? {};
  if (!areLabels(labels)) fields.note('labels', 'labels-invalid');
  return { name, labels, trafficPolicy: readTrafficPolicy(fields.object('trafficPolicy'), namespace, false) };
}

function readTrafficPolicy(fields: Fields | undefined, namespace: string, isWhole: boolean): TrafficPolicy | undefined {
  if (!fields) return undefined;
  // an empty list is the same as none to istiod
  const isSet = (name: string): boolean =>
    fields.has(name) && !(Array.isArray(fields.raw(name)) && (fields.raw(name) as unknown[]).length === 0);
  if (!POLICY_FIELDS.some(isSet)) fields.note(undefined, 'traffic-policy-empty');
  if (fields.has('tunnel') && fields.has('proxyProtocol')) fields.note('tunnel', 'tunnel-with-proxy-protocol');
  checkTunnel(fields.object('tunnel'));
  checkRange(fields.object('retryBudget'), 0, 100, 'percent');
  const portLevelSettings = fields.objects('portLevelSettings').map((item) => {
    const port = item.object('port');
    if (!port) item.note(undefined, 'port-level-without-port');
    if (!PORT_POLICY_FIELDS.some((name) => item.has(name))) item.note(undefined, 'port-level-policy-empty');
    return { ...readPortPolicy(item, namespace, false), port: port?.integer('number') };
  });
  return { ...readPortPolicy(fields, namespace, isWhole), portLevelSettings };
}

/** Where requests are tunnelled to (pkg/config/validation:validateTunnelSettings). */
function checkTunnel(tunnel: Fields | undefined): void {
  if (!tunnel) return;
  const protocol = tunnel.string('protocol') ?? '';
  if (!['', 'CONNECT', 'POST'].includes(protocol))
    tunnel.note('protocol', 'unknown-value', { found: protocol, allowed: ['CONNECT', 'POST'] });
  const host = tunnel.string('targetHost') ?? '';
  if (host === '') tunnel.note(undefined, 'needs-field', { field: 'targetHost' });
  else if (!isFqdn(host) && !isIpAddress(host)) tunnel.note('targetHost', 'host-invalid', { host });
  const port = tunnel.integer('targetPort') ?? 0;
  if (!isPort(port)) tunnel.note('targetPort', 'port-invalid', { found: String(port) });
}

function readPortPolicy(fields: Fields, namespace: string, isWhole: boolean): PortTrafficPolicy {
  checkPolicyBlocks(fields, isWhole);
  const loadBalancer = fields.object('loadBalancer')?.oneOf('simple', LOAD_BALANCERS);
  return { tls: readClientTls(fields.object('tls'), namespace), loadBalancer };
}

const CONFIG_MAP = 'configmap://';

/** `configmap://namespace/name`, of the rule's own namespace. */
function isOwnConfigMap(credential: string, namespace: string): boolean {
  const [place, name, ...more] = credential.slice(CONFIG_MAP.length).split('/');
  return place === namespace && name !== undefined && name !== '' && more.length === 0;
}

function readClientTls(fields: Fields | undefined, namespace: string): ClientTlsSettings | undefined {
  if (!fields) return undefined;
  const stated = fields.oneOf('mode', CLIENT_TLS_MODES);
  const mode = stated ?? 'DISABLE';
  const credentialName = fields.string('credentialName') || undefined;
  const clientCertificate = fields.string('clientCertificate') || undefined;
  const privateKey = fields.string('privateKey') || undefined;
  const caCertificates = fields.string('caCertificates') || undefined;
  const subjectAltNames = fields.strings('subjectAltNames');
  const originates = mode === 'SIMPLE' || mode === 'MUTUAL';
  // pkg/config/validation/agent:ValidateTLS
  if (credentialName?.startsWith(CONFIG_MAP) && !isOwnConfigMap(credentialName, namespace))
    fields.note('credentialName', 'config-map-elsewhere', { found: credentialName });
  if (originates && credentialName && (clientCertificate || privateKey || caCertificates || fields.string('caCrl'))) {
    fields.note('credentialName', 'credential-name-with-files');
  } else if (mode === 'MUTUAL' && !credentialName) {
    if (!clientCertificate) fields.note(undefined, 'client-certificate-missing');
    if (!privateKey) fields.note(undefined, 'private-key-missing');
  }
  if (originates && fields.boolean('insecureSkipVerify')) {
    const useless = [
      caCertificates && 'caCertificates',
      subjectAltNames.length > 0 && 'subjectAltNames',
      mode === 'SIMPLE' && credentialName && 'credentialName',
    ];
    const first = useless.find(Boolean);
    if (first) fields.note('insecureSkipVerify', 'insecure-with-verification', { field: first });
  }
  return {
    mode,
    modeStated: stated !== undefined,
    credentialName,
    clientCertificate,
    privateKey,
    caCertificates,
    insecureSkipVerify: fields.boolean('insecureSkipVerify') ?? false,
    subjectAltNames,
    sni: fields.string('sni'),
  };
}
