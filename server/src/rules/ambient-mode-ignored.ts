// ambient-mode-ignored: a PeerAuthentication asks something of ambient workloads that ambient mode does not do.
import type { PeerAuthentication } from '../manifest/kinds/peer-authentication';
import type { MeshNamespace } from '../mesh/mesh';
import { withRoot } from '../mesh/namespace';
import { type Workload, workloadKey } from '../mesh/workload';
import { modeForPort } from '../mtls/server-mode';
import { ztunnelAccepts, ztunnelPolicy } from '../mtls/ztunnel-policy';
import { placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { ambientPods, isAmbientPod } from './ambient';
import { offered, setField } from './fixes';
import { isPatch } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const ambientModeIgnored: Rule = {
  id: 'ambient-mode-ignored',
  severity: 'warning',
  summary: 'A PeerAuthentication asks something of ambient workloads that ambient mode does not do.',
  happens:
    'In ambient mode mTLS is never switched off: DISABLE is the same as PERMISSIVE, and clients of the mesh send mTLS in any case. Some port exceptions get lost on the way to ztunnel: DISABLE below a policy without mode stays STRICT, and a STRICT port below PERMISSIVE may stay open.',
  remedy:
    'Write PERMISSIVE instead of DISABLE, and state the mode of the workload (`mtls.mode`) beside its exceptions.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    if (here.peerAuthentications.length === 0) return;
    const lost = new Map<
      string,
      { policy: PeerAuthentication; port: number; isOpen: boolean; workloads: Workload[] }
    >();
    const disabled = new Map<PeerAuthentication, { path: Path; workloads: Workload[] }>();
    const isWhole = (policy: PeerAuthentication): boolean =>
      policy.metadata.namespace === here.name && !isPatch(snapshot, policy);
    for (const workload of ambientPodsUnder(view, here)) {
      const { base, ports } = view.mtls.policyOf(workload);
      if (base.mode === 'DISABLE' && base.policy && isWhole(base.policy)) {
        const known = disabled.get(base.policy);
        if (known) known.workloads.push(workload);
        else disabled.set(base.policy, { path: base.path, workloads: [workload] });
      }
      for (const [port, { policy }] of ports) {
        const isOpen = acceptsPlaintext(view, workload, port);
        const asked = modeForPort(view.mtls.policyOf(workload), port).mode !== 'STRICT';
        if (isOpen === asked || !policy || !isWhole(policy)) continue;
        const key = `${policy.source.uri} ${policy.metadata.name} ${port}`;
        const known = lost.get(key);
        if (known) known.workloads.push(workload);
        else lost.set(key, { policy, port, isOpen, workloads: [workload] });
      }
    }
    for (const [policy, { path, workloads }] of disabled)
      yield disabledFinding(snapshot, view, policy, path, workloads);
    for (const each of lost.values()) {
      const names = listed(each.workloads.map(workloadKey), 3);
      const result = each.isOpen ? 'plaintext is let in' : 'plaintext is refused';
      yield {
        ...placeOf(each.policy, ['spec', 'portLevelMtls', String(each.port)], 'key'),
        message: `This exception gets lost in ambient mode: ${result} on port ${each.port} of ${names}.`,
        related: [],
        fixes: () => {
          const path = ['spec', 'portLevelMtls', String(each.port), 'mode'];
          const isLostDisable = !each.isOpen && each.policy.spec.portLevelMtls.get(each.port) === 'DISABLE';
          return isLostDisable
            ? offered(setField(snapshot, each.policy, path, 'PERMISSIVE', 'Write PERMISSIVE, which holds', true))
            : [];
        },
      };
    }
  },
};

/** The ambient pods on which policies of a namespace can act. */
function ambientPodsUnder(view: MeshView, { name, workloads }: MeshNamespace): readonly Workload[] {
  return name === view.mesh.settings.rootNamespace
    ? ambientPods(view)
    : workloads.filter((each) => isAmbientPod(view.mesh, each));
}

function acceptsPlaintext(view: MeshView, { namespace, labels }: Workload, port: number): boolean {
  const { rootNamespace } = view.mesh.settings;
  const policies = withRoot(view.mesh, namespace, (each) => each.peerAuthentications);
  return ztunnelAccepts(ztunnelPolicy(policies, namespace, labels, rootNamespace), port, false);
}

function disabledFinding(
  snapshot: Snapshot,
  view: MeshView,
  policy: PeerAuthentication,
  path: Path,
  ambient: readonly Workload[],
): Finding {
  const { namespace } = policy.metadata;
  const { workloads } = namespace === view.mesh.settings.rootNamespace ? view.mesh : view.mesh.in(namespace);
  const others = workloads.filter(
    (workload) => !ambient.includes(workload) && view.mtls.policyOf(workload).base.policy === policy,
  );
  const isMixed = others.some(({ dataplane }) => dataplane === 'sidecar' || dataplane === 'unknown');
  return {
    ...placeOf(policy, path),
    // for pods with a sidecar beside them it does what it says
    ...(isMixed && { severity: 'information' as const }),
    message: `${listed(ambient.map(workloadKey), 3)} ${ambient.length === 1 ? 'is' : 'are'} in ambient mode, where DISABLE does not switch mTLS off: it lets plaintext in as well, like PERMISSIVE.`,
    related: [],
    // for sidecars the two differ
    fixes: () =>
      isMixed
        ? []
        : offered(setField(snapshot, policy, path, 'PERMISSIVE', 'Write PERMISSIVE, which means the same here', true)),
  };
}
