// The answers in the form of the conformance cases, so that they can be compared with istiod's own.

import { type Workload, workloadKey } from '../mesh/workload';
import type { MutualTls, Send } from '../mtls/mutual-tls';

/** A port that nothing names: it stands for every such port. */
const ANY_PORT = 61234;

export interface WorkloadAnswer {
  readonly workload: string;
  readonly dataplane: string;
  readonly accepts?: Record<string, SidecarAccepts | AmbientAccepts>;
  readonly sends?: readonly SendAnswer[];
}
export interface SidecarAccepts {
  readonly mode: string;
  readonly plaintext: boolean;
  readonly istio: string;
  readonly tls: string;
}
export interface AmbientAccepts {
  readonly hbone: boolean;
  readonly plaintext: boolean;
}
export interface SendAnswer {
  readonly host: string;
  readonly port: number;
  readonly subset?: string;
  readonly rule?: string;
  readonly discovery: string;
  readonly waypoint?: string;
  readonly endpoints: readonly { to: string; port: number; tls: string; outcome: string }[];
}

/** One entry for each workload. */
export function conformanceAnswers(mtls: MutualTls): WorkloadAnswer[] {
  return mtls.mesh.workloads.map((workload) => {
    const { dataplane } = workload;
    // istiod takes a namespace without Namespace object as one without labels
    const answer = { workload: workloadKey(workload), dataplane: dataplane === 'unknown' ? 'none' : dataplane };
    const sends = mtls.sends(workload).flatMap((send) => sendAnswers(send, dataplane === 'waypoint'));
    const accepts = dataplane === 'sidecar' || dataplane === 'ambient' ? acceptsOf(mtls, workload) : undefined;
    return { ...answer, ...(accepts && { accepts }), ...(sends.length > 0 && { sends }) };
  });
}

/** The ports that anything names: containers, Services, and port-level policies of the namespace. */
function acceptsOf(mtls: MutualTls, workload: Workload): NonNullable<WorkloadAnswer['accepts']> {
  const ports = new Set<number>([ANY_PORT, ...mtls.protocolsOf(workload).keys()]);
  for (const container of workload.containers) for (const port of container.ports) ports.add(port.containerPort);
  for (const policy of mtls.mesh.peerAuthentications) {
    if (policy.metadata.namespace === workload.namespace)
      for (const port of policy.spec.portLevelMtls.keys()) ports.add(port);
  }
  return Object.fromEntries(
    [...ports].map((port) => {
      const accepts = mtls.accepts(workload, port);
      const ambient = mtls.ambientAccepts(workload, port);
      return [
        String(port),
        accepts
          ? { mode: accepts.mode.mode, ...accepts.wire }
          : { hbone: ambient!.hbone, plaintext: ambient!.plaintext },
      ];
    }),
  );
}

/** A waypoint has one cluster for each protocol that its port may have, named with the subset. */
function sendAnswers(send: Send, fromWaypoint: boolean): SendAnswer[] {
  if (!fromWaypoint) return [sendAnswer(send)];
  // core/cluster_waypoint.go notes the rule only where it has a traffic policy
  const subset = send.rule?.subsets.find((each) => each.subset.name === send.subset)?.subset;
  const applies = send.rule?.trafficPolicy !== undefined || subset?.trafficPolicy !== undefined;
  const answer = sendAnswer(applies ? send : { ...send, rule: undefined });
  const protocols = send.port.protocol === 'auto' ? ['http', 'tcp'] : [send.port.protocol];
  return protocols.map((protocol) => ({
    ...answer,
    subset: send.subset === undefined ? protocol : `${protocol}/${send.subset}`,
  }));
}

function sendAnswer(send: Send): SendAnswer {
  // with ORIGINAL_DST the client picks the address; the cases list the pods that a Service leads to
  const listed =
    send.discovery === 'ORIGINAL_DST'
      ? send.endpoints.filter(({ endpoint }) => endpoint.workload && send.service.object.kind === 'Service')
      : send.endpoints;
  return {
    host: send.service.host,
    port: send.port.port,
    ...(send.subset !== undefined && { subset: send.subset }),
    ...(send.rule && { rule: `${send.rule.namespace}/${send.rule.rule.metadata.name}` }),
    discovery: send.discovery,
    ...(send.waypoint && { waypoint: workloadKey(send.waypoint) }),
    endpoints: listed.map(({ endpoint, decision, outcome }) => ({
      to: endpoint.workload ? workloadKey(endpoint.workload) : (endpoint.address ?? ''),
      port: endpoint.port,
      tls: decision.tls,
      outcome,
    })),
  };
}
