// mtls-disabled: a policy turns mutual TLS off.
import { hasLabels, type PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { selects } from '../manifest/object';
import { type Workload, workloadKey } from '../mesh/workload';
import { placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { wideException } from './exception-too-wide';
import { offered, setField } from './fixes';
import { isPatch } from './placeholders';
import { hasPort } from './port-level-port-unknown';
import type { Finding, Rule, RuleContext } from './rule';
import { isContested, underPolicies } from './traffic';
import { listed } from './wording';

export const mtlsDisabled: Rule = {
  id: 'mtls-disabled',
  severity: 'information',
  summary: 'A policy turns mutual TLS off.',
  happens:
    'Clients with a sidecar send plaintext, and so does who has none: what is sent can be read on the way, and nobody has an identity that an AuthorizationPolicy could ask for. PERMISSIVE lets plaintext in as well, and mTLS from all who can send it.',
  remedy:
    '`mode: PERMISSIVE` or STRICT, unless the port goes past the sidecar or its protocol lets the server speak first.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const policy of here.peerAuthentications) {
      if (isPatch(snapshot, policy) || view.mtls.policies.of(policy.metadata.namespace).duplicates.has(policy))
        continue;
      if (policy.spec.mode === 'DISABLE' && !wideException(view, policy))
        yield* finding(snapshot, view, policy, ['spec', 'mtls', 'mode'], undefined);
      for (const [port, mode] of policy.spec.portLevelMtls) {
        const path = ['spec', 'portLevelMtls', String(port), 'mode'];
        if (mode === 'DISABLE') yield* finding(snapshot, view, policy, path, port);
      }
    }
  },
};

function* finding(
  snapshot: Snapshot,
  view: MeshView,
  policy: PeerAuthentication,
  path: Path,
  port: number | undefined,
): Generator<Finding> {
  const pods = podsOf(view, policy, port);
  if (pods.length === 0) return;
  const key = String(path);
  const decided = underPolicies(view, view.mesh.in(policy.metadata.namespace)).filter(
    ({ endpoint }) => endpoint.accepts?.mode.policy === policy && String(endpoint.accepts.mode.path) === key,
  );
  // what fails is reported as such; and past the sidecar, DISABLE is what keeps clients from sending mTLS
  if (decided.some(({ endpoint }) => endpoint.failure !== undefined || endpoint.accepts?.captured === false)) return;
  const isTunnelled = decided.some(({ endpoint }) => endpoint.decision?.tls.startsWith('HBONE'));
  const clients = isTunnelled
    ? 'clients with a sidecar send plaintext and have no identity. Clients in ambient mode still send mTLS, as HBONE'
    : 'all clients send plaintext and have no identity';
  const where = port === undefined ? '' : `port ${port} of `;
  yield {
    ...placeOf(policy, path),
    message: `DISABLE turns mTLS off for ${where}${listed(pods.map(workloadKey), 3)}: ${clients}.`,
    related: [],
    fixes: () =>
      isContested(view, policy)
        ? []
        : offered(setField(snapshot, policy, path, 'PERMISSIVE', 'Accept mTLS and plaintext (PERMISSIVE)')),
  };
}

/** Pods with a sidecar whose mode, or that of the port, is this policy's. */
function podsOf(view: MeshView, policy: PeerAuthentication, port: number | undefined): Workload[] {
  const { selector } = policy.spec;
  const { mesh } = view;
  const { namespace } = policy.metadata;
  const pods = namespace === mesh.settings.rootNamespace ? mesh.workloads : mesh.podsIn(namespace);
  return pods.filter((pod) => {
    if (pod.dataplane !== 'sidecar') return false;
    if (hasLabels(selector) && !selects(selector!.matchLabels, pod.labels)) return false;
    const { base, ports } = view.mtls.policyOf(pod);
    // an entry for no port of the pod is port-level-port-unknown
    if (port === undefined) return base.policy === policy;
    return ports.get(port)?.policy === policy && hasPort(mesh, pod, port);
  });
}
