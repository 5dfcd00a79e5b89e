// Ways to a pod that no Service name leads: its own address, a node's port, a load balancer. And what an application's
// own TLS comes to inside of what the sidecars do.
import type { Endpoint } from '../mesh/endpoints';
import type { ProtocolClass } from '../mesh/protocol';
import type { MeshPort, MeshService } from '../mesh/service';
import { tlsModeOf, type Workload } from '../mesh/workload';
import { outboundCapture } from './capture';
import type { ClientTls } from './client-tls';
import type { MutualTls } from './mutual-tls';
import { type FailureCode, failureOf, type Outcome, outcomeOf, type ServerSide } from './outcome';

/** What comes of calling a pod by its own address. */
export interface DirectAnswer {
  /**
   * `cluster`: the pod's address belongs to a headless Service that the client knows, whose cluster is used.
   * `passthrough`: the client's sidecar knows no such address and sends what the application sends.
   */
  readonly route: 'cluster' | 'passthrough' | 'blocked' | 'no-sidecar' | 'excluded' | 'ztunnel' | 'unknown';
  /** The headless Service, where there is one. */
  readonly service: MeshService | undefined;
  readonly tls: ClientTls | undefined;
  readonly outcome: Outcome | 'blocked';
  readonly failure: FailureCode | undefined;
}

/**
 * A client that calls `http://POD-IP:port`. Addresses of a headless Service's pods have listeners of their own; any
 * other goes to PassthroughCluster (core/listener_builder.go:buildVirtualOutboundListener). On an HTTP port that some
 * Service shares, a `Host` header that names it leads the request to that Service instead.
 */
export function callByAddress(mtls: MutualTls, client: Workload, server: Workload, port: number): DirectAnswer {
  const endpoint = podEndpoint(server, port);
  const at = sideOf(mtls, endpoint);
  const raw = (route: DirectAnswer['route']): DirectAnswer => {
    const unknown = route === 'unknown' || server.dataplane === 'unknown';
    const outcome: Outcome = unknown ? 'unknown' : outcomeOf('PLAINTEXT', at);
    const failure = unknown ? undefined : failureOf('PLAINTEXT', at);
    return { route, service: undefined, tls: 'PLAINTEXT', outcome, failure };
  };
  switch (client.dataplane) {
    case 'unknown':
      return raw('unknown');
    case 'ambient': {
      const tls = server.dataplane === 'ambient' || server.listensForHbone ? 'HBONE' : 'PLAINTEXT';
      const base = { route: 'ztunnel', service: undefined, tls } as const;
      if (server.dataplane === 'unknown') return { ...base, outcome: 'unknown', failure: undefined };
      return { ...base, outcome: outcomeOf(tls, at), failure: failureOf(tls, at) };
    }
    case 'sidecar':
      return fromSidecar(mtls, client, endpoint, raw);
    default:
      return raw('no-sidecar');
  }
}

function fromSidecar(
  mtls: MutualTls,
  client: Workload,
  endpoint: Endpoint,
  raw: (route: DirectAnswer['route']) => DirectAnswer,
): DirectAnswer {
  const scope = mtls.mesh.scopeOf(client);
  for (const { service, ports } of scope.services.values()) {
    if (service.resolution !== 'passthrough' || service.external) continue;
    const { captured } = outboundCapture(client, service, endpoint.port);
    if (captured !== true) continue;
    for (const port of ports) {
      // the listener has the Service's port, the pod its own: only where they are one does an address lead here
      if (port.port !== endpoint.port || port.protocol === 'udp') continue;
      const send = mtls.sendsTo(client, { service, ports }, port).find(({ subset }) => subset === undefined);
      const found = send?.endpoints.find((each) => each.endpoint.workload === endpoint.workload);
      if (!found) continue;
      const failure = failureOf(found.decision.tls, sideOf(mtls, found.endpoint));
      return { route: 'cluster', service, tls: found.decision.tls, outcome: found.outcome, failure };
    }
  }
  const own = mtls.mesh.services.find((service) =>
    service.ports.some((port) => mtls.endpoints(service, port).some((each) => each.workload === endpoint.workload)),
  );
  const capture = own ? outboundCapture(client, own, endpoint.port).captured : true;
  if (capture === false) return raw('excluded');
  if (capture === 'unknown') return raw('unknown');
  const policy = scope.sidecar?.spec.outboundTrafficPolicy ?? mtls.mesh.settings.outboundTrafficPolicy;
  if (policy === 'REGISTRY_ONLY')
    return { route: 'blocked', service: undefined, tls: undefined, outcome: 'blocked', failure: undefined };
  return raw('passthrough');
}

function podEndpoint(workload: Workload, port: number): Endpoint {
  const { namespace, labels, serviceAccount } = workload;
  return {
    ...{ workload, port, namespace, labels, serviceAccount },
    ...{ address: undefined, entry: undefined, tlsMode: tlsModeOf(labels) },
  };
}

function sideOf(mtls: MutualTls, endpoint: Endpoint): ServerSide {
  const { workload, port } = endpoint;
  return { endpoint, wire: mtls.wireOf(workload, port), ambient: workload && mtls.ambientAccepts(workload, port) };
}

export interface OutsideAnswer {
  readonly endpoint: Endpoint;
  readonly outcome: Outcome;
  readonly failure: FailureCode | undefined;
}

/**
 * What clients outside the cluster meet at a NodePort or LoadBalancer Service: they come to the pod without a gateway in
 * between, so they are clients without sidecar. Undefined for a port that cannot be reached from outside.
 */
export function callFromOutside(mtls: MutualTls, service: MeshService, port: MeshPort): OutsideAnswer[] | undefined {
  const { object } = service;
  if (object.kind !== 'Service' || (object.spec.type !== 'NodePort' && object.spec.type !== 'LoadBalancer')) {
    return undefined;
  }
  return mtls.endpoints(service, port).map((endpoint) => {
    if (endpoint.workload?.dataplane === 'unknown') return { endpoint, outcome: 'unknown', failure: undefined };
    const side = sideOf(mtls, endpoint);
    return { endpoint, outcome: outcomeOf('PLAINTEXT', side), failure: failureOf('PLAINTEXT', side) };
  });
}

/**
 * What comes of a connection whose application speaks TLS itself. Inside of Istio mTLS it is encrypted twice and works;
 * where the proxy adds nothing, the server's port hands it on or refuses it. A client's sidecar that takes the port for
 * HTTP cannot read it at all.
 * @param tls what the client's proxy adds; undefined for a client without one
 * @param clientTakesFor the protocol of the Service's port, as the client's sidecar has it
 */
export function withApplicationTls(
  tls: ClientTls | undefined,
  clientTakesFor: ProtocolClass,
  server: ServerSide,
): Outcome {
  if (tls !== undefined && clientTakesFor === 'http') return 'fail';
  if (tls === undefined || tls === 'PLAINTEXT') return outcomeOf('SIMPLE', server);
  return outcomeOf(tls, server);
}
