// The TLS handshake of a connection: which identity each side shows, what the other side checks, and where it fails.
// istiod: core/cluster_tls.go:buildUpstreamTLSSettings, model/push_context.go:addServiceAccounts, plugin/authn/util.go.
import type { ClientTlsSettings, DestinationRule } from '../manifest/kinds/destination-rule';
import type { KubernetesObject } from '../manifest/object';
import type { Endpoint } from '../mesh/endpoints';
import type { MeshService } from '../mesh/service';
import type { MeshSettings } from '../mesh/settings';
import type { Workload } from '../mesh/workload';
import type { Path } from '../yaml/range';
import type { ClientDecision } from './client-tls';
import type { MutualTls, Send } from './mutual-tls';
import type { FailureCode } from './outcome';
import { ruleAt } from './rule-index';
import { type Identity, principal } from './ztunnel-authorization';

/** What one side shows. */
export type Certificate =
  | { readonly kind: 'none' }
  /** Of the mesh: an identity such as `spiffe://cluster.local/ns/shop/sa/web`. */
  | { readonly kind: 'mesh'; readonly identity: string }
  /** Mounted into the client's proxy. */
  | { readonly kind: 'file'; readonly name: string }
  /** A Secret that the proxy fetches. */
  | { readonly kind: 'secret'; readonly name: string }
  /** The application's own, or that of a server outside the mesh. */
  | { readonly kind: 'application' };

/** Where the names come from that a client takes a server's certificate for. */
export type NamesFrom =
  /** The service accounts of all endpoints of the service, and what its objects add. */
  | 'service-accounts'
  /** `subjectAltNames` of the client's rule, which replaces every other list. */
  | 'rule'
  /** The pod that ztunnel was told to reach. */
  | 'workload'
  /** The host that the client asks for. */
  | 'host'
  /** Nothing is known of the servers, or a rule skips the check: any name will do. */
  | 'nothing';

/** What one side checks of the other's certificate. */
export interface Verification {
  /** Who has to have signed it. */
  readonly root: 'mesh' | 'file' | 'secret' | 'system' | 'nothing';
  /** Of the mesh: the trust domains that are taken; empty where names are compared instead. */
  readonly trustDomains: readonly string[];
  readonly names: readonly string[];
  readonly namesFrom: NamesFrom;
  /** The object and field that gave the names. */
  readonly object: KubernetesObject | undefined;
  readonly path: Path | undefined;
}

/** The step at which a handshake stops. */
export type HandshakeStep =
  /** Nobody answers the client's first message in TLS. */
  | 'hello'
  /** The client does not take the server's certificate: its authority. */
  | 'server-certificate'
  /** The client does not take the server's certificate: its name. */
  | 'server-name'
  /** A policy closes the connection after the handshake of the tunnel. */
  | 'policy';

export interface Handshake {
  readonly endpoint: Endpoint;
  /** `istio`: mutual TLS between sidecars; `hbone`: ambient's tunnel; `tls`: what a rule asks for. */
  readonly kind: 'istio' | 'hbone' | 'tls';
  readonly client: Certificate;
  readonly server: Certificate;
  readonly clientVerifies: Verification;
  /** Undefined where the server asks for no certificate that we know of. */
  readonly serverVerifies: Verification | undefined;
  readonly failsAt: HandshakeStep | undefined;
}

/** Who a workload is to others. */
export function identityOf(
  { trustDomain }: MeshSettings,
  { namespace, serviceAccount }: Pick<Workload, 'namespace' | 'serviceAccount'>,
): Identity {
  return { trustDomain, namespace, serviceAccount };
}

/** `spiffe://cluster.local/ns/shop/sa/web` */
export function spiffe(identity: Identity): string {
  return `spiffe://${principal(identity)}`;
}

/** What AuthorizationPolicies call a workload: its SPIFFE id without `spiffe://`. */
export function principalOf(settings: MeshSettings, workload: Pick<Workload, 'namespace' | 'serviceAccount'>): string {
  return principal(identityOf(settings, workload));
}

