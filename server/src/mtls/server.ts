// The server's half of the answers: what each port of each workload takes.

import { memo } from '../incremental/cells';
import type { Endpoint } from '../mesh/endpoints';
import { sameItems } from '../mesh/lookup';
import type { Mesh } from '../mesh/mesh';
import { withRoot } from '../mesh/namespace';
import type { ProtocolClass } from '../mesh/protocol';
import type { MeshService } from '../mesh/service';
import type { Workload } from '../mesh/workload';
import { inboundCapture } from './capture';
import { type GatewayListener, gatewayListener } from './gateway-listener';
import { inboundProtocols, NOT_CAPTURED, type WireBehaviour, wireBehaviour } from './inbound';
import type { AmbientBehaviour, ServerSide } from './outcome';
import { composePolicy, type ModeDecision, modeForPort, type PolicyIndex, type WorkloadPolicy } from './server-mode';
import { type Identity, ztunnelAllows, ztunnelPolicies } from './ztunnel-authorization';
import { ambientMode, ztunnelAccepts, ztunnelPolicy } from './ztunnel-policy';

/** What one port of a workload with a sidecar takes. */
export interface Accepts {
  readonly port: number;
  readonly mode: ModeDecision;
  readonly protocol: ProtocolClass;
  /** False where the port's traffic goes past the sidecar; the mode then has no effect. */
  readonly captured: boolean;
  readonly wire: WireBehaviour;
}

export interface Servers {
  policyOf(workload: Workload): WorkloadPolicy;
  /** Protocols of the ports that Services or listeners name. */
  protocolsOf(workload: Workload): ReadonlyMap<number, ProtocolClass>;
  /** What a sidecar's port takes; undefined for pods without a sidecar. */
  accepts(workload: Workload, port: number): Accepts | undefined;
  /** What listens on a gateway's port; undefined for other pods, and where no Gateway here has a server on it. */
  listener(workload: Workload, port: number): GatewayListener | undefined;
  /** What the proxy of a pod takes on a port; undefined where none is known to stand there. */
  wireOf(workload: Workload | undefined, port: number): WireBehaviour | undefined;
  /**
   * What ztunnel lets through to a port; undefined for pods that are not in ambient.
   * @param identity of the client that uses HBONE; without one, a client that no policy names
   */
  ambientAccepts(workload: Workload, port: number, identity?: Identity): AmbientBehaviour | undefined;
  /** Whether the policies refuse clients without identity at an ambient workload's port: STRICT, or PERMISSIVE. */
  ambientMode(workload: Workload, port: number): ModeDecision | undefined;
  /** True when AuthorizationPolicies make a difference between the clients of an ambient workload. */
  tellsClientsApart(endpoint: Endpoint): boolean;
  /** The mode that the policies ask for at an endpoint, whatever runs there. */
  modeAt(endpoint: Endpoint): ModeDecision;
  /** Everything that stands before the application at an endpoint. */
  at(endpoint: Endpoint, identity?: Identity): ServerSide & { readonly accepts: Accepts | undefined };
}

/** A client with a certificate of the mesh that no policy names. */
const NOBODY: Identity = { trustDomain: 'cluster.local', namespace: '', serviceAccount: '' };

/** The servers of a mesh. */
export function createServers(mesh: Mesh, policies: PolicyIndex): Servers {
  const policyOf = memo((workload: Workload) => composePolicy(policies, workload.namespace, workload.labels));
  const servicesByPod = memo((namespace: string) => {
    const found = new Map<Workload, MeshService[]>();
    for (const service of mesh.servicesIn(namespace)) {
      for (const pod of new Set(service.sources.flatMap((source) => mesh.podsBehind(source)))) {
        const own = found.get(pod);
        if (own) own.push(service);
        else found.set(pod, [service]);
      }
    }
    return found;
  });
  const servicesOf = memo(
    (workload: Workload): readonly MeshService[] => servicesByPod(workload.namespace).get(workload) ?? [],
    sameItems,
  );
  const protocolsOf = memo((workload: Workload) => inboundProtocols(mesh, workload, servicesOf(workload)));
  const ambientPolicyOf = memo(({ namespace, labels }: Workload) =>
    ztunnelPolicy(
      withRoot(mesh, namespace, (each) => each.peerAuthentications),
      namespace,
      labels,
      mesh.settings.rootNamespace,
    ),
  );
  const authorizationOf = memo(({ namespace, labels }: Workload) =>
    ztunnelPolicies(
      withRoot(mesh, namespace, (each) => each.authorizationPolicies),
      namespace,
      labels,
      mesh.settings.rootNamespace,
    ),
  );
  const acceptsAt = memo((workload: Workload): ((port: number) => Accepts) => {
    // everything that bears on it is asked for here, so that the answers by port can be kept beside it
    const policy = policyOf(workload);
    const protocols = protocolsOf(workload);
    const isCaptured = inboundCapture(mesh, workload);
    const known = new Map<number, Accepts>();
    return (port) => {
      let accepts = known.get(port);
      if (!accepts) {
        const mode = modeForPort(policy, port);
        const protocol = protocols.get(port) ?? 'auto';
        const captured = isCaptured(port);
        const wire = captured ? wireBehaviour(mode.mode, protocol) : NOT_CAPTURED;
        accepts = { port, mode, protocol, captured, wire };
        known.set(port, accepts);
      }
      return accepts;
    };
  });
  const servers: Servers = {
    policyOf,
    protocolsOf,
    accepts: (workload, port) => (workload.dataplane === 'sidecar' ? acceptsAt(workload)(port) : undefined),
    listener: (workload, port) =>
      workload.dataplane === 'gateway' ? gatewayListener(mesh, workload, servicesOf(workload), port) : undefined,
    wireOf: (workload, port) =>
      workload && (servers.accepts(workload, port)?.wire ?? servers.listener(workload, port)?.wire),
    ambientAccepts(workload, port, identity = NOBODY) {
      if (workload.dataplane !== 'ambient') return undefined;
      const policy = ambientPolicyOf(workload);
      const allows = (who: Identity | undefined): boolean =>
        ztunnelAccepts(policy, port, who !== undefined) &&
        ztunnelAllows(authorizationOf(workload), { identity: who, port });
      return {
        strict: !ztunnelAccepts(policy, port, false),
        hbone: allows(identity),
        plaintext: allows(undefined),
      };
    },
    ambientMode: (workload, port) =>
      workload.dataplane === 'ambient' ? ambientMode(ambientPolicyOf(workload), port) : undefined,
    modeAt: ({ workload, namespace, labels, port }) =>
      modeForPort(workload ? policyOf(workload) : composePolicy(policies, namespace, labels), port),
    tellsClientsApart: ({ workload }) => workload?.dataplane === 'ambient' && authorizationOf(workload).length > 0,
    at(endpoint, identity) {
      const accepts = endpoint.workload && servers.accepts(endpoint.workload, endpoint.port);
      const ambient = endpoint.workload && servers.ambientAccepts(endpoint.workload, endpoint.port, identity);
      return { endpoint, accepts, wire: servers.wireOf(endpoint.workload, endpoint.port), ambient };
    },
  };
  return servers;
}
