// waypoint-refused: pods let in the clients that a policy names, but the calls come from their waypoint.
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import { type Workload, workloadKey } from '../mesh/workload';
import { objectName, placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { together } from './fix-fields';
import { addEntry, offered, removeField } from './fixes';
import { isPatch } from './placeholders';
import { policiesOn } from './policies';
import type { Finding, Fix, Rule, RuleContext } from './rule';
import { type Reach, reachesIn, serviceNames } from './traffic';

export const waypointRefused: Rule = {
  id: 'waypoint-refused',
  severity: 'error',
  summary: 'A policy for pods behind a waypoint names clients, and not the waypoint that calls for them.',
  happens:
    'The ztunnel of a pod sees who opens the connection: behind a waypoint that is the waypoint. A policy with `selector`, or one for the namespace, that allows only clients refuses it, and every call through the waypoint fails: `503 upstream connect error … connection termination`.',
  remedy:
    'Attach the policy to the Service (`targetRefs` instead of `selector`), where the waypoint enforces it and sees the clients; or allow the service account of the waypoint too.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const byPolicy = new Map<AuthorizationPolicy, { waypoint: Workload; reaches: Reach[] }>();
    for (const reach of reachesIn(view, here.name)) {
      const { endpoint, connection } = reach;
      const { workload } = endpoint.endpoint;
      if (endpoint.failure !== 'tunnel-refused' || workload?.dataplane !== 'ambient') continue;
      const waypoint = connection.clients.find((each) => each.dataplane === 'waypoint');
      const { allow, deny } = policiesOn(view.mesh, workload);
      const policy = allow.find((each) => !isPatch(snapshot, each));
      // a policy that denies may be what refuses it
      if (!waypoint || !policy || deny.length > 0) continue;
      const known = byPolicy.get(policy);
      if (known) known.reaches.push(reach);
      else byPolicy.set(policy, { waypoint, reaches: [reach] });
    }
    for (const [policy, { waypoint, reaches }] of byPolicy) yield finding(snapshot, view, policy, waypoint, reaches);
  },
};

function finding(
  snapshot: Snapshot,
  view: MeshView,
  policy: AuthorizationPolicy,
  waypoint: Workload,
  reaches: readonly Reach[],
): Finding {
  const account = `${waypoint.namespace}/sa/${waypoint.serviceAccount}`;
  const hasRules = policy.source.document.has([...policy.source.prefix, 'spec', 'rules']);
  return {
    ...(hasRules ? placeOf(policy, ['spec', 'rules'], 'key') : placeOf(policy)),
    message: `\`${objectName(policy)}\` refuses the waypoint \`${workloadKey(waypoint)}\`, through which clients reach ${serviceNames(view, reaches)}: the pods see its identity (\`…/ns/${account}\`), not that of the clients, and no ALLOW policy names it.`,
    related: [{ ...placeOf(waypoint.object), message: `the waypoint \`${workloadKey(waypoint)}\`` }],
    fixes: () => fixes(snapshot, view, policy, reaches),
  };
}

/** The policy where the waypoint enforces it, if one Service has all the pods that it selects. */
function fixes(snapshot: Snapshot, view: MeshView, policy: AuthorizationPolicy, reaches: readonly Reach[]): Fix[] {
  const services = new Set(reaches.map(({ connection }) => connection.service));
  const [service] = services;
  if (services.size !== 1 || service?.object.kind !== 'Service' || !policy.spec.selector) return [];
  const { namespace, name } = service.object.metadata;
  if (policy.metadata.namespace !== namespace) return [];
  const pods = new Set(reaches.flatMap(({ endpoint }) => endpoint.endpoint.workload ?? []));
  const selected = view.mesh.podsIn(namespace).filter((pod) => policiesOn(view.mesh, pod).allow.includes(policy));
  if (selected.some((pod) => !pods.has(pod))) return [];
  const title = `Attach it to \`Service ${namespace}/${name}\` (\`targetRefs\`)`;
  const targetRefs = [{ kind: 'Service', group: '', name }];
  return offered(
    together(
      title,
      [
        addEntry(snapshot, policy, ['spec'], { targetRefs }, title),
        removeField(snapshot, policy, ['spec', 'selector'], title),
      ],
      true,
    ),
  );
}