/** True when the names that a rule lists leave out the server, so that a handshake that is otherwise good fails. */
export function isServerRefused(mtls: MutualTls, send: Send, decision: ClientDecision, endpoint: Endpoint): boolean {
  const block = blockOf(send, decision);
  if (decision.tls !== 'ISTIO_MUTUAL' || !block || block.settings.subjectAltNames.length === 0) return false;
  const { serviceAccount, namespace } = endpoint;
  if (serviceAccount === undefined) return false;
  const shown = spiffe(identityOf(mtls.mesh.settings, { namespace, serviceAccount }));
  return !block.settings.subjectAltNames.includes(shown);
}

/**
 * The handshake with one endpoint; undefined where the client starts none.
 * @param failure of the connection, where it fails
 */
export function handshakeWith(
  mtls: MutualTls,
  client: Workload,
  send: Send,
  { endpoint, decision, failure }: { endpoint: Endpoint; decision: ClientDecision; failure: FailureCode | undefined },
): Handshake | undefined {
  const { settings } = mtls.mesh;
  const own: Certificate = { kind: 'mesh', identity: spiffe(identityOf(settings, client)) };
  const byMesh: Verification = { ...ANYBODY, root: 'mesh', trustDomains: trustedDomains(settings) };
  switch (decision.tls) {
    case 'PLAINTEXT':
      return undefined;
    case 'ISTIO_MUTUAL':
      return {
        ...{ endpoint, kind: 'istio', client: own, server: serverCertificate(settings, endpoint, failure) },
        ...{ clientVerifies: namesChecked(mtls, send, decision), serverVerifies: byMesh },
        failsAt: failure && (failure === 'identity-refused' ? 'server-name' : 'hello'),
      };
    case 'SIMPLE':
    case 'MUTUAL':
      return originated(mtls, send, decision, endpoint, failure);
    default: {
      const server = serverCertificate(settings, endpoint, undefined);
      const names = client.dataplane === 'ambient' && server.kind === 'mesh' ? [server.identity] : [];
      const namesFrom = names.length > 0 ? 'workload' : 'nothing';
      const answers = endpoint.workload === undefined || endpoint.workload.listensForHbone;
      return {
        ...{ endpoint, kind: 'hbone', client: own, server, serverVerifies: byMesh },
        clientVerifies: { ...byMesh, names, namesFrom },
        failsAt: failure && (answers ? 'policy' : 'hello'),
      };
    }
  }
}

const ANYBODY: Verification = {
  ...{ root: 'nothing', trustDomains: [], names: [], namesFrom: 'nothing' },
  ...{ object: undefined, path: undefined },
};

/** TLS that a rule asks for, towards the application or a server outside the mesh. */
function originated(
  mtls: MutualTls,
  send: Send,
  decision: ClientDecision,
  endpoint: Endpoint,
  failure: FailureCode | undefined,
): Handshake {
  const block = blockOf(send, decision);
  const settings = block?.settings;
  const credential = settings?.credentialName;
  const file = settings?.clientCertificate;
  const client: Certificate =
    decision.tls === 'SIMPLE'
      ? { kind: 'none' }
      : credential !== undefined
        ? { kind: 'secret', name: credential }
        : { kind: 'file', name: file ?? '' };
  const accepts = endpoint.workload && mtls.accepts(endpoint.workload, endpoint.port);
  // a port that takes only Istio's TLS answers with the sidecar's certificate
  const bySidecar = accepts?.captured === true && accepts.mode.mode === 'STRICT';
  const skips = settings?.insecureSkipVerify === true;
  const names = settings?.subjectAltNames ?? [];
  const root = skips ? 'nothing' : credential !== undefined ? 'secret' : settings?.caCertificates ? 'file' : 'system';
  const namesFrom = skips ? 'nothing' : names.length > 0 ? 'rule' : 'host';
  const path = block && (names.length > 0 ? [...block.path, 'subjectAltNames'] : block.path);
  return {
    ...{ endpoint, kind: 'tls', client },
    server: bySidecar ? serverCertificate(mtls.mesh.settings, endpoint, undefined) : { kind: 'application' },
    clientVerifies: { root, trustDomains: [], names, namesFrom, object: block?.object, path },
    serverVerifies: bySidecar
      ? { ...ANYBODY, root: 'mesh', trustDomains: trustedDomains(mtls.mesh.settings) }
      : undefined,
    failsAt: failure && (bySidecar ? 'server-certificate' : 'hello'),
  };
}

