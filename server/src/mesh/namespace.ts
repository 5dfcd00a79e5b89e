// What one namespace of a mesh holds: its objects by kind, its pods and its services.
import { memo, perObject } from '../incremental/cells';
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
import { byCreation, type KubernetesObject } from '../manifest/object';
import type { ConfigMap, KnownObject, Namespace } from '../manifest/read';
import { backendTlsRules } from './backend-tls';
import { isDiscovered, isReadByNamespace } from './discovery';
import { sameItems } from './lookup';
import { type MeshService, mergeServices, servicesOf } from './service';
import type { Assumptions, MeshSettings } from './settings';
import type { ObjectTable } from './table';
import { isWaypoint, waypointService, waypointWorkload } from './waypoint';
import { readWorkloadPod, type Workload } from './workload';

/** One namespace. Objects that do not count are in `objects` and `ignored` alone. */
export interface MeshNamespace {
  readonly name: string;
  /** Its manifest; undefined where its labels are unknown. */
  readonly object: Namespace | undefined;
  /** Every object, those that do not count included, in the order of the manifests. */
  readonly objects: readonly KnownObject[];
  /** Those of them that do not count. */
  readonly ignored: readonly KnownObject[];
  readonly workloads: readonly Workload[];
  /** In istiod's order. */
  readonly services: readonly MeshService[];
  servicesAt(host: string): readonly MeshService[];
  /** In istiod's order, as are all that follow. */
  readonly peerAuthentications: readonly PeerAuthentication[];
  readonly requestAuthentications: readonly RequestAuthentication[];
  readonly authorizationPolicies: readonly AuthorizationPolicy[];
  readonly destinationRules: readonly DestinationRule[];
  /** Those that istiod makes of BackendTLSPolicies. */
  readonly synthesisedRules: readonly DestinationRule[];
  readonly virtualServices: readonly VirtualService[];
  readonly gateways: readonly Gateway[];
  readonly kubernetesGateways: readonly KubernetesGateway[];
  readonly workloadEntries: readonly WorkloadEntry[];
  readonly sidecars: readonly Sidecar[];
}

/** What acts on a namespace's workloads of one kind: the root namespace's objects and its own, in istiod's order. */
export function withRoot<T extends KubernetesObject>(
  { settings, in: namespaceOf }: { settings: MeshSettings; in(namespace: string): MeshNamespace },
  namespace: string,
  list: (namespace: MeshNamespace) => readonly T[],
): readonly T[] {
  const own = list(namespaceOf(namespace));
  const root = namespace === settings.rootNamespace ? [] : list(namespaceOf(settings.rootNamespace));
  return root.length === 0 ? own : [...root, ...own].sort(byCreation);
}

/**
 * The namespaces of a table, each the same object whenever it is asked for.
 * @param elsewhere Namespaces by name, of which the labels hold here where the table has none
 */
