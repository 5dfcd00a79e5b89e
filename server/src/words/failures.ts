// What happens on the wire when a connection fails, and what a user sees of it; wording varies between proxy versions.
import type { Dataplane } from '../mesh/injection';
import type { MeshPort } from '../mesh/service';
import type { FailureCode } from '../mtls/outcome';
import type { ServerMode } from '../mtls/server-mode';

/**
 * What happens on the wire.
 * @param server what stands before the application
 * @param mode what the policies ask of a sidecar there
 */
export function failureWords(code: FailureCode, server?: Dataplane, mode?: ServerMode): string {
  if (server === 'waypoint') return 'a waypoint takes HBONE only';
  if (server === 'ambient' && code === 'plaintext-refused')
    return 'ztunnel at the server closes a connection without identity';
  if (server === 'ambient' && code !== 'identity-refused')
    return code === 'tunnel-refused'
      ? 'ztunnel at the server closes the tunnel: a policy refuses the client'
      : 'ztunnel ends no TLS but its own tunnel, and the application cannot read this one';
  if (server === 'gateway' && code === 'istio-mtls-to-no-sidecar')
    return "no server of a Gateway ends Istio's mTLS on this port";
  if (server === 'gateway' && code === 'tls-refused') return "the gateway takes no TLS but Istio's on this port";
  switch (code) {
    case 'plaintext-refused':
      return 'the server takes only mTLS and closes a plaintext connection';
    case 'istio-mtls-to-disabled':
      return "mTLS is disabled on the server's port, which cannot read what the client sends";
    case 'istio-mtls-to-no-sidecar':
      return 'the server has no sidecar to end mTLS, and the application cannot read it';
    case 'identity-refused':
      return "the server shows an identity that is not in the rule's `subjectAltNames`, and the client hangs up";
    case 'tunnel-refused':
      return 'nobody takes HBONE at the server, or a policy there refuses the client';
    case 'tls-refused':
      return mode === 'DISABLE'
        ? "mTLS is disabled on the server's port, and its sidecar awaits HTTP in plaintext there"
        : "the server's sidecar takes no TLS but Istio's on this port";
  }
}

/** How applications on a port speak, as far as a message to their users depends on it. */
export type Speech = 'http' | 'grpc' | 'tcp';

/** What is spoken on a port; both where the proxy finds out from the first bytes. */
export function speechOf({ protocol, declared, name }: MeshPort): readonly Speech[] {
  if (protocol === 'tcp') return ['tcp'];
  if (protocol === 'auto' || protocol === 'udp') return ['http', 'tcp'];
  const stated = 'port' in declared ? (declared.appProtocol ?? name) : declared.protocol;
  return /^grpc(-|$)/i.test(stated) && !/^grpc-web/i.test(stated) ? ['grpc'] : ['http'];
}

type Seen = Readonly<Record<Speech, string>>;

const UPSTREAM = '503 upstream connect error or disconnect/reset before headers. reset reason:';
const WRONG_VERSION: Seen = {
  http: `${UPSTREAM} remote connection failure, transport failure reason: TLS_error:…WRONG_VERSION_NUMBER`,
  grpc: 'UNAVAILABLE (14): upstream connect error … TLS_error:…WRONG_VERSION_NUMBER',
  tcp: 'garbage or a hang: the application gets the first message of a TLS handshake',
};
const UNVERIFIED: Seen = {
  http: `${UPSTREAM} remote connection failure, transport failure reason: TLS_error:…CERTIFICATE_VERIFY_FAILED`,
  grpc: 'UNAVAILABLE (14): upstream connect error … CERTIFICATE_VERIFY_FAILED',
  tcp: "connection closed; the client's proxy logs CERTIFICATE_VERIFY_FAILED",
};
const CLOSED: Seen = {
  http: `${UPSTREAM} connection termination`,
  grpc: 'UNAVAILABLE (14): upstream connect error or disconnect/reset before headers. reset reason: connection termination',
  tcp: 'connection closed',
};
const RESET: Seen = {
  http: 'connection reset by peer (curl: (56) Recv failure: Connection reset by peer)',
  grpc: 'UNAVAILABLE (14): connection reset by peer',
  tcp: 'connection reset by peer',
};

/** What a user sees of a failure; the server's kind of port decides how a proxy puts it. */
export function typicallySeen(
  code: FailureCode,
  { hasProxy, strict, speech }: { readonly hasProxy: boolean; readonly strict: boolean; readonly speech: Speech },
): string {
  switch (code) {
    case 'plaintext-refused':
      return (hasProxy ? CLOSED : RESET)[speech];
    case 'istio-mtls-to-disabled':
    case 'istio-mtls-to-no-sidecar':
      return WRONG_VERSION[speech];
    case 'identity-refused':
      return UNVERIFIED[speech];
    case 'tunnel-refused':
      return hasProxy ? CLOSED[speech] : 'connection closed by peer; ztunnel logs why';
    case 'tls-refused':
      return strict ? UNVERIFIED[speech] : CLOSED[speech];
  }
}

const DENIED: Seen = {
  http: '403 RBAC: access denied',
  grpc: 'PERMISSION_DENIED (7): RBAC: access denied',
  tcp: "connection closed; the server's proxy logs rbac_access_denied_matched_policy",
};

/** What a user sees of a request that AuthorizationPolicies refuse. */
export function deniedSeen(speech: Speech): string {
  return DENIED[speech];
}

/** What a user sees where the client's own sidecar answers for an unknown host. */
export function blockedSeen(speech: Speech): string {
  return speech === 'http' ? '502 Bad Gateway' : speech === 'grpc' ? 'UNAVAILABLE (14)' : 'connection closed';
}
