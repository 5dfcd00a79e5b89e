// Would a change of a server's mode break a client, or another caller, that is known?
import { type Workload, workloadKey } from '../mesh/workload';
import { probeAnswers, scrapeAnswer } from '../mtls/probes';
import type { ServerMode } from '../mtls/server-mode';
import type { MeshView } from '../workspace/workspace';
import { type Reach, reachesOf } from './traffic';

/** True when every known client of these pods' port gets along with the mode. */
export function toleratesMode(view: MeshView, pods: readonly Workload[], port: number, mode: ServerMode): boolean {
  return pods
    .flatMap((pod) => reachesOf(view, pod))
    .filter(({ endpoint: { endpoint } }) => endpoint.port === port)
    .every((reach) => tolerates(reach, mode));
}

function tolerates({ endpoint, hasClients, connection }: Reach, mode: ServerMode): boolean {
  switch (mode) {
    case 'PERMISSIVE':
      return true;
    case 'STRICT':
      return endpoint.outcome === 'mtls' || (!hasClients && connection.route !== 'cluster');
    case 'DISABLE': {
      // auto mTLS follows the server, address by address; everything else goes on as it is
      const code = endpoint.decision?.reason.code;
      return endpoint.decision === undefined || endpoint.decision.tls === 'PLAINTEXT' || code === 'auto-mtls';
    }
  }
}

/** Callers that no manifest lists as clients and that STRICT would refuse: the kubelet's probes, Prometheus' scrapes. */
export function needsPlaintext(view: MeshView, pods: Iterable<Workload>): string | undefined {
  for (const pod of new Set(pods)) {
    const isOpen = (each: { reason: string; outcome: string } | undefined): boolean =>
      each?.reason === 'plaintext-accepted' && pod.dataplane === 'sidecar';
    const probe = probeAnswers(view.mtls, pod).find((each) => isOpen(each) && each.accepts !== undefined);
    if (probe) return `The kubelet probes port ${probe.probe.port} of \`${workloadKey(pod)}\` in plaintext.`;
    const scrape = scrapeAnswer(view.mtls, pod);
    if (isOpen(scrape)) return `Prometheus scrapes port ${scrape!.port} of \`${workloadKey(pod)}\` in plaintext.`;
  }
  return undefined;
}
