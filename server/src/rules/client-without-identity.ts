// client-without-identity: an AuthorizationPolicy lets a client in by its identity, and that client shows none.
import { principalTest, serviceAccountTest } from '../authorization/text';
import { expandPrincipal, trustDomains } from '../authorization/trust-domain';
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import { type Workload, workloadKey } from '../mesh/workload';
import { identityOf, spiffe } from '../mtls/handshake';
import { objectName, placeOf, shortHost } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import { type Asked, askedBy, isEnforced, isIdentity, portsOf, wholePolicies, workloadsOf } from './policies';
import type { Finding, Related, Rule, RuleContext } from './rule';
import { isCertain, type Reach, reachesOf, rulePathOf } from './traffic';
import { listed } from './wording';

export const clientWithoutIdentity: Rule = {
  id: 'client-without-identity',
  severity: 'warning',
  summary: 'A client that an AuthorizationPolicy lets in by its identity sends plaintext.',
  happens:
    'Without Istio mTLS the client shows no certificate, so no ALLOW rule that names it matches: the server answers 403, or closes the connection on a TCP port.',
  remedy: "Let the client send Istio mTLS: give it a sidecar, or correct the DestinationRule's `tls`.",
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const policy of wholePolicies(snapshot, here)) {
      if (!isEnforced(policy) || policy.spec.action !== 'ALLOW') continue;
      for (const rule of policy.spec.rules) {
        const named = askedBy(rule).filter((each) => isIdentity(each) && !each.negated && isExact(each));
        for (const asked of named) {
          const found = without(view, policy, asked, portsOf(rule));
          if (found.length > 0) yield finding(view, policy, asked, found);
        }
      }
    }
  },
};

function isExact({ name }: Asked): boolean {
  return ['principals', 'source.principal', 'serviceAccounts', 'source.serviceAccount'].includes(name);
}

/** True when a value names this very client, rather than many by a star. */
function names(view: MeshView, policy: AuthorizationPolicy, asked: Asked, client: Workload): boolean {
  const identity = spiffe(identityOf(view.mesh.settings, client));
  return asked.values.some((value) => {
    if (value.includes('*')) return false;
    if (asked.name.startsWith('s') && asked.name !== 'source.principal')
      return serviceAccountTest(value, policy.metadata.namespace)(identity);
    return expandPrincipal(value, trustDomains(view.mesh.settings)).some((each) => principalTest(each)(identity));
  });
}

/** What a named client reaches in plaintext, and is denied. */
function without(
  view: MeshView,
  policy: AuthorizationPolicy,
  asked: Asked,
  ports: ReadonlySet<number> | undefined,
): { client: Workload; reach: Reach }[] {
  const found = workloadsOf(view, policy).flatMap((workload) => reachesOf(view, workload));
  return found.flatMap((reach) => {
    const { workload, port } = reach.endpoint.endpoint;
    if (!workload || (ports && !ports.has(port))) return [];
    if (reach.endpoint.outcome !== 'plaintext' || !isCertain(view, reach) || reach.endpoint.accepts?.captured !== true)
      return [];
    // where the server takes no mTLS at all, identity-without-mtls speaks
    if (reach.endpoint.accepts.wire.istio !== 'terminated') return [];
    return reach.clients.flatMap((client) => {
      if (client.dataplane !== 'none' && client.dataplane !== 'sidecar') return [];
      if (!names(view, policy, asked, client)) return [];
      const answers = view.authorization.access(client, workload, port).plaintext;
      return answers.every(({ decision }) => decision === 'deny') ? [{ client, reach }] : [];
    });
  });
}

function finding(
  view: MeshView,
  policy: AuthorizationPolicy,
  asked: Asked,
  found: readonly { client: Workload; reach: Reach }[],
): Finding {
  const { clusterDomain } = view.mesh.settings;
  const clients = [...new Set(found.map(({ client }) => client))];
  const hosts = listed(
    found.map(({ reach }) => shortHost(reach.connection.service.host, clusterDomain)),
    3,
  );
  const who = listed(clients.map(workloadKey), 3);
  const isOne = clients.length === 1;
  const bare = clients.every(({ dataplane }) => dataplane === 'none');
  const why = bare
    ? `${isOne ? 'has' : 'have'} no sidecar and so no identity`
    : `send${isOne ? 's' : ''} plaintext and so show${isOne ? 's' : ''} no identity`;
  const related: Related[] = [];
  for (const { client, reach } of found) {
    const decided = rulePathOf(reach);
    const place = decided ? placeOf(decided.object, decided.path, 'key') : placeOf(client.object);
    const message = decided
      ? `\`${objectName(decided.object)}\` makes it send plaintext`
      : `\`${workloadKey(client)}\``;
    if (!related.some((each) => each.uri === place.uri && each.range.start === place.range.start))
      related.push({ ...place, message });
  }
  return {
    ...placeOf(policy, asked.path, 'key'),
    message: `${who} ${why}: this rule does not let ${isOne ? 'it' : 'them'} in to ${hosts}, and no other does.`,
    related: related.slice(0, 5),
  };
}
