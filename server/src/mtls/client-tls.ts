// What a client sends to each endpoint of a service's port. The decision falls in two places that do not always agree:
// the cluster (CDS) says whether there is a TLS socket, the endpoint list (EDS) whether it is used for an address.
import type { ClientTlsSettings, PortTrafficPolicy, Subset, TrafficPolicy } from '../manifest/kinds/destination-rule';
import type { Endpoint } from '../mesh/endpoints';
import type { MeshService } from '../mesh/service';
import type { Path } from '../yaml/range';
import { supportsHbone, throughTunnel } from './hbone';
import type { MergedRule } from './rule-index';
import type { ModeDecision } from './server-mode';

/** `HBONE` is ambient's tunnel; `HBONE+SIMPLE` is a rule's TLS inside it. */
export type ClientTls = 'PLAINTEXT' | 'ISTIO_MUTUAL' | 'SIMPLE' | 'MUTUAL' | 'HBONE' | 'HBONE+SIMPLE' | 'HBONE+MUTUAL';

/** What sends: a sidecar, a gateway's proxy or a waypoint's, or a gRPC library that istiod configures. */
export type ProxyKind = 'sidecar' | 'gateway' | 'waypoint' | 'proxyless';

/** Why a client sends what it sends, as data. */
export type ClientReason =
  /** A rule's `tls` block says so. */
  | { readonly code: 'rule'; readonly path: Path; readonly modeStated: boolean }
  /** The rule asks for TLS, but a sidecar does not build it. */
  | { readonly code: 'credential-name-ignored' | 'certificate-missing'; readonly path: Path }
  /** Nothing asks for TLS and auto mTLS is not offered. */
  | { readonly code: 'external' | 'auto-mtls-off' }
  | { readonly code: 'namespace-disabled'; readonly by: ModeDecision }
  /** All or nothing: clients pick the address themselves, and one address takes no mTLS, or there is none. */
  | { readonly code: 'passthrough-without-endpoints' }
  | { readonly code: 'passthrough-mixed'; readonly endpoint: Endpoint }
  | { readonly code: 'passthrough-all' }
  /** Auto mTLS, address by address. */
  | { readonly code: 'auto-mtls' }
  | { readonly code: 'endpoint-takes-no-mtls' }
  | { readonly code: 'endpoint-disabled'; readonly by: ModeDecision }
  /** A port item without `tls` hid the outer block from the cluster, but not from the endpoints. */
  | { readonly code: 'hidden-block'; readonly path: Path }
  /** The endpoint takes HBONE, which goes before everything else. */
  | { readonly code: 'tunnel'; readonly inside: ClientDecision }
  /** ztunnel sends for an ambient client, and reads no rules. */
  | { readonly code: 'ztunnel' | 'ztunnel-plaintext' }
  /** A waypoint makes no Istio mTLS of its own. */
  | { readonly code: 'waypoint-plaintext' }
  /** A gRPC library encrypts only where a rule says ISTIO_MUTUAL. */
  | { readonly code: 'proxyless-plaintext' };

export interface ClientDecision {
  readonly tls: ClientTls;
  readonly reason: ClientReason;
}

interface Found<T> {
  readonly value: T;
  readonly path: Path;
}

/** core/cluster_traffic_policy + nutil/util.go:GetPortLevelTrafficPolicy: a port item replaces the policy whole. */
function atPort(
  policy: TrafficPolicy | undefined,
  path: Path,
  port: number,
): Found<PortTrafficPolicy | undefined> & { isPort: boolean } {
  const index = policy?.portLevelSettings.findIndex((item) => item.port === port) ?? -1;
  return index < 0
    ? { value: policy, path, isPort: false }
    : { value: policy!.portLevelSettings[index], path: [...path, 'portLevelSettings', index], isPort: true };
}

/** The policy of a cluster, field by field (model/destination_rule.go:MergeTrafficPolicy). */
function clusterField<K extends keyof PortTrafficPolicy>(
  rule: MergedRule,
  subset: SubsetAt | undefined,
  port: number,
  field: K,
): Found<PortTrafficPolicy[K]> {
  const base = atPort(rule.trafficPolicy, ['spec', 'trafficPolicy'], port);
  const outer = { value: base.value?.[field], path: [...base.path, field] };
  if (!subset?.subset.trafficPolicy) return outer as Found<PortTrafficPolicy[K]>;
  const inner = atPort(subset.subset.trafficPolicy, subset.path, port);
  const own = { value: inner.value?.[field], path: [...inner.path, field] };
  return (own.value !== undefined || inner.isPort || !base.value ? own : outer) as Found<PortTrafficPolicy[K]>;
}

interface SubsetAt {
  readonly subset: Subset;
  /** Of its traffic policy, from the rule's root. */
  readonly path: Path;
}

