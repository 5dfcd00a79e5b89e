// What a gateway's pod takes on a port: the servers of the Gateways that select it say so, never a PeerAuthentication.
// istiod: model/gateway.go:mergeGateways and resolvePorts, core/gateway.go:buildGatewayListeners.
import type { Gateway } from '../manifest/kinds/gateway';
import { selects } from '../manifest/object';
import { podPort } from '../mesh/endpoints';
import type { Mesh } from '../mesh/mesh';
import { namedProtocol } from '../mesh/protocol';
import type { MeshService } from '../mesh/service';
import type { Workload } from '../mesh/workload';
import type { WireBehaviour } from './inbound';

/** One server of a Gateway, with its place in the list. */
export interface ListeningServer {
  readonly gateway: Gateway;
  readonly index: number;
  /** Undefined for a server without `tls`. */
  readonly tlsMode: string | undefined;
}

/** What listens on one port of a gateway's pod. */
export interface GatewayListener {
  readonly servers: readonly ListeningServer[];
  /** How requests are judged: as HTTP, as bare connections, or as either, where servers of both kinds share the port. */
  readonly layer: 'http' | 'tcp' | 'auto';
  readonly wire: WireBehaviour;
}

/**
 * The listener of a gateway's pod; undefined where no Gateway here has a server on the port.
 * @param services with this pod behind them
 * @param port the pod's
 */
export function gatewayListener(
  mesh: Mesh,
  workload: Workload,
  services: readonly MeshService[],
  port: number,
): GatewayListener | undefined {
  const numbers = portNumbers(workload, services, port);
  const found = mesh.gateways.flatMap((gateway) =>
    selects(gateway.spec.selector, workload.labels)
      ? gateway.spec.servers.flatMap((server, index) =>
          numbers.has(server.port) ? [{ gateway, index, server, tlsMode: server.tlsMode }] : [],
        )
      : [],
  );
  if (found.length === 0) return undefined;
  const modes = new Set(found.map(({ tlsMode }) => tlsMode));
  const endsIstio = modes.has('ISTIO_MUTUAL');
  const others = [...modes].some((mode) => mode !== 'ISTIO_MUTUAL');
  const layers = new Set(found.map(({ server }) => layerOf(server.protocol, server.tlsMode)));
  return {
    servers: found.map(({ gateway, index, tlsMode }) => ({ gateway, index, tlsMode })),
    layer: layers.size === 1 ? [...layers][0]! : 'auto',
    // where others share the port, the name that the client asks for chooses; applications may speak TLS by themselves
    wire: {
      plaintext: others,
      istio: endsIstio ? 'terminated' : 'rejected',
      tls: others ? 'forwarded' : 'rejected',
    },
  };
}

/** Servers name ports of the gateway's Services; a number that none of them has is the pod's own. */
function portNumbers(workload: Workload, services: readonly MeshService[], port: number): ReadonlySet<number> {
  const numbers = new Set<number>();
  let isTaken = false;
  for (const { ports } of services) {
    for (const each of ports) {
      const target = 'port' in each.declared ? podPort(workload, each.declared) : undefined;
      if (target === port) numbers.add(each.port);
      else if (each.port === port) isTaken = true;
    }
  }
  if (!isTaken) numbers.add(port);
  return numbers;
}

/** TLS that is handed on is not looked into. */
function layerOf(protocol: string, tlsMode: string | undefined): 'http' | 'tcp' {
  if (namedProtocol(protocol) === 'http') return 'http';
  const isEnded = tlsMode !== 'PASSTHROUGH' && tlsMode !== 'AUTO_PASSTHROUGH';
  return protocol.toUpperCase() === 'HTTPS' && isEnded ? 'http' : 'tcp';
}