function serverCertificate(settings: MeshSettings, endpoint: Endpoint, failure: FailureCode | undefined): Certificate {
  if (failure === 'istio-mtls-to-no-sidecar' || failure === 'istio-mtls-to-disabled') return { kind: 'none' };
  const { serviceAccount, namespace } = endpoint;
  if (serviceAccount === undefined) return { kind: 'application' };
  return { kind: 'mesh', identity: spiffe(identityOf(settings, { namespace, serviceAccount })) };
}

/** Whose certificates of the mesh are taken by its servers. */
function trustedDomains(settings: MeshSettings): string[] {
  return [...new Set([settings.trustDomain, ...settings.trustDomainAliases, ...settings.certificateTrustDomains])];
}

function namesChecked(mtls: MutualTls, send: Send, decision: ClientDecision): Verification {
  const base: Verification = { ...ANYBODY, root: 'mesh' };
  const { settings } = mtls.mesh;
  const block = blockOf(send, decision);
  if (block && block.settings.subjectAltNames.length > 0) {
    const names = block.settings.subjectAltNames;
    return { ...base, names, namesFrom: 'rule', object: block.object, path: [...block.path, 'subjectAltNames'] };
  }
  const names = withAliases(settings, serviceNames(mtls, send.service));
  if (names.length === 0) return base;
  return { ...base, names, namesFrom: 'service-accounts', object: send.service.object };
}

/** The identities behind a service: of all endpoints of all its ports, and those that its objects name. */
function serviceNames(mtls: MutualTls, service: MeshService): string[] {
  const { settings } = mtls.mesh;
  const accounts = service.ports
    .filter(({ protocol }) => protocol !== 'udp')
    .flatMap((port) => mtls.endpoints(service, port))
    .flatMap(({ serviceAccount, namespace }) =>
      serviceAccount === undefined ? [] : [spiffe(identityOf(settings, { namespace, serviceAccount }))],
    );
  const stated = service.sources.flatMap((source): readonly string[] => {
    if (source.kind === 'ServiceEntry') return source.spec.subjectAltNames;
    const list = (name: string): string[] =>
      (source.metadata.annotations[`alpha.istio.io/${name}`] ?? '').split(',').filter((text) => text !== '');
    const { namespace } = source.metadata;
    const own = list('kubernetes-serviceaccounts').map((serviceAccount) =>
      spiffe(identityOf(settings, { namespace, serviceAccount })),
    );
    return [...list('canonical-serviceaccounts').map((name) => `spiffe://${name}`), ...own];
  });
  return [...new Set([...accounts, ...stated])];
}

/** pkg/spiffe:ExpandWithTrustDomains: an identity of the mesh, or of an alias, stands for all of them. */
function withAliases(settings: MeshSettings, names: readonly string[]): string[] {
  const domains = [settings.trustDomain, ...settings.trustDomainAliases];
  const expanded = names.flatMap((name) => {
    const [, domain, rest] = /^spiffe:\/\/([^/]+)(\/.*)$/.exec(name) ?? [];
    if (domain === undefined || !domains.includes(domain)) return [name];
    return [name, ...domains.map((other) => `spiffe://${other}${rest}`)];
  });
  return [...new Set(expanded)];
}

/** The `tls` block that decided, where a rule has one. */
function blockOf(
  { rule, subset }: Send,
  { reason }: ClientDecision,
): { settings: ClientTlsSettings; object: DestinationRule; path: Path } | undefined {
  const inner = reason.code === 'tunnel' ? reason.inside.reason : reason;
  if (!rule || inner.code !== 'rule') return undefined;
  const object = ruleAt(rule, inner.path, subset);
  const found = inner.path.reduce<unknown>(
    (value, step) => (value as Readonly<Record<string | number, unknown>> | undefined)?.[step],
    object,
  );
  return found === undefined ? undefined : { settings: found as ClientTlsSettings, object, path: inner.path };
}
