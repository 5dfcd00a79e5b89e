// What a workload's port takes from the wire, given the mode of its policies.
// istiod: core/listener_inbound.go, core/filterchain_options.go:getFilterChainMatchOptions.
import { podPort, podPortForEntry } from '../mesh/endpoints';
import type { Mesh } from '../mesh/mesh';
import { namedProtocol, type ProtocolClass } from '../mesh/protocol';
import { sidecarFor } from '../mesh/scope';
import { listOrder, type MeshService, servicesOf } from '../mesh/service';
import type { Workload } from '../mesh/workload';
import type { ServerMode } from './server-mode';

export interface WireBehaviour {
  /** A plaintext client gets through. */
  readonly plaintext: boolean;
  /** Istio mTLS is ended by the proxy, handed to the application as it is, or refused. */
  readonly istio: 'terminated' | 'forwarded' | 'rejected';
  /** An application's own TLS. */
  readonly tls: 'forwarded' | 'rejected';
}

/** The behaviour of a captured port. Only HTTP ports mind TLS that they cannot end. */
export function wireBehaviour(mode: ServerMode, protocol: ProtocolClass): WireBehaviour {
  const foreign = protocol === 'http' ? 'rejected' : 'forwarded';
  switch (mode) {
    case 'STRICT':
      return { plaintext: false, istio: 'terminated', tls: 'rejected' };
    case 'PERMISSIVE':
      return { plaintext: true, istio: 'terminated', tls: foreign };
    case 'DISABLE':
      return { plaintext: true, istio: foreign, tls: foreign };
  }
}

/** A port that never reaches the proxy: every byte goes to the application. */
export const NOT_CAPTURED: WireBehaviour = { plaintext: true, istio: 'forwarded', tls: 'forwarded' };

/**
 * The protocols of a workload's ports: those that a listener or a Service names. Others are sniffed.
 * @param services with this workload behind them
 */
export function inboundProtocols(
  mesh: Mesh,
  workload: Workload,
  services: readonly MeshService[],
): ReadonlyMap<number, ProtocolClass> {
  const protocols = new Map<number, ProtocolClass>();
  const ingress = sidecarFor(mesh, workload.namespace, workload.labels)?.spec.ingress ?? [];
  if (ingress.length > 0) {
    for (const listener of ingress) protocols.set(listener.port, namedProtocol(listener.protocol));
    return protocols;
  }
  const datagrams = new Set<number>();
  for (const { object, ports } of services.flatMap((service) => ownServices(mesh, service)).sort(listOrder)) {
    if (!mesh.podsBehind(object).includes(workload)) continue;
    for (const { declared, protocol } of ports) {
      const number = 'port' in declared ? podPort(workload, declared) : podPortForEntry(workload, declared);
      if (number === undefined || protocols.has(number)) continue;
      // of several Services on one port the oldest decides; where it means UDP, TCP is not looked into
      if (protocol === 'udp') datagrams.add(number);
      else protocols.set(number, datagrams.has(number) ? 'tcp' : protocol);
    }
  }
  return protocols;
}

/** Each object of a host by itself: to its own pods one that clients pass over still says what its ports speak. */
function ownServices({ settings }: Mesh, service: MeshService): readonly MeshService[] {
  if (service.sources.length === 1) return [service];
  return service.sources.flatMap((source) => servicesOf(source, settings).filter(({ host }) => host === service.host));
}
