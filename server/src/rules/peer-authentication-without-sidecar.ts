// peer-authentication-without-sidecar: a policy for pods on which no sidecar holds to it, gateways among them.
import { hasLabels, type PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { selects } from '../manifest/object';
import { type Workload, workloadKey } from '../mesh/workload';
import { placeOf } from '../words/names';
import { dataplaneWords } from '../words/reasons';
import type { MeshView } from '../workspace/workspace';
import { isAmbientPod } from './ambient';
import { isPatch } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const peerAuthenticationWithoutSidecar: Rule = {
  id: 'peer-authentication-without-sidecar',
  severity: 'warning',
  summary: 'A PeerAuthentication is for pods that have no sidecar to hold to it.',
  happens:
    "A PeerAuthentication is enforced by the server's own sidecar, or by its ztunnel in ambient mode. Without either the application takes whatever comes, in plaintext too. What a gateway accepts is set by the `tls` of its Gateway, not by a PeerAuthentication.",
  remedy: 'Give the pods a sidecar, or put them into ambient mode. For a gateway set `servers[].tls` of its Gateway.',
  peers: ['IST0166'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    if (here.name === view.mesh.settings.rootNamespace) return;
    for (const policy of here.peerAuthentications) {
      // a policy for a whole namespace is also for pods to come
      if (!hasLabels(policy.spec.selector) || isPatch(snapshot, policy)) continue;
      if (view.mtls.policies.of(here.name).duplicates.has(policy)) continue;
      const pods = here.workloads.filter((pod) => selects(policy.spec.selector!.matchLabels, pod.labels));
      if (pods.length === 0 || pods.some((pod) => !isWithoutSidecar(view, pod))) continue;
      // addresses outside Kubernetes have proxies that no manifest shows
      if (here.workloadEntries.length > 0) continue;
      const finding = judge(policy, pods);
      if (finding) yield finding;
    }
  },
};

/** False as well where labels ask for ambient, whose ztunnel holds to policies, and nothing shows whether the mesh has it. */
function isWithoutSidecar({ mesh }: MeshView, pod: Workload): boolean {
  return pod.dataplane === 'gateway' || (pod.dataplane === 'none' && !isAmbientPod(mesh, pod));
}

function judge(policy: PeerAuthentication, pods: readonly Workload[]): Finding | undefined {
  const gateways = pods.filter(({ dataplane }) => dataplane === 'gateway');
  const bare = pods.filter(({ dataplane }) => dataplane === 'none');
  const place = placeOf(policy, ['spec', 'selector'], 'key');
  const related = pods.slice(0, 5).map((pod) => ({
    ...placeOf(pod.object),
    message:
      pod.dataplane === 'gateway'
        ? `\`${workloadKey(pod)}\` is a gateway`
        : `\`${workloadKey(pod)}\` has no sidecar: ${dataplaneWords(pod.reason)}`,
  }));
  const names = listed(pods.map(workloadKey), 3);
  if (bare.length === 0) {
    return {
      ...place,
      message: `This policy has no effect: ${names} ${gateways.length === 1 ? 'is a gateway' : 'are gateways'}, and what a gateway accepts is set by \`tls\` in its Gateway.`,
      related,
    };
  }
  // DISABLE says no more than what is
  const modes = [policy.spec.mode, ...policy.spec.portLevelMtls.values()];
  if (!modes.includes('STRICT')) return undefined;
  // labels of a namespace can be set outside its manifest; what a pod says of itself is certain
  const certain = bare.every(({ reason }) =>
    ['pod-opts-out', 'host-network', 'namespace-opts-out', 'system-namespace'].includes(reason.code),
  );
  return {
    ...place,
    ...(!certain && { severity: 'information' as const }),
    message: `STRICT protects nothing here: ${names} ${pods.length === 1 ? 'has' : 'have'} no sidecar, so that plaintext reaches the application.`,
    related,
  };
}