function subsetAt(rule: MergedRule, name: string | undefined): SubsetAt | undefined {
  const found = name === undefined ? undefined : rule.subsets.find(({ subset }) => subset.name === name);
  return (
    found && {
      subset: found.subset,
      path: ['spec', 'subsets', found.from.spec.subsets.indexOf(found.subset), 'trafficPolicy'],
    }
  );
}

/** eds/mtls_checker.go:trafficPolicyTLSModeForPort: here a port item counts only if it has a `tls` of its own. */
function endpointBlock(
  policy: TrafficPolicy | undefined,
  path: Path,
  port: number,
): Found<ClientTlsSettings> | undefined {
  const index = policy?.portLevelSettings.findIndex((item) => item.port === port && item.tls) ?? -1;
  if (index >= 0)
    return { value: policy!.portLevelSettings[index]!.tls!, path: [...path, 'portLevelSettings', index, 'tls'] };
  return policy?.tls && { value: policy.tls, path: [...path, 'tls'] };
}

/** A cluster of a client: one port of a service, whole or one subset of it. */
export interface ClusterInput {
  readonly service: MeshService;
  readonly port: number;
  readonly subset: string | undefined;
  readonly rule: MergedRule | undefined;
  readonly proxy: ProxyKind;
  readonly autoMtls: boolean;
  /** istiod tells meshed clients to use HBONE where an endpoint takes it. */
  readonly ambient: boolean;
  /** The hint of the service's namespace, if a policy gives one. */
  readonly namespaceMode: ModeDecision | undefined;
  /** Every endpoint of the port, whatever the subset. */
  readonly endpoints: readonly Endpoint[];
  /** The server's mode at an endpoint. */
  modeAt(endpoint: Endpoint): ModeDecision;
}

export type Discovery = 'EDS' | 'ORIGINAL_DST' | 'STRICT_DNS' | 'LOGICAL_DNS' | 'DYNAMIC_DNS';

export interface Cluster {
  readonly discovery: Discovery;
  /** The one decision for every address, where there is one. */
  readonly whole: ClientDecision | undefined;
  at(endpoint: Endpoint): ClientDecision;
}

const DISCOVERY = {
  'client-side': 'EDS',
  passthrough: 'ORIGINAL_DST',
  dns: 'STRICT_DNS',
  'dns-round-robin': 'LOGICAL_DNS',
  'dynamic-dns': 'DYNAMIC_DNS',
  alias: 'EDS',
} as const;

/** Decides one cluster (core/cluster_tls.go:buildUpstreamTLSSettings, eds/mtls_checker.go). */
export function decideCluster(input: ClusterInput): Cluster {
  const { rule, service, port, proxy } = input;
  const subset = rule && subsetAt(rule, input.subset);
  const natural = service.resolution === 'passthrough' && proxy !== 'sidecar' ? 'EDS' : DISCOVERY[service.resolution];
  const discovery = rule && isPassthrough(rule, subset, port) ? 'ORIGINAL_DST' : natural;
  const block = rule && clusterField(rule, subset, port, 'tls');
  const stated = block?.value && fromBlock(block as Found<ClientTlsSettings>, rule, proxy);
  if (proxy === 'waypoint') return waypointCluster(discovery, stated);
  if (proxy === 'proxyless') return proxylessCluster(discovery, stated);
  const whole =
    stated ?? withoutAutoMtls(input, subset) ?? (discovery === 'ORIGINAL_DST' ? PASSTHROUGH_ALL : undefined);
  const hidden = rule && hiddenBlock(rule, subset, input.subset, port);
  const at = (endpoint: Endpoint): ClientDecision => whole ?? autoMtls(endpoint, hidden, input);
  if (!input.ambient || discovery === 'ORIGINAL_DST') return { discovery, whole, at };
  const tunnels = (endpoint: Endpoint): boolean => supportsHbone(endpoint) && endpoint.tlsMode !== 'istio';
  const one = input.endpoints.some(tunnels) ? undefined : whole;
  return { discovery, whole: one, at: (endpoint) => (tunnels(endpoint) ? throughTunnel(at(endpoint)) : at(endpoint)) };
}

const PASSTHROUGH_ALL: ClientDecision = { tls: 'ISTIO_MUTUAL', reason: { code: 'passthrough-all' } };

/** core/cluster_waypoint.go:buildWaypointTLSContext: only SIMPLE and MUTUAL count, and HBONE goes to all that take it. */
function waypointCluster(discovery: Discovery, stated: ClientDecision | undefined): Cluster {
  const own = stated?.tls === 'SIMPLE' || stated?.tls === 'MUTUAL' ? stated : undefined;
  const plain: ClientDecision = own ?? { tls: 'PLAINTEXT', reason: { code: 'waypoint-plaintext' } };
  return { discovery, whole: undefined, at: (endpoint) => (supportsHbone(endpoint) ? throughTunnel(plain) : plain) };
}

