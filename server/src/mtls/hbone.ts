// Which endpoints take HBONE, ambient's tunnel, and what ambient clients and waypoints send.
// istiod: core/cluster_tls.go:applyHBONETransportSocketMatches, eds/endpoint_builder.go:supportTunnel; ztunnel itself.
import type { Endpoint } from '../mesh/endpoints';
import type { ClientDecision, ClientTls } from './client-tls';

const TUNNEL = 'networking.istio.io/tunnel';

/** True when meshed clients are told to use HBONE towards the endpoint, whether or not anybody answers there. */
export function supportsHbone(endpoint: Endpoint): boolean {
  const dataplane = endpoint.workload?.dataplane;
  return dataplane === 'ambient' || dataplane === 'waypoint' || endpoint.labels[TUNNEL] === 'http';
}

/** The decision of a client that prefers the tunnel: its own TLS, if it originates any, travels inside. */
export function throughTunnel(decision: ClientDecision): ClientDecision {
  const inner = decision.tls === 'SIMPLE' || decision.tls === 'MUTUAL' ? (`HBONE+${decision.tls}` as const) : 'HBONE';
  return { tls: inner, reason: { code: 'tunnel', inside: decision } };
}

/** What ztunnel sends for an ambient client: HBONE where it can, else what the application sends. Rules do not count. */
export function ztunnelSends(endpoint: Endpoint): ClientDecision {
  // a waypoint's own address is no destination that ztunnel tunnels to
  const tunnel = supportsHbone(endpoint) && endpoint.workload?.dataplane !== 'waypoint';
  return { tls: tunnel ? 'HBONE' : 'PLAINTEXT', reason: { code: tunnel ? 'ztunnel' : 'ztunnel-plaintext' } };
}

/** True for TLS inside the tunnel or the tunnel itself. */
export function isTunnel(tls: ClientTls): tls is 'HBONE' | 'HBONE+SIMPLE' | 'HBONE+MUTUAL' {
  return tls.startsWith('HBONE');
}
