// A mesh: all objects that are deployed together, as the rules ask for them. Knows nothing of TLS. It changes with the
// files; everything that is read of it is noted by whoever remembers results of it.
import { gate, memo } from '../incremental/cells';
import type { KubernetesGateway, VirtualService } from '../manifest/kinds/routing';
import type { Service } from '../manifest/kinds/service';
import type { ServiceEntry } from '../manifest/kinds/service-entry';
import { byCreation, isRejected, selects } from '../manifest/object';
import type { KnownObject, Namespace } from '../manifest/read';
import { isDiscovered, isReadByNamespace, REVISIONED } from './discovery';
import { covers, expandHost } from './host';
import { type Lookup, lookup, sameItems, unique } from './lookup';
import { mentionsOf } from './mentions';
import { createNamespaces, type MeshNamespace } from './namespace';
import { openField } from './open';
import { type Scope, Scopes } from './scope';
import { listOrder, type MeshService } from './service';
import type { Assumptions, MeshSettings } from './settings';
import { type IgnoredReason, ObjectTable } from './table';
import { isTooNew } from './version';
import { isWaypoint } from './waypoint';
import { type Client, type Workload, workloadKey } from './workload';

export type { MeshNamespace } from './namespace';
export type { IgnoredReason } from './table';

/** The lists that every namespace has and that can be read of the whole mesh at once. */
type Whole = Omit<MeshNamespace, 'name' | 'object' | 'servicesAt' | 'workloadEntries' | 'sidecars'>;

/**
 * A mesh. What is asked of one namespace or host hangs on that alone; the whole lists hang on everything, and are for
 * answers that are about everything.
 */
export interface Mesh extends Whole {
  readonly settings: MeshSettings;
  /** Names of the namespaces in which something stands or that are defined, and of a few where something was; in order. */
  readonly namespaceNames: readonly string[];
  /** Those of them that a manifest defines or where something runs. */
  readonly populatedNamespaces: readonly string[];
  /** What one namespace holds; a namespace that nobody mentions is empty. */
  in(namespace: string): MeshNamespace;
  /** Why an object does not count; undefined for those that do. */
  ignoredReason(object: KnownObject): IgnoredReason | undefined;
  /** By name, those that a manifest defines. */
  readonly namespaces: Lookup<string, Namespace>;
  /** The manifest whose labels a namespace has: its own, or one of another mesh of the workspace. */
  labelled(name: string): Namespace | undefined;
  /** By host, in istiod's order. */
  readonly servicesByHost: Lookup<string, readonly MeshService[]>;
  /** The namespaces with DestinationRules whose host covers this one. */
  namespacesWithRuleFor(host: string): readonly string[];
  /** VirtualServices with a route to this host, or with delegates, in istiod's order. */
  virtualServicesTo(host: string): readonly VirtualService[];
  /** The namespaces with workloads whose manifests have this host somewhere. */
  namespacesMentioning(host: string): readonly string[];
  podsIn(namespace: string): readonly Workload[];
  /** The pods that a Service's or ServiceEntry's selector fits; none without a selector. */
  podsBehind(source: Service | ServiceEntry): readonly Workload[];
  servicesIn(namespace: string): readonly MeshService[];
  workloadEntriesIn(namespace: string): MeshNamespace['workloadEntries'];
  sidecarsIn(namespace: string): MeshNamespace['sidecars'];
  /** What `client` can call by name; the same object for clients that have the same. */
  scopeOf(client: Client): Scope;
}

/** An empty table for objects under these settings. */
export function createTable(settings: MeshSettings): ObjectTable {
  const domain = settings.clusterDomain;
  return new ObjectTable({
    refusal: (object) => refusal(object, settings),
    hosts: {
      defined(object) {
        if (object.kind === 'ServiceEntry') return unique(object.spec.hosts);
        const isService =
          object.kind === 'Service' || (object.kind === 'KubernetesGateway' && settings.ambient && isWaypoint(object));
        return isService ? [`${object.metadata.name}.${object.metadata.namespace}.svc.${domain}`] : [];
      },
      ruled(object) {
        const { namespace } = object.metadata;
        if (object.kind === 'DestinationRule') return [expandHost(object.spec.host, namespace, domain)];
        // istiod makes rules of them
        return object.kind === 'BackendTLSPolicy'
          ? unique(object.spec.targets.map(({ service }) => `${service}.${namespace}.svc.${domain}`))
          : [];
      },
      routed: (object) =>
        object.kind === 'VirtualService' ? [...routedHosts(object, domain), ...delegating(object)] : [],
      mentioned: (object) => [...mentionsOf(object).keys()],
    },
  });
}

/** Under this instead of a host are VirtualServices found that leave their routes to others. */
const DELEGATES = 'delegates';

function delegating({ spec }: VirtualService): readonly string[] {
  return spec.delegates.length > 0 ? [DELEGATES] : [];
}

function routedHosts({ spec, metadata }: VirtualService, domain: string): readonly string[] {
  return unique(spec.destinations.map(({ host }) => expandHost(host, metadata.namespace, domain)));
}

/**
 * The mesh of what a table holds, now and later.
 * @param elsewhere Namespaces by name, of which the labels hold here where the table has none
 */
