// A mesh: all objects that are deployed together, indexed as the rules ask for them. Knows nothing of TLS.

import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import type { BackendTlsPolicy } from '../manifest/kinds/backend-tls-policy';
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import type { Gateway } from '../manifest/kinds/gateway';
import type { PeerAuthentication } from '../manifest/kinds/peer-authentication';
import type { RequestAuthentication } from '../manifest/kinds/request-authentication';
import type { KubernetesGateway, VirtualService } from '../manifest/kinds/routing';
import type { Service } from '../manifest/kinds/service';
import type { ServiceEntry, WorkloadEntry } from '../manifest/kinds/service-entry';
import type { Sidecar } from '../manifest/kinds/sidecar';
import { WORKLOAD_KINDS, type WorkloadObject } from '../manifest/kinds/workload';
import { byCreation, isRejected, type KubernetesObject, refKey, refOf } from '../manifest/object';
import type { ConfigMap, KnownObject, Namespace } from '../manifest/read';
import { backendTlsRules } from './backend-tls';
import {
  buildAmbientScope,
  buildGatewayScope,
  buildScope,
  type HostIndexes,
  indexHosts,
  type Scope,
  sidecarFor,
} from './scope';
import { listServices, type MeshService } from './service';
import { type Assumptions, type MeshSettings, readSettings } from './settings';
import { isTooNew } from './version';
import { isWaypoint, waypointService, waypointWorkload } from './waypoint';
import { readWorkloadPod, type Workload, workloadKey } from './workload';

export interface Mesh {
  readonly settings: MeshSettings;
  /** Every object, those that do not count included. */
  readonly objects: readonly KnownObject[];
  /** Objects that do not count, with the reason. */
  readonly ignored: ReadonlyMap<KnownObject, IgnoredReason>;
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly workloads: readonly Workload[];
  readonly services: readonly MeshService[];
  /** The services of a namespace, in istiod's order. */
  servicesIn(namespace: string): readonly MeshService[];
  readonly servicesByHost: ReadonlyMap<string, readonly MeshService[]>;
  /** In istiod's order. */
  readonly peerAuthentications: readonly PeerAuthentication[];
  readonly requestAuthentications: readonly RequestAuthentication[];
  readonly authorizationPolicies: readonly AuthorizationPolicy[];
  readonly destinationRules: readonly DestinationRule[];
  /** Those that istiod makes of BackendTLSPolicies. */
  readonly synthesisedRules: readonly DestinationRule[];
  readonly virtualServices: readonly VirtualService[];
  readonly gateways: readonly Gateway[];
  readonly kubernetesGateways: readonly KubernetesGateway[];
  podsIn(namespace: string): readonly Workload[];
  workloadEntriesIn(namespace: string): readonly WorkloadEntry[];
  sidecarsIn(namespace: string): readonly Sidecar[];
  /** The hosts that all clients know alike, and the others. */
  hosts(): HostIndexes;
  /** What `client` can call by name; the same object for clients that have the same. */
  scopeOf(client: Workload): Scope;
}

/** Why an object has no part in the answers. */
export interface IgnoredReason {
  /** `rejected`: the API server refuses it; `revision`: labelled for another istiod; `repeated`: defined again elsewhere. */
  readonly code: 'rejected' | 'revision' | 'repeated';
  /** The object that counts instead. */
  readonly winner?: KnownObject;
}

/** Kinds that istiod reads by revision (pilot/pkg/config/kube/crdclient/client.go:inRevision). */
const REVISIONED = new Set([
  'PeerAuthentication',
  'RequestAuthentication',
  'AuthorizationPolicy',
  'DestinationRule',
  'ServiceEntry',
  'WorkloadEntry',
  'Sidecar',
  'VirtualService',
  'Gateway',
]);

/** Builds the mesh of `objects`, which are in a stable order. An object that comes twice counts once: the last of a file,
 * the first of several files.
 */
