// What comes of a connection: what the client sends against what the server takes.
import type { Endpoint } from '../mesh/endpoints';
import type { ClientTls } from './client-tls';
import type { WireBehaviour } from './inbound';

/**
 * `mtls` and `plaintext` work; `app-tls` works if the application itself speaks TLS; `fail` is refused or garbled;
 * `mtls-unknown` is Istio mTLS towards an address that no manifest describes; `unknown` depends on a fact that the
 * manifests do not show.
 */
export type Outcome = 'mtls' | 'plaintext' | 'app-tls' | 'fail' | 'mtls-unknown' | 'unknown';

/** Why a connection fails, with the ids of the failure signatures. */
export type FailureCode =
  /** Plaintext to a server that takes only mutual TLS. */
  | 'plaintext-refused'
  /** Istio mTLS to a port whose proxy does not end it. */
  | 'istio-mtls-to-disabled'
  /** Istio mTLS to a pod without sidecar. */
  | 'istio-mtls-to-no-sidecar'
  /** TLS of the application's kind to a port that takes only Istio's. */
  | 'tls-refused'
  /** The server shows another identity than the client's rule expects. */
  | 'identity-refused'
  /** HBONE to an endpoint where nobody takes it, or where a policy refuses the client. */
  | 'tunnel-refused';

/** What ztunnel lets through to an ambient workload's port. */
export interface AmbientBehaviour {
  /** PeerAuthentications refuse clients without identity; where false, AuthorizationPolicies still may. */
  readonly strict: boolean;
  /** A client with an identity. */
  readonly hbone: boolean;
  /** A client without identity. */
  readonly plaintext: boolean;
}

/** What a server at an endpoint takes; without either behaviour no proxy stands before the application. */
export interface ServerSide {
  readonly endpoint: Endpoint;
  readonly wire: WireBehaviour | undefined;
  readonly ambient?: AmbientBehaviour | undefined;
}

/** The outcome of sending `tls` to a server. */
export function outcomeOf(tls: ClientTls, server: ServerSide): Outcome {
  if (tls === 'HBONE' || tls === 'HBONE+SIMPLE' || tls === 'HBONE+MUTUAL') return tunnelOutcome(tls, server);
  const { wire, endpoint, ambient } = server;
  // a waypoint takes HBONE alone, and ztunnel ends no Istio mTLS
  if (endpoint.workload?.dataplane === 'waypoint') return 'fail';
  if (ambient && tls === 'ISTIO_MUTUAL') return 'fail';
  const plaintext = ambient ? ambient.plaintext : !wire || wire.plaintext;
  switch (tls) {
    case 'PLAINTEXT':
      return plaintext ? 'plaintext' : 'fail';
    case 'ISTIO_MUTUAL':
      if (wire) return wire.istio === 'terminated' ? 'mtls' : 'fail';
      return endpoint.workload ? 'fail' : 'mtls-unknown';
    case 'SIMPLE':
    case 'MUTUAL':
      return (wire ? wire.tls === 'forwarded' : plaintext) ? 'app-tls' : 'fail';
  }
}

function tunnelOutcome(tls: 'HBONE' | 'HBONE+SIMPLE' | 'HBONE+MUTUAL', { endpoint, ambient }: ServerSide): Outcome {
  if (!endpoint.workload) return 'mtls-unknown';
  // a proxy that listens for HBONE ends it whatever its policies say (plugin/authn:ForHBONE)
  const taken = ambient ? ambient.hbone : endpoint.workload.listensForHbone;
  if (!taken) return 'fail';
  return tls === 'HBONE' ? 'mtls' : 'app-tls';
}

/** The name of a failure; undefined for what does not fail. */
export function failureOf(tls: ClientTls, server: ServerSide): FailureCode | undefined {
  if (outcomeOf(tls, server) !== 'fail') return undefined;
  if (tls === 'PLAINTEXT') return 'plaintext-refused';
  if (tls === 'SIMPLE' || tls === 'MUTUAL') return 'tls-refused';
  if (tls !== 'ISTIO_MUTUAL') return 'tunnel-refused';
  const isSidecar = server.wire !== undefined && server.endpoint.workload?.dataplane !== 'gateway';
  return isSidecar ? 'istio-mtls-to-disabled' : 'istio-mtls-to-no-sidecar';
}
