// waypoint-bypassed: a policy is enforced at a waypoint, and clients with a proxy go straight to the pods.
import { attachmentOf } from '../authorization/attachment';
import { callersOf } from '../mesh/evidence';
import type { MeshService } from '../mesh/service';
import { waypointOf } from '../mesh/waypoint';
import { type Workload, workloadKey } from '../mesh/workload';
import { dataplaneOf } from '../mtls/client-set';
import { count, objectName, placeOf } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { isPatch } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { clientsOf, type Reach, reachesIn, serviceNames } from './traffic';
import { listed } from './wording';

const INGRESS = 'istio.io/ingress-use-waypoint';

export const waypointBypassed: Rule = {
  id: 'waypoint-bypassed',
  severity: 'warning',
  summary: 'A policy is enforced at a waypoint, and clients with a sidecar or gateways go past it.',
  happens:
    'Only clients in ambient mode are led through the waypoint of a service. Sidecars and gateways send straight to the pods, whose ztunnel knows nothing of a policy with `targetRefs`: what it denies is let in. Without a sign in the manifests that such a client calls the service this is information.',
  remedy:
    'Put the clients into ambient mode; for gateways set the label `istio.io/ingress-use-waypoint: "true"` on the Service or its namespace. Or let the pods take calls from the waypoint alone: an AuthorizationPolicy with `selector` that allows its service account.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const policies = [...here.authorizationPolicies, ...here.requestAuthentications].filter(
      ({ spec }) => spec.targetRefs.length > 0 && !('dryRun' in spec && spec.dryRun),
    );
    if (policies.length === 0) return;
    const { rootNamespace } = view.mesh.settings;
    const past = reachesIn(view, here.name).filter((reach) => isPast(view, reach));
    for (const policy of policies) {
      if (isPatch(snapshot, policy)) continue;
      const missed = past.filter(({ connection: { service } }) => {
        const waypoint = waypointOf(view.mesh, service);
        return waypoint && attachmentOf(policy, waypoint, rootNamespace, service) === 'target';
      });
      if (missed.length > 0) yield finding(view, policy, missed);
    }
  },
};

/** True for what a proxy sends to the pods themselves, and what is let in there. */
function isPast(view: MeshView, { connection, endpoint, parts }: Reach): boolean {
  const { service, route } = connection;
  if (route !== 'cluster' || endpoint.outcome === 'fail' || endpoint.outcome === 'unknown') return false;
  // of a service that only its own pods call, none may be left but the pod itself
  const dataplanes = new Set(parts.filter((part) => part.type !== 'pods' || part.members.length > 0).map(dataplaneOf));
  const goPast = dataplanes.has('sidecar') || (dataplanes.has('gateway') && !isIngressLed(view, service));
  return goPast && waypointOf(view.mesh, service) !== undefined;
}

/** pilot/pkg/xds/endpoints: gateways use the waypoint where the Service or its namespace says so. */
function isIngressLed({ mesh }: MeshView, { object, namespace }: MeshService): boolean {
  const own = object.metadata.labels[INGRESS] ?? mesh.namespaces.get(namespace)?.metadata.labels[INGRESS];
  return own === 'true';
}

type Policy =
  | RuleContext['here']['authorizationPolicies'][number]
  | RuleContext['here']['requestAuthentications'][number];

function finding(view: MeshView, policy: Policy, missed: readonly Reach[]): Finding {
  const waypoint = waypointOf(view.mesh, missed[0]!.connection.service)!;
  const callers = [...new Set(missed.flatMap((reach) => knownCallers(view, reach)))];
  const clients = [...clientsOf(missed)].filter(({ dataplane }) => dataplane === 'sidecar' || dataplane === 'gateway');
  const services = serviceNames(view, missed);
  const single = policy.source.document.has([...policy.source.prefix, 'spec', 'targetRef']);
  const path: Path = ['spec', single ? 'targetRef' : 'targetRefs'];
  const related = [
    { ...placeOf(waypoint.object), message: `\`${workloadKey(waypoint)}\` is the waypoint that enforces this policy` },
    ...(callers.length > 0 ? callers : clients)
      .slice(0, 3)
      .map((client) => ({ ...placeOf(client.object), message: `\`${workloadKey(client)}\` ${kindWords(client)}` })),
  ];
  if (callers.length > 0) {
    const many = callers.length > 1;
    return {
      ...placeOf(policy, path, 'key'),
      message: `This policy is not enforced for ${listed(callers.map(workloadKey), 3)}: ${many ? 'they go' : 'it goes'} past the waypoint \`${workloadKey(waypoint)}\`, straight to the pods of ${services}.`,
      related,
    };
  }
  return {
    ...placeOf(policy, path, 'key'),
    severity: 'information',
    message: `\`${objectName(policy)}\` is not enforced for ${count(clients.length, 'client')} that ${clients.length === 1 ? 'goes' : 'go'} past the waypoint \`${workloadKey(waypoint)}\`, straight to the pods of ${services}: ${listed(clients.map(workloadKey), 3)}. Nothing in this workspace shows that ${clients.length === 1 ? 'it calls' : 'they call'} them.`,
    related,
  };
}

function kindWords({ dataplane }: Workload): string {
  return dataplane === 'gateway' ? 'is a gateway' : 'has a sidecar';
}

/** Sidecars that name the host, and gateways with a route to it. */
function knownCallers(view: MeshView, reach: Reach): Workload[] {
  const { service, port } = reach.connection;
  const clients = clientsOf([reach]);
  const naming = callersOf(view.mesh, service, port.port)
    .map(({ client }) => client)
    .filter((client) => client.dataplane === 'sidecar' && clients.has(client));
  const isRouted = view.mesh
    .virtualServicesTo(service.host)
    .some(({ spec }) => spec.gateways.some((gateway) => gateway !== 'mesh'));
  const gateways = isRouted && !isIngressLed(view, service) ? [...clients] : [];
  return [...naming, ...gateways.filter(({ dataplane }) => dataplane === 'gateway')];
}
