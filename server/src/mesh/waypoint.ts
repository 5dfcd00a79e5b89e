// Waypoints: Gateways of class istio-waypoint, through which ambient clients reach the services that name them.

import { selectsLabels } from '../manifest/kinds/label-selector';
import type { KubernetesGateway } from '../manifest/kinds/routing';
import type { Service } from '../manifest/kinds/service';
import type { Labels } from '../manifest/object';
import { refOf } from '../manifest/object';
import type { Mesh } from './mesh';
import type { MeshService } from './service';
import type { Workload } from './workload';

const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name';
const MANAGED_BY = 'gateway.istio.io/managed';
const MESH_CONTROLLER = 'istio.io-mesh-controller';
/** The port on which waypoints, ztunnels and sidecars take HBONE. */
export const HBONE_PORT = 15008;

/** True for a Gateway that Istio runs as a waypoint. */
export function isWaypoint(gateway: KubernetesGateway): boolean {
  return gateway.spec.className === 'istio-waypoint';
}

/** The pod that Istio runs for a waypoint (pilot/pkg/config/kube/gateway: the managed Deployment). */
export function waypointWorkload(gateway: KubernetesGateway): Workload {
  const { namespace, name } = gateway.metadata;
  return {
    namespace,
    name,
    object: gateway,
    labels: { ...gateway.metadata.labels, [GATEWAY_NAME]: name },
    annotations: {},
    serviceAccount: name,
    containers: [],
    dataplane: 'waypoint',
    listensForHbone: true,
    reason: { code: 'waypoint', object: refOf(gateway) },
  };
}

/** The Service that Istio makes for a waypoint; it stands where its Gateway stands. */
export function waypointService(gateway: KubernetesGateway): Service {
  const { source, apiVersion } = gateway;
  const metadata = { ...gateway.metadata, labels: { ...gateway.metadata.labels, [MANAGED_BY]: MESH_CONTROLLER } };
  const ports = gateway.spec.listeners.map((listener) => ({
    name: listener.name,
    port: listener.port,
    targetPort: listener.port,
    protocol: 'TCP',
    appProtocol: 'hbone',
  }));
  const spec = {
    type: 'ClusterIP',
    headless: false,
    externalName: undefined,
    selector: { [GATEWAY_NAME]: metadata.name },
    ports,
  };
  return { kind: 'Service', apiVersion, metadata, spec, source, problems: [] };
}

/** Services that istiod itself makes for a waypoint or an east-west gateway have none. */
const WITHOUT_WAYPOINT = [MESH_CONTROLLER, 'istio.io-eastwest-controller'];

/**
 * The waypoint in front of a service: named by a label of the service, else of its namespace; `none` opts out, and a
 * label for a waypoint that does not exist, or that takes nothing from the namespace, leaves the service without one
 * (ambient/waypoints.go:fetchWaypointForService).
 */
export function waypointOf(mesh: Mesh, service: MeshService): Workload | undefined {
  if (!mesh.settings.ambient) return undefined;
  const { labels } = service.object.metadata;
  if (WITHOUT_WAYPOINT.includes(labels[MANAGED_BY] ?? '')) return undefined;
  const own = mesh.labelled(service.namespace)?.metadata.labels ?? {};
  const named = waypointName(labels) ?? waypointName(own);
  if (!named || named.name === 'none') return undefined;
  const namespace = named.namespace ?? service.namespace;
  const found = mesh.podsIn(namespace).find((pod) => pod.dataplane === 'waypoint' && pod.name === named.name);
  const serves = found?.labels['istio.io/waypoint-for'] ?? 'service';
  if (!found || (serves !== 'service' && serves !== 'all')) return undefined;
  return takesFrom(found.object as KubernetesGateway, service.namespace, own) ? found : undefined;
}

/** Whether a waypoint's HBONE listener lets services of a namespace attach themselves (makeAllowedRoutes). */
function takesFrom(gateway: KubernetesGateway, namespace: string, labels: Labels): boolean {
  const listener = gateway.spec.listeners.find(({ protocol, port }) => protocol === 'HBONE' && port === HBONE_PORT);
  const from = listener?.from ?? 'Same';
  if (from === 'All') return true;
  return from === 'Same' ? namespace === gateway.metadata.namespace : selectsLabels(from, labels);
}

/** An empty label names a waypoint too, one that cannot exist. */
function waypointName(labels: Labels): { name: string; namespace: string | undefined } | undefined {
  const name = labels['istio.io/use-waypoint'];
  return name === undefined ? undefined : { name, namespace: labels['istio.io/use-waypoint-namespace'] };
}