export function createNamespaces(
  table: ObjectTable,
  settings: MeshSettings,
  assume: Assumptions,
  elsewhere: ReadonlyMap<string, Namespace>,
): (name: string) => MeshNamespace {
  const plain = <T extends KnownObject>(kind: T['kind']): ((name: string) => readonly T[]) =>
    memo((name) => read<T>(kind, name), sameItems);
  const sorted = <T extends KnownObject>(kind: T['kind']): ((name: string) => readonly T[]) =>
    memo((name) => read<T>(kind, name).sort(byCreation), sameItems);
  const discovered = memo((name: string) => isDiscovered(settings, labelled(name)));
  const read = <T extends KnownObject>(kind: T['kind'], name: string): T[] =>
    isReadByNamespace({ kind }) && !discovered(name) ? [] : table.of<T>(kind, name);

  const objects = memo((name: string): readonly KnownObject[] => table.objectsIn(name), sameItems);
  const ignored = memo(
    (name: string): readonly KnownObject[] =>
      objects(name).filter((object) => table.reasonFor(object) ?? (isReadByNamespace(object) && !discovered(name))),
    sameItems,
  );
  const namespaceObject = memo((name: string) => table.of<Namespace>('Namespace', name)[0]);
  const labelled = (name: string): Namespace | undefined => namespaceObject(name) ?? elsewhere.get(name);
  const kubernetesGateways = sorted<KubernetesGateway>('KubernetesGateway');
  const waypoints = (name: string): readonly KubernetesGateway[] =>
    settings.ambient ? kubernetesGateways(name).filter(isWaypoint) : [];
  const waypointPod = perObject(waypointWorkload);
  const waypointEntrance = perObject(waypointService);

  const pod = memo(
    (object: WorkloadObject): Workload =>
      readWorkloadPod(object, labelled(object.metadata.namespace), settings, assume),
  );
  const podsOf = WORKLOAD_KINDS.map((kind) => plain<WorkloadObject>(kind));
  const workloads = memo((name: string): readonly Workload[] => {
    const objects = podsOf.flatMap((list) => list(name)).filter((object) => object.spec.replicas !== 0);
    return [...objects.map(pod), ...waypoints(name).map(waypointPod)];
  }, sameItems);

  const plainServices = plain<Service>('Service');
  const serviceEntries = sorted<ServiceEntry>('ServiceEntry');
  const defined = perObject((object: Service | ServiceEntry) => servicesOf(object, settings));
  const services = memo((name: string): readonly MeshService[] => {
    const objects = [...plainServices(name), ...waypoints(name).map(waypointEntrance), ...serviceEntries(name)];
    return mergeServices(objects.flatMap(defined));
  }, sameItems);
  const byHost = memo((name: string): ReadonlyMap<string, readonly MeshService[]> => {
    const hosts = new Map<string, MeshService[]>();
    for (const service of services(name)) hosts.set(service.host, [...(hosts.get(service.host) ?? []), service]);
    return hosts;
  });
  const backendTlsPolicies = sorted<BackendTlsPolicy>('BackendTLSPolicy');
  const configMaps = plain<ConfigMap>('ConfigMap');
  const synthesisedRules = memo((name: string): readonly DestinationRule[] => {
    const policies = backendTlsPolicies(name);
    return policies.length > 0
      ? backendTlsRules(policies, plainServices(name), configMaps(name), settings.clusterDomain)
      : [];
  }, sameItems);
  const lists = {
    objects,
    ignored,
    object: namespaceObject,
    workloads,
    services,
    synthesisedRules,
    kubernetesGateways,
    peerAuthentications: sorted<PeerAuthentication>('PeerAuthentication'),
    requestAuthentications: sorted<RequestAuthentication>('RequestAuthentication'),
    authorizationPolicies: sorted<AuthorizationPolicy>('AuthorizationPolicy'),
    destinationRules: sorted<DestinationRule>('DestinationRule'),
    virtualServices: sorted<VirtualService>('VirtualService'),
    gateways: sorted<Gateway>('Gateway'),
    workloadEntries: sorted<WorkloadEntry>('WorkloadEntry'),
    sidecars: sorted<Sidecar>('Sidecar'),
  };
  const known = new Map<string, MeshNamespace>();
  return (name) => {
    let namespace = known.get(name);
    if (!namespace) {
      namespace = new NamespaceLists(name, lists, (host) => byHost(name).get(host) ?? []);
      known.set(name, namespace);
    }
    return namespace;
  };
}

type Lists = {
  readonly [K in Exclude<keyof MeshNamespace, 'name' | 'servicesAt'>]: (name: string) => MeshNamespace[K];
};

/** Asks for each list when somebody looks at it. */
class NamespaceLists implements MeshNamespace {
  constructor(
    readonly name: string,
    private readonly lists: Lists,
    readonly servicesAt: MeshNamespace['servicesAt'],
  ) {}
  get object() {
    return this.lists.object(this.name);
  }
  get objects() {
    return this.lists.objects(this.name);
  }
  get ignored() {
    return this.lists.ignored(this.name);
  }
  get workloads() {
    return this.lists.workloads(this.name);
  }
  get services() {
    return this.lists.services(this.name);
  }
  get peerAuthentications() {
    return this.lists.peerAuthentications(this.name);
  }
  get requestAuthentications() {
    return this.lists.requestAuthentications(this.name);
  }
  get authorizationPolicies() {
    return this.lists.authorizationPolicies(this.name);
  }
  get destinationRules() {
    return this.lists.destinationRules(this.name);
  }
  get synthesisedRules() {
    return this.lists.synthesisedRules(this.name);
  }
  get virtualServices() {
    return this.lists.virtualServices(this.name);
  }
  get gateways() {
    return this.lists.gateways(this.name);
  }
  get kubernetesGateways() {
    return this.lists.kubernetesGateways(this.name);
  }
  get workloadEntries() {
    return this.lists.workloadEntries(this.name);
  }
  get sidecars() {
    return this.lists.sidecars(this.name);
  }
}