/** grpcgen/cds.go:applyTLS: auto mTLS, SIMPLE and MUTUAL are not there. */
function proxylessCluster(discovery: Discovery, stated: ClientDecision | undefined): Cluster {
  const plain: ClientDecision = { tls: 'PLAINTEXT', reason: { code: 'proxyless-plaintext' } };
  const whole =
    stated?.tls === 'ISTIO_MUTUAL' || (stated?.reason.code === 'rule' && stated.tls === 'PLAINTEXT') ? stated : plain;
  return { discovery, whole, at: () => whole };
}

/**
 * Whether a rule makes a cluster ORIGINAL_DST. A subset's cluster starts from the type of the whole port's, so that it
 * cannot take PASSTHROUGH back, and its own top level counts even under a port item (core/cluster_builder.go:buildSubsetCluster).
 */
function isPassthrough(rule: MergedRule, subset: SubsetAt | undefined, port: number): boolean {
  const policies = [
    clusterField(rule, undefined, port, 'loadBalancer').value,
    subset?.subset.trafficPolicy?.loadBalancer,
  ];
  if (subset) policies.push(clusterField(rule, subset, port, 'loadBalancer').value);
  return policies.includes('PASSTHROUGH');
}

/** A `tls` block that the cluster sees holds for every address: sidecar or not, whatever the policies say. */
function fromBlock(block: Found<ClientTlsSettings>, rule: MergedRule | undefined, proxy: ProxyKind): ClientDecision {
  const { value: settings, path } = block;
  const originates = settings.mode === 'SIMPLE' || settings.mode === 'MUTUAL';
  // core/cluster_tls.go:buildUpstreamClusterTLSContext: without selector, credentialName is for gateways
  const secret = settings.credentialName !== undefined && !settings.credentialName.startsWith('configmap://');
  if (originates && secret && proxy === 'sidecar' && !rule?.selector) {
    return { tls: 'PLAINTEXT', reason: { code: 'credential-name-ignored', path } };
  }
  if (settings.mode === 'MUTUAL' && !settings.credentialName && !(settings.clientCertificate && settings.privateKey)) {
    return { tls: 'PLAINTEXT', reason: { code: 'certificate-missing', path } };
  }
  const reason: ClientReason = { code: 'rule', path, modeStated: settings.modeStated };
  return { tls: settings.mode === 'DISABLE' ? 'PLAINTEXT' : settings.mode, reason };
}

/** The reasons not to offer mutual TLS at all (model/push_context.go:BestEffortInferServiceMTLSMode). */
function withoutAutoMtls(input: ClusterInput, subset: SubsetAt | undefined): ClientDecision | undefined {
  const plain = (reason: ClientReason): ClientDecision => ({ tls: 'PLAINTEXT', reason });
  const { service, rule, endpoints } = input;
  if (service.external) return plain({ code: 'external' });
  if (!input.autoMtls) return plain({ code: 'auto-mtls-off' });
  // istiod looks at the raw policy here: the rule's top level, or the subset's own
  const raw = input.subset === undefined ? rule?.trafficPolicy : subset?.subset.trafficPolicy;
  if (service.resolution === 'passthrough' || raw?.loadBalancer === 'PASSTHROUGH') {
    if (endpoints.length === 0) return plain({ code: 'passthrough-without-endpoints' });
    const unable = endpoints.find((endpoint) => endpoint.tlsMode === 'disabled');
    if (unable) return plain({ code: 'passthrough-mixed', endpoint: unable });
  }
  const hint = input.namespaceMode;
  return hint?.mode === 'DISABLE' ? plain({ code: 'namespace-disabled', by: hint }) : undefined;
}

/** The block that only the endpoints see, if any (eds/mtls_checker.go:tlsModeForDestinationRule). */
function hiddenBlock(
  rule: MergedRule,
  subset: SubsetAt | undefined,
  name: string | undefined,
  port: number,
): Found<ClientTlsSettings> | undefined {
  const own = () => endpointBlock(rule.trafficPolicy, ['spec', 'trafficPolicy'], port);
  if (name === undefined) return own();
  return subset && (endpointBlock(subset.subset.trafficPolicy, subset.path, port) ?? own());
}

function autoMtls(
  endpoint: Endpoint,
  hidden: Found<ClientTlsSettings> | undefined,
  input: ClusterInput,
): ClientDecision {
  if (hidden) {
    const sends = hidden.value.mode === 'ISTIO_MUTUAL' && endpoint.tlsMode === 'istio';
    return { tls: sends ? 'ISTIO_MUTUAL' : 'PLAINTEXT', reason: { code: 'hidden-block', path: hidden.path } };
  }
  if (endpoint.tlsMode !== 'istio') return { tls: 'PLAINTEXT', reason: { code: 'endpoint-takes-no-mtls' } };
  const by = input.modeAt(endpoint);
  if (by.mode === 'DISABLE') return { tls: 'PLAINTEXT', reason: { code: 'endpoint-disabled', by } };
  return { tls: 'ISTIO_MUTUAL', reason: { code: 'auto-mtls' } };
}
