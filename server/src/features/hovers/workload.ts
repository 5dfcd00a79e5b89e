// Hover of a Deployment and its like: what stands before its pods and why, and what each port accepts.
import type { WorkloadObject } from '../../manifest/kinds/workload';
import type { Dataplane } from '../../mesh/injection';
import type { Workload } from '../../mesh/workload';
import { modeForPort } from '../../mtls/server-mode';
import { objectName } from '../../words/names';
import { dataplaneWords, lostBecause } from '../../words/reasons';
import { accessLines } from '../access';
import { anyRefused, callersText } from '../callers';
import { code, escapeText, linkBecause, sentence, table } from '../markdown';
import type { HoverContext } from './context';
import { acceptsText, decidedBy, portsOf } from './shared';

const RUNS: Record<Dataplane, string> = {
  sidecar: 'runs with a sidecar',
  gateway: 'runs as a gateway',
  proxyless: 'runs as a proxyless gRPC client',
  ambient: 'runs in ambient mode',
  waypoint: 'runs as a waypoint',
  none: 'runs without a sidecar',
  unknown: 'runs with or without a sidecar: the manifests do not say',
};

export function workloadHover({ snapshot, view, object, callers }: HoverContext<WorkloadObject>): string[] {
  const workload = view.mesh.workloads.find((each) => each.object === object);
  const name = `**${escapeText(objectName(object))}**`;
  if (!workload) return [`${name} runs no pod: ${code('replicas')} is 0.`];
  const head = `${name} ${RUNS[workload.dataplane]}: ${dataplaneWords(workload.reason)}`;
  const reach = callers.of(workload);
  if (workload.dataplane === 'unknown') {
    const rows = portsOf(view, workload).map((port) => {
      const mode = modeForPort(view.mtls.policyOf(workload), port);
      return [
        String(port),
        `${mode.mode} if injected`,
        decidedBy(snapshot, mode),
        callersText(reach.get(port), view.mtls),
      ];
    });
    return [head, ...table(['port', 'accepts', 'decided by', 'who gets in'], rows), stateIt(workload)];
  }
  const policy = view.mtls.policyOf(workload);
  const rows = portsOf(view, workload)
    .map((port) => {
      const accepts = view.mtls.accepts(workload, port);
      return { port, accepts, ambient: view.mtls.ambientMode(workload, port), found: reach.get(port) };
    })
    .sort((a, b) => Number(anyRefused(b.found)) - Number(anyRefused(a.found)) || a.port - b.port)
    .map(({ port, accepts, ambient, found }) => [
      String(port),
      acceptsText(workload, accepts, ambient),
      ambient || accepts ? decidedBy(snapshot, (ambient ?? accepts?.mode)!) : '',
      callersText(found, view.mtls),
    ]);
  const losers =
    workload.dataplane === 'sidecar'
      ? policy.lost.map((lost) => sentence(linkBecause(snapshot, lostBecause(lost))))
      : [];
  const bare =
    workload.dataplane === 'none'
      ? ['No PeerAuthentication is enforced here, and clients of STRICT servers are refused.']
      : [];
  return [
    head,
    ...table(['port', 'accepts', 'decided by', 'who gets in today'], rows),
    ...accessLines(snapshot, view, workload, reach),
    ...losers,
    ...bare,
  ];
}

/** How to state the fact that no manifest shows. */
function stateIt({ reason, namespace }: Workload): string {
  return reason.code === 'revision-unknown'
    ? `State which revisions are installed with ${code('mutual.assume.revisions')}.`
    : `Add the Namespace manifest of ${code(namespace)}, or state it with ${code('mutual.assume.injectedNamespaces')}.`;
}
