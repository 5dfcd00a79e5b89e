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
  | 'tls-refused';

/** What a server at an endpoint takes; undefined behaviour means that no sidecar stands before the application. */
export interface ServerSide {
  readonly endpoint: Endpoint;
  readonly wire: WireBehaviour | undefined;
}

/** The outcome of sending `tls` to a server. */
export function outcomeOf(tls: ClientTls, server: ServerSide): Outcome {
  const { wire, endpoint } = server;
  switch (tls) {
    case 'PLAINTEXT':
      return !wire || wire.plaintext ? 'plaintext' : 'fail';
    case 'ISTIO_MUTUAL':
      if (wire) return wire.istio === 'terminated' ? 'mtls' : 'fail';
      return endpoint.workload ? 'fail' : 'mtls-unknown';
    case 'SIMPLE':
    case 'MUTUAL':
      return !wire || wire.tls === 'forwarded' ? 'app-tls' : 'fail';
  }
}

/** The name of a failure; undefined for what does not fail. */
export function failureOf(tls: ClientTls, server: ServerSide): FailureCode | undefined {
  if (outcomeOf(tls, server) !== 'fail') return undefined;
  if (tls === 'PLAINTEXT') return 'plaintext-refused';
  if (tls !== 'ISTIO_MUTUAL') return 'tls-refused';
  return server.wire ? 'istio-mtls-to-disabled' : 'istio-mtls-to-no-sidecar';
}
