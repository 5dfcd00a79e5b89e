// namespace-without-policy: a namespace accepts plaintext by default, where other namespaces have a policy.
import type { PeerAuthentication } from '../manifest/kinds/peer-authentication';
import type { Namespace } from '../manifest/read';
import type { Workload } from '../mesh/workload';
import { objectName, placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { addDocuments } from './fixes';
import { gathered } from './gather';
import type { Finding, Fix, Rule, RuleContext } from './rule';
import { needsPlaintext } from './tolerance';
import { reachesIn } from './traffic';

export const namespaceWithoutPolicy: Rule = {
  id: 'namespace-without-policy',
  severity: 'information',
  summary: 'A namespace has no PeerAuthentication, though others of the mesh have one.',
  happens:
    'Its workloads take the default, PERMISSIVE: mTLS from those who send it, and plaintext from everybody else.',
  remedy: 'Add a PeerAuthentication for the namespace, or one for the whole mesh in the root namespace.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const { policies } = view.mtls;
    const { name, object, workloads } = here;
    if (!object || name === policies.rootNamespace || policies.of(name).namespaceWide) return;
    if (policies.of(policies.rootNamespace).namespaceWide) return;
    const isOpen = (pod: Workload): boolean =>
      pod.dataplane === 'sidecar' && view.mtls.policyOf(pod).base.level === 'default';
    if (!workloads.some(isOpen)) return;
    const others = strictNamespaces(view);
    if (others.length > 0) yield finding(snapshot, view, object, others);
  },
};

/** The policies that make whole namespaces STRICT, as many as are named. */
const strictNamespaces = gathered(({ mtls }, { name }) => {
  const policy = mtls.policies.of(name).namespaceWide;
  return policy?.spec.mode === 'STRICT' ? [policy] : [];
});

function finding(
  snapshot: Snapshot,
  view: MeshView,
  namespace: Namespace,
  others: readonly PeerAuthentication[],
): Finding {
  const example = others[0]!;
  return {
    ...placeOf(namespace),
    message: `Namespace \`${namespace.metadata.name}\` has no PeerAuthentication and takes plaintext by default; \`${objectName(example)}\` requires mTLS in \`${example.metadata.namespace}\`.`,
    related: others.slice(0, 3).map((policy) => ({ ...placeOf(policy), message: `\`${objectName(policy)}\`` })),
    fixes: () => fixes(snapshot, view, namespace, example.apiVersion),
  };
}

/** STRICT, where every known client sends mTLS already. */
function fixes(snapshot: Snapshot, view: MeshView, namespace: Namespace, apiVersion: string): Fix[] {
  const { name } = namespace.metadata;
  const inside = reachesIn(view, name);
  const refused = inside.some(
    ({ endpoint, hasClients, connection }) =>
      endpoint.outcome !== 'mtls' && (hasClients || connection.route === 'cluster'),
  );
  const taken = view.mesh
    .in(name)
    .objects.some(({ kind, metadata }) => kind === 'PeerAuthentication' && metadata.name === 'default');
  if (refused || taken || needsPlaintext(view, view.mesh.podsIn(name))) return [];
  const document = {
    apiVersion,
    kind: 'PeerAuthentication',
    metadata: { name: 'default', namespace: name },
    spec: { mtls: { mode: 'STRICT' } },
  };
  return addDocuments(snapshot, namespace, [document], 'Require mTLS in the namespace (STRICT)', undefined);
}
