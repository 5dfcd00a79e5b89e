// peer-authentication-ignored: istiod passes over a PeerAuthentication, for another or for where it stands.
import { hasLabels, type PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { selects } from '../manifest/object';
import type { MeshNamespace } from '../mesh/mesh';
import { type Workload, workloadKey } from '../mesh/workload';
import { composePolicy, modeForPort, type PolicyIndex, type WorkloadPolicy } from '../mtls/server-mode';
import { objectName, placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { offered, setField } from './fixes';
import { podsLabelled } from './labelled-pods';
import { isPatch } from './placeholders';
import { hasPort } from './port-level-port-unknown';
import type { Finding, Rule, RuleContext } from './rule';
import { needsPlaintext, toleratesMode } from './tolerance';
import { reachesOf } from './traffic';
import { listed } from './wording';

export const peerAuthenticationIgnored: Rule = {
  id: 'peer-authentication-ignored',
  severity: 'warning',
  summary: 'A PeerAuthentication is passed over.',
  happens:
    'Of several policies without selector in one namespace only the oldest counts, and of several that select one pod too: whole, with its ports. A selector has no effect in the root namespace. Nothing in the cluster says so.',
  remedy: 'Keep one policy for each scope, and put policies for workloads into their namespace.',
  peers: ['KIA0002', 'KIA0003'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const [policy, winner] of view.mtls.policies.of(here.name).duplicates) {
      if (!isPatch(snapshot, policy) && !isPatch(snapshot, winner)) yield duplicate(view, policy, winner);
    }
    const { rootNamespace } = view.mesh.settings;
    for (const policy of here.peerAuthentications) {
      const { selector } = policy.spec;
      if (policy.metadata.namespace === rootNamespace && hasLabels(selector)) yield inRoot(snapshot, view, policy);
    }
    for (const [policy, lost] of lostPolicies(view, here)) yield older(policy, lost.winner, lost.workloads);
  },
};

/** Why the other comes first: manifests rarely tell the age. */
function first(policy: PeerAuthentication, winner: PeerAuthentication): string {
  const dated = policy.metadata.creationTime !== winner.metadata.creationTime;
  return dated ? 'is older' : 'comes first by name if both are applied together, else the older one counts';
}

/** Without `metadata.namespace` a file goes wherever it is applied, and two files may go to two namespaces. */
function mayGoApart({ metadata, source }: PeerAuthentication, winner: PeerAuthentication): boolean {
  return source.uri !== winner.source.uri && !(metadata.namespaceStated && winner.metadata.namespaceStated);
}

function duplicate(view: MeshView, policy: PeerAuthentication, winner: PeerAuthentication): Finding {
  const { namespace } = policy.metadata;
  const scope = namespace === view.mesh.settings.rootNamespace ? 'the mesh' : `namespace \`${namespace}\``;
  const same = (policy.spec.mode ?? 'UNSET') === (winner.spec.mode ?? 'UNSET');
  return {
    ...placeOf(policy),
    ...((same || mayGoApart(policy, winner)) && { severity: 'information' as const }),
    message: `This policy is ignored: \`${objectName(winner)}\` is for ${scope} too and ${first(policy, winner)}.${same ? ' Both say the same.' : ''}`,
    related: [{ ...placeOf(winner), message: `\`mode: ${winner.spec.mode ?? 'UNSET'}\`` }],
  };
}

function inRoot(snapshot: Snapshot, view: MeshView, policy: PeerAuthentication): Finding {
  const labels = policy.spec.selector!.matchLabels;
  const meant = podsLabelled(view.mesh, labels);
  const namespaces = [...new Set(meant.map((workload) => workload.namespace))];
  const hint =
    namespaces.length === 0 || (namespaces.length === 1 && namespaces[0] === policy.metadata.namespace)
      ? ''
      : ` ${listed(meant.map(workloadKey), 3)} has these labels; put the policy into ${listed(namespaces, 3)}.`;
  return {
    ...placeOf(policy, ['spec', 'selector'], 'key'),
    message: `This policy is ignored: a selector has no effect in the root namespace \`${policy.metadata.namespace}\`.${hint}`,
    related: meant
      .slice(0, 3)
      .map((workload) => ({ ...placeOf(workload.object), message: `\`${workloadKey(workload)}\`` })),
    fixes: () => {
      const [namespace, ...others] = namespaces;
      if (namespace === undefined || others.length > 0 || namespace === policy.metadata.namespace) return [];
      const { name, namespaceStated } = policy.metadata;
      const isTaken = view.mesh.in(namespace).peerAuthentications.some(({ metadata }) => metadata.name === name);
      if (isTaken || !namespaceStated || !worksThere(view, policy, meant)) return [];
      const title = `Move it to namespace \`${namespace}\``;
      return offered(setField(snapshot, policy, ['metadata', 'namespace'], namespace, title));
    },
  };
}

/** True where the policy would hold for these pods, without another beside it, and no client known today is refused. */
function worksThere(view: MeshView, policy: PeerAuthentication, pods: readonly Workload[]): boolean {
  const isAlone = (pod: Workload): boolean =>
    view.mtls.policies
      .of(pod.namespace)
      .selecting.every((each) => !selects(each.spec.selector!.matchLabels, pod.labels));
  if (!pods.every((pod) => ['sidecar', 'ambient'].includes(pod.dataplane) && isAlone(pod))) return false;
  if ([...policy.spec.portLevelMtls.keys()].some((port) => !pods.some((pod) => hasPort(view.mesh, pod, port))))
    return false;
  const turns = pods.flatMap((pod) => {
    const now = view.mtls.policyOf(pod);
    const then = withOnly(view, pod, policy);
    const ports = new Set(reachesOf(view, pod).map(({ endpoint }) => endpoint.endpoint.port));
    return [...ports]
      .map((port) => ({ pod, port, mode: modeForPort(then, port).mode }))
      .filter(({ port, mode }) => mode !== modeForPort(now, port).mode);
  });
  if (turns.some(({ mode }) => mode === 'STRICT') && needsPlaintext(view, pods)) return false;
  return turns.every(({ pod, port, mode }) => toleratesMode(view, [pod], port, mode));
}

interface Lost {
  readonly winner: PeerAuthentication;
  readonly workloads: Workload[];
}

/** Policies that select a pod which an earlier one has taken, where that makes a difference. */
function lostPolicies(view: MeshView, here: MeshNamespace): Map<PeerAuthentication, Lost> {
  const found = new Map<PeerAuthentication, Lost>();
  for (const workload of here.workloads) {
    if (!['sidecar', 'ambient', 'unknown'].includes(workload.dataplane)) continue;
    const inForce = view.mtls.policyOf(workload);
    for (const { policy, reason, winner } of inForce.lost) {
      if (reason !== 'older-policy' || !winner || !differs(view, workload, inForce, policy)) continue;
      const known = found.get(policy);
      if (known) known.workloads.push(workload);
      else found.set(policy, { winner, workloads: [workload] });
    }
  }
  return found;
}

/** True when the workload would have other modes if `policy` counted. */
function differs(view: MeshView, workload: Workload, inForce: WorkloadPolicy, policy: PeerAuthentication): boolean {
  const instead = withOnly(view, workload, policy);
  // ztunnel only knows who must have an identity
  const meaning = (mode: string): string =>
    workload.dataplane === 'ambient' && mode === 'DISABLE' ? 'PERMISSIVE' : mode;
  if (meaning(instead.base.mode) !== meaning(inForce.base.mode)) return true;
  return [...instead.ports.keys(), ...inForce.ports.keys()].some(
    (port) => meaning(modeForPort(instead, port).mode) !== meaning(modeForPort(inForce, port).mode),
  );
}

/** What a workload's policies would come to if `policy` were the only one of its namespace that selects it. */
function withOnly(view: MeshView, workload: Workload, policy: PeerAuthentication): WorkloadPolicy {
  const { policies } = view.mtls;
  const alone: PolicyIndex = {
    ...policies,
    of: (name) => (name === workload.namespace ? { ...policies.of(name), selecting: [policy] } : policies.of(name)),
  };
  return composePolicy(alone, workload.namespace, workload.labels);
}

function older(policy: PeerAuthentication, winner: PeerAuthentication, workloads: readonly Workload[]): Finding {
  // ambient/workloads.go:fetchPeerAuthentications has no order by name
  const isAmbient = workloads.every(({ dataplane }) => dataplane === 'ambient');
  const isOpen = isAmbient && policy.metadata.creationTime === winner.metadata.creationTime;
  const why = isOpen ? 'counts if it is older; of two of one age either may' : first(policy, winner);
  return {
    ...placeOf(policy, ['spec', 'selector'], 'key'),
    ...(mayGoApart(policy, winner) && { severity: 'information' as const }),
    message: `This policy is ignored for ${listed(workloads.map(workloadKey), 3)}: \`${objectName(winner)}\` selects the same pods and ${why}.`,
    related: [
      { ...placeOf(winner), message: 'the policy that counts, whole and with its ports' },
      ...workloads
        .slice(0, 3)
        .map((workload) => ({ ...placeOf(workload.object), message: `\`${workloadKey(workload)}\`` })),
    ],
  };
}