export function meshOf(
  table: ObjectTable,
  settings: MeshSettings,
  assume: Assumptions,
  elsewhere: ReadonlyMap<string, Namespace>,
): Mesh {
  const namespaceOf = createNamespaces(table, settings, assume, elsewhere);
  const all = <T>(list: (namespace: MeshNamespace) => readonly T[]): (() => readonly T[]) =>
    gate(() => table.namespaces().flatMap((name) => list(namespaceOf(name))), sameItems);
  const inCreationOrder = <T extends KnownObject>(
    list: (namespace: MeshNamespace) => readonly T[],
  ): (() => readonly T[]) => {
    const unordered = all(list);
    return gate(() => [...unordered()].sort(byCreation), sameItems);
  };
  const services = all((each) => each.services);
  const whole = {
    objects: all((each) => each.objects),
    ignored: all((each) => each.ignored),
    workloads: all((each) => each.workloads),
    services: gate(() => [...services()].sort(listOrder), sameItems),
    peerAuthentications: inCreationOrder((each) => each.peerAuthentications),
    requestAuthentications: inCreationOrder((each) => each.requestAuthentications),
    authorizationPolicies: inCreationOrder((each) => each.authorizationPolicies),
    destinationRules: inCreationOrder((each) => each.destinationRules),
    synthesisedRules: all((each) => each.synthesisedRules),
    virtualServices: inCreationOrder((each) => each.virtualServices),
    gateways: inCreationOrder((each) => each.gateways),
    kubernetesGateways: inCreationOrder<KubernetesGateway>((each) => each.kubernetesGateways),
  };
  const servicesAt = memo((host: string): readonly MeshService[] => {
    const namespaces = unique(table.namespacesBy('defined', host));
    const found = namespaces.flatMap((name) => namespaceOf(name).servicesAt(host));
    return found.length > 1 ? found.sort(listOrder) : found;
  }, sameItems);
  const hosts = gate(() => unique(whole.services().map((service) => service.host)), sameItems);
  const defined = gate(() => table.namespaces().filter((name) => namespaceOf(name).object), sameItems);
  const populated = gate(
    () =>
      table.namespaces().filter((name) => {
        const { object, workloads, services } = namespaceOf(name);
        return object !== undefined || workloads.length > 0 || services.length > 0;
      }),
    sameItems,
  );
  const scopes = new Scopes();
  const mesh: Mesh = {
    settings,
    in: namespaceOf,
    get namespaceNames() {
      return table.namespaces();
    },
    get populatedNamespaces() {
      return populated();
    },
    ignoredReason: (object) =>
      table.reasonFor(object) ??
      (isReadByNamespace(object) && !isDiscovered(settings, mesh.labelled(object.metadata.namespace))
        ? { code: 'undiscovered' }
        : undefined),
    namespaces: lookup((name) => namespaceOf(name).object, defined),
    servicesByHost: lookup((host) => {
      const found = servicesAt(host);
      return found.length > 0 ? found : undefined;
    }, hosts),
    namespacesWithRuleFor: memo((host: string) => {
      const patterns = unique(table.rulePatterns()).filter((pattern) => pattern !== host && covers(pattern, host));
      return unique([host, ...patterns].flatMap((pattern) => table.namespacesBy('ruled', pattern)));
    }, sameItems),
    virtualServicesTo: memo((host: string): readonly VirtualService[] => {
      const found = unique([...table.namespacesBy('routed', host), ...table.namespacesBy('routed', DELEGATES)])
        .flatMap((name) => namespaceOf(name).virtualServices)
        .filter((each) => each.spec.delegates.length > 0 || routedHosts(each, settings.clusterDomain).includes(host));
      return found.length > 1 ? found.sort(byCreation) : found;
    }, sameItems),
    namespacesMentioning: (host) => unique(table.namespacesBy('mentioned', host)),
    labelled: (name) => namespaceOf(name).object ?? elsewhere.get(name),
    podsIn: (namespace) => namespaceOf(namespace).workloads,
    podsBehind: memo((source: Service | ServiceEntry): readonly Workload[] => {
      const selector = source.kind === 'Service' ? source.spec.selector : source.spec.workloadSelector?.matchLabels;
      const pods = selector ? namespaceOf(source.metadata.namespace).workloads : [];
      return pods.filter(({ labels }) => selects(selector!, labels));
    }, sameItems),
    servicesIn: (namespace) => namespaceOf(namespace).services,
    workloadEntriesIn: (namespace) => namespaceOf(namespace).workloadEntries,
    sidecarsIn: (namespace) => namespaceOf(namespace).sidecars,
    scopeOf: (client) => scopes.of(mesh, client),
    get objects() {
      return whole.objects();
    },
    get ignored() {
      return whole.ignored();
    },
    get workloads() {
      return whole.workloads();
    },
    get services() {
      return whole.services();
    },
    get peerAuthentications() {
      return whole.peerAuthentications();
    },
    get requestAuthentications() {
      return whole.requestAuthentications();
    },
    get authorizationPolicies() {
      return whole.authorizationPolicies();
    },
    get destinationRules() {
      return whole.destinationRules();
    },
    get synthesisedRules() {
      return whole.synthesisedRules();
    },
    get virtualServices() {
      return whole.virtualServices();
    },
    get gateways() {
      return whole.gateways();
    },
    get kubernetesGateways() {
      return whole.kubernetesGateways();
    },
  };
  return mesh;
}

function refusal(object: KnownObject, settings: MeshSettings): IgnoredReason | undefined {
  if (isRejected(object) || isTooNew(object, settings)) return { code: 'rejected' };
  if (openField(object)) return { code: 'open' };
  const label = object.metadata.labels['istio.io/rev'];
  return label !== undefined && label !== settings.revision && REVISIONED.has(object.kind)
    ? { code: 'revision' }
    : undefined;
}

/** The workload of that namespace and name, or undefined. */
export function findWorkload(mesh: Mesh, key: string): Workload | undefined {
  return mesh.podsIn(key.split('/')[0]!).find((workload) => workloadKey(workload) === key);
}
