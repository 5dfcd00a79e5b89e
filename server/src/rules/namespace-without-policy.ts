// namespace-without-policy: a namespace accepts plaintext by default, where other namespaces have a policy.
import type { Namespace } from '../manifest/read';
import { objectName, placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { addDocuments } from './fixes';
import type { Finding, Fix, Rule, RuleContext } from './rule';
import { needsPlaintext } from './tolerance';
import { reaches } from './traffic';

export const namespaceWithoutPolicy: Rule = {
  id: 'namespace-without-policy',
  severity: 'information',
  summary: 'A namespace has no PeerAuthentication, though others of the mesh have one.',
  happens:
    'Its workloads take the default, PERMISSIVE: mTLS from those who send it, and plaintext from everybody else.',
  remedy: 'Add a PeerAuthentication for the namespace, or one for the whole mesh in the root namespace.',
  *check({ snapshot, view }: RuleContext): Iterable<Finding> {
    const { mesh, mtls } = view;
    const { namespaceWide, rootNamespace } = mtls.policies;
    const others = [...namespaceWide.values()].filter((policy) => policy.spec.mode === 'STRICT');
    if (namespaceWide.has(rootNamespace) || others.length === 0) return;
    for (const [name, namespace] of mesh.namespaces) {
      if (name === rootNamespace || namespaceWide.has(name)) continue;
      const open = mesh
        .podsIn(name)
        .filter((pod) => pod.dataplane === 'sidecar' && mtls.policyOf(pod).base.level === 'default');
      if (open.length > 0) yield finding(snapshot, view, namespace, others);
    }
  },
};

function finding(
  snapshot: Snapshot,
  view: MeshView,
  namespace: Namespace,
  others: MeshView['mesh']['peerAuthentications'],
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
  const inside = reaches(view).filter(({ endpoint }) => endpoint.endpoint.namespace === name);
  const refused = inside.some(
    ({ endpoint, clients, connection }) =>
      endpoint.outcome !== 'mtls' && (clients.length > 0 || connection.route === 'cluster'),
  );
  const taken = view.mesh.objects.some(
    ({ kind, metadata }) => kind === 'PeerAuthentication' && metadata.namespace === name && metadata.name === 'default',
  );
  if (refused || taken || needsPlaintext(view, view.mesh.podsIn(name))) return [];
  const document = {
    apiVersion,
    kind: 'PeerAuthentication',
    metadata: { name: 'default', namespace: name },
    spec: { mtls: { mode: 'STRICT' } },
  };
  return addDocuments(snapshot, namespace, [document], 'Require mTLS in the namespace (STRICT)', undefined);
}