export function buildMesh(objects: readonly KnownObject[], assume: Assumptions = {}): Mesh {
  const ignored = new Map<KnownObject, IgnoredReason>();
  const kinds = new Map<string, KnownObject[]>();
  const known = new Map<string, KnownObject>();
  const settings = readSettings(objects, assume);
  for (const object of objects) {
    const reason = refusal(object, settings);
    const key = refKey(refOf(object));
    const earlier = known.get(key);
    if (reason) ignored.set(object, reason);
    else if (earlier && earlier.source.uri !== object.source.uri) {
      ignored.set(object, { code: 'repeated', winner: earlier });
    } else {
      // applying a file leaves the last of two definitions
      if (earlier) ignored.set(earlier, { code: 'repeated', winner: object });
      known.set(key, object);
    }
  }
  for (const object of known.values()) {
    const list = kinds.get(object.kind);
    if (list) list.push(object);
    else kinds.set(object.kind, [object]);
  }
  const all = <T extends KnownObject>(kind: T['kind']): T[] => (kinds.get(kind) ?? []) as T[];
  const sorted = <T extends KnownObject>(kind: T['kind']): T[] => all<T>(kind).sort(byCreation);

  const namespaces = new Map(all<Namespace>('Namespace').map((object) => [object.metadata.name, object]));
  const workloads = WORKLOAD_KINDS.flatMap((kind) => all<WorkloadObject>(kind))
    .filter((object) => object.spec.replicas !== 0)
    .map((object) => readWorkloadPod(object, namespaces, settings, assume));
  const waypoints = settings.ambient ? all<KubernetesGateway>('KubernetesGateway').filter(isWaypoint) : [];
  workloads.push(...waypoints.map(waypointWorkload));
  const services = listServices(
    [...all<Service>('Service'), ...waypoints.map(waypointService)],
    sorted<ServiceEntry>('ServiceEntry'),
    settings,
  );
  const pods = groupBy(workloads, (workload) => workload.namespace);
  const entries = groupBy(sorted<WorkloadEntry>('WorkloadEntry'), namespaceOf);
  const sidecars = groupBy(sorted<Sidecar>('Sidecar'), namespaceOf);
  const byNamespace = groupBy(services, (service) => service.namespace);
  const scopes = new Map<string, Scope>();
  let hosts: HostIndexes | undefined;
  const mesh: Mesh = {
    settings,
    objects,
    ignored,
    namespaces,
    workloads,
    services,
    servicesByHost: groupBy(services, (service) => service.host),
    servicesIn: (namespace) => byNamespace.get(namespace) ?? [],
    peerAuthentications: sorted<PeerAuthentication>('PeerAuthentication'),
    requestAuthentications: sorted<RequestAuthentication>('RequestAuthentication'),
    authorizationPolicies: sorted<AuthorizationPolicy>('AuthorizationPolicy'),
    destinationRules: sorted<DestinationRule>('DestinationRule'),
    synthesisedRules: backendTlsRules(
      sorted<BackendTlsPolicy>('BackendTLSPolicy'),
      all<Service>('Service'),
      all<ConfigMap>('ConfigMap'),
      settings.clusterDomain,
    ),
    virtualServices: sorted<VirtualService>('VirtualService'),
    gateways: sorted<Gateway>('Gateway'),
    kubernetesGateways: sorted<KubernetesGateway>('KubernetesGateway'),
    podsIn: (namespace) => pods.get(namespace) ?? [],
    workloadEntriesIn: (namespace) => entries.get(namespace) ?? [],
    sidecarsIn: (namespace) => sidecars.get(namespace) ?? [],
    hosts() {
      hosts ??= indexHosts(mesh);
      return hosts;
    },
    scopeOf(client) {
      const gateway = client.dataplane === 'gateway' || client.dataplane === 'waypoint';
      const ambient = client.dataplane === 'ambient';
      const sidecar = gateway || ambient ? undefined : sidecarFor(mesh, client.namespace, client.labels);
      const kind = ambient ? 'ambient' : gateway ? 'gateway' : 'sidecar';
      const key = `${kind} ${client.namespace} ${sidecar ? `${sidecar.metadata.namespace}/${sidecar.metadata.name}` : ''}`;
      let scope = scopes.get(key);
      if (!scope) {
        if (ambient) scope = buildAmbientScope(mesh, client.namespace);
        else if (gateway) scope = buildGatewayScope(mesh, client.namespace);
        else scope = buildScope(mesh, client.namespace, sidecar);
        scopes.set(key, scope);
      }
      return scope;
    },
  };
  return mesh;
}

function refusal(object: KnownObject, settings: MeshSettings): IgnoredReason | undefined {
  if (isRejected(object) || isTooNew(object, settings)) return { code: 'rejected' };
  const label = object.metadata.labels['istio.io/rev'];
  return label !== undefined && label !== settings.revision && REVISIONED.has(object.kind)
    ? { code: 'revision' }
    : undefined;
}

function namespaceOf(object: KubernetesObject): string {
  return object.metadata.namespace;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

/** The workload of that namespace and name, or undefined. */
export function findWorkload(mesh: Mesh, key: string): Workload | undefined {
  return mesh.workloads.find((workload) => workloadKey(workload) === key);
}
