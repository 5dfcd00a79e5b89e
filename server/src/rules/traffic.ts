// The connections of a mesh as rules look at them: those that fail for certain, put together by the field that decides.

import type { DestinationRule } from '../manifest/kinds/destination-rule';
import type { PeerAuthentication } from '../manifest/kinds/peer-authentication';
import type { KubernetesObject } from '../manifest/object';
import { expandHost, isWildcard } from '../mesh/host';
import { sameItems } from '../mesh/lookup';
import type { MeshNamespace } from '../mesh/mesh';
import type { MeshService } from '../mesh/service';
import type { Workload } from '../mesh/workload';
import { type ClientPart, ClientSet } from '../mtls/client-set';
import { type Connection, type ConnectionEndpoint, connectionsTo, type Route } from '../mtls/connections';
import type { FailureCode } from '../mtls/outcome';
import { ruleAt } from '../mtls/rule-index';
import { type ModeDecision, namespaceMode } from '../mtls/server-mode';
import { shortHost } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { isAmbientPod } from './ambient';
import { gathered, perNamespace } from './gather';
import { listed } from './wording';

/** One endpoint as some clients reach it. */
export interface Reach {
  readonly connection: Connection;
  readonly endpoint: ConnectionEndpoint;
  /** The clients, without the pod that would call itself. */
  readonly clients: readonly Workload[];
  /** The same in parts, which reaches may share. */
  readonly parts: readonly ClientPart[];
  readonly hasClients: boolean;
  /** What the server's policies come to on the port, be it for its sidecar or for ztunnel; undefined where nothing holds to them. */
  readonly mode: ModeDecision | undefined;
}

/** What fails for one reason. */
export interface Cause {
  readonly object: KubernetesObject;
  /** The deciding field. */
  readonly path: Path;
  readonly reaches: readonly Reach[];
}

/** Every connection to a namespace's services that traffic can take: subsets only where a VirtualService leads to them. */
export const connectionsIn = perNamespace((view, { services }): readonly Connection[] =>
  services
    .filter((service) => service.resolution !== 'alias')
    .flatMap((service) => {
      const subsets = routedSubsets(view, service);
      return service.ports
        .filter((port) => port.protocol !== 'udp')
        .flatMap((port) => connectionsTo(view.mtls, service, port))
        .filter(({ subset }) => subset === undefined || subsets.has(subset));
    }),
);

function routedSubsets({ mesh }: MeshView, service: MeshService): Set<string | undefined> {
  const { clusterDomain } = mesh.settings;
  return new Set(
    mesh
      .virtualServicesTo(service.host)
      .flatMap(({ spec, metadata }) =>
        spec.destinations
          .filter(({ host }) => expandHost(host, metadata.namespace, clusterDomain) === service.host)
          .map(({ subset }) => subset),
      ),
  );
}

/** Every endpoint of these connections. */
export const reachesIn = perNamespace((view, { name }): readonly Reach[] =>
  connectionsIn(view, name).flatMap((connection) =>
    connection.endpoints.map((endpoint) => new ReachOf(view, connection, endpoint)),
  ),
);

/** A mesh has a great many, so that they say most when they are asked. */
class ReachOf implements Reach {
  constructor(
    private readonly view: MeshView,
    readonly connection: Connection,
    readonly endpoint: ConnectionEndpoint,
  ) {}

  get clients(): readonly Workload[] {
    const { clients, byOwnPods } = this.connection;
    // only a service that nobody else can call has its own pods as clients
    return byOwnPods ? clients.filter((each) => each !== this.endpoint.endpoint.workload) : clients;
  }

  get parts(): readonly ClientPart[] {
    const { parts, byOwnPods } = this.connection;
    if (!byOwnPods) return parts;
    const { clients } = this;
    return clients.length > 0 ? [{ type: 'pods', members: clients }] : [];
  }

  get hasClients(): boolean {
    return this.parts.length > 0;
  }

  get mode(): ModeDecision | undefined {
    const { accepts, endpoint } = this.endpoint;
    const { workload, port } = endpoint;
    return accepts?.mode ?? (workload && this.view.mtls.ambientMode(workload, port));
  }
}

const reachesByServer = perNamespace((view, { name }) => {
  const byServer = new Map<Workload, Reach[]>();
  for (const reach of reachesIn(view, name)) {
    const { workload } = reach.endpoint.endpoint;
    if (!workload) continue;
    const list = byServer.get(workload);
    if (list) list.push(reach);
    else byServer.set(workload, [reach]);
  }
  return byServer;
});

/** Every connection's endpoint that is this pod. */
export function reachesOf(view: MeshView, server: Workload): readonly Reach[] {
  return reachesByServer(view, server.namespace).get(server) ?? [];
}

/** Endpoints of a namespace that refuse, whatever the facts that manifests do not show. */
export const failingIn = perNamespace(
  (view, { name }): readonly Reach[] =>
    reachesIn(view, name).filter((reach) => reach.endpoint.failure && isCertain(view, reach)),
  sameItems,
);

const failingLists = new Map<string, (view: MeshView) => readonly Reach[]>();

/** Those of all namespaces that refuse with one of `codes`, where traffic leaves by `route` if that is given. */
export function failing(view: MeshView, codes: readonly FailureCode[], route?: Route): readonly Reach[] {
  const key = `${codes.join()} ${route ?? ''}`;
  let list = failingLists.get(key);
  if (!list) {
    list = gathered((each, { name }) =>
      failingIn(each, name).filter(
        ({ endpoint, connection }) =>
          codes.includes(endpoint.failure!) && (route === undefined || connection.route === route),
      ),
    );
    failingLists.set(key, list);
  }
  return list(view);
}

/** Servers of which manifests tell for certain what they take. */
const CERTAIN: ReadonlySet<string | undefined> = new Set(['sidecar', 'none', 'ambient']);

/** False where the answer hangs on whether some pod has a sidecar or a ztunnel, or where something else answers. */
export function isCertain({ mesh }: MeshView, { endpoint, connection }: Reach): boolean {
  const { workload } = endpoint.endpoint;
  if (!workload || !CERTAIN.has(workload.dataplane)) return false;
  // labels ask for ambient, and nothing shows whether the mesh has it
  if (workload.dataplane === 'none' && isAmbientPod(mesh, workload)) return false;
  if (endpoint.decision?.reason.code !== 'passthrough-mixed') return true;
  // one pod without a sidecar decides for all of them: it must be known to have none
  return connection.endpoints.some(
    ({ endpoint: other }) =>
      other.tlsMode === 'disabled' && (other.workload === undefined || CERTAIN.has(other.workload.dataplane)),
  );
}

/** The `tls` block or field of a DestinationRule that decides what the client sends, if one does. */
export function rulePathOf({ endpoint, connection }: Reach): { object: KubernetesObject; path: Path } | undefined {
  const reason = endpoint.decision?.reason;
  if (!reason || !connection.rule) return undefined;
  switch (reason.code) {
    case 'rule':
    case 'hidden-block':
    case 'credential-name-ignored':
    case 'certificate-missing':
      return { object: ruleAt(connection.rule, reason.path, connection.subset), path: reason.path };
    default:
      return undefined;
  }
}

/** Everything that a field of a rule decides, whether it works or not. */
export function decidedBy(view: MeshView, object: KubernetesObject, path: Path): Reach[] {
  const key = JSON.stringify(path);
  return namespacesOf(view, object)
    .flatMap((name) => reachesIn(view, name))
    .filter((reach) => {
      const found = rulePathOf(reach);
      return found?.object === object && JSON.stringify(found.path) === key;
    });
}

/** What the root namespace's policies decide. */
const underRoot = gathered((view, { name }) =>
  reachesIn(view, name).filter(
    ({ endpoint }) => endpoint.accepts?.mode.policy?.metadata.namespace === view.mesh.settings.rootNamespace,
  ),
);

/** What the policies of a namespace may decide: its own servers, or those that none of their own decides. */
export function underPolicies(view: MeshView, here: MeshNamespace): readonly Reach[] {
  if (here.peerAuthentications.length === 0) return [];
  return here.name === view.mesh.settings.rootNamespace ? underRoot(view) : reachesIn(view, here.name);
}

/** Every connection's endpoint of the services that DestinationRules of a namespace cover, whoever decides there. */
export const reachedByRules = perNamespace((view, here): readonly Reach[] => {
  const namespaces = new Set(here.destinationRules.flatMap((rule) => namespacesOf(view, rule)));
  return [...namespaces].flatMap((name) => reachesIn(view, name));
});

/** What the DestinationRules of a namespace decide, wherever the services are. */
export const underRules = perNamespace((view, { name }): readonly Reach[] =>
  reachedByRules(view, name).filter((reach) => rulePathOf(reach)?.object.metadata.namespace === name),
);

/** The namespaces with services that a rule covers. */
function namespacesOf({ mesh }: MeshView, object: KubernetesObject): readonly string[] {
  if (object.kind !== 'DestinationRule') return mesh.namespaceNames;
  const { spec, metadata } = object as DestinationRule;
  const host = expandHost(spec.host, metadata.namespace, mesh.settings.clusterDomain);
  if (isWildcard(host)) return mesh.namespaceNames;
  return [...new Set(mesh.servicesByHost.get(host)?.map(({ namespace }) => namespace))];
}

/** Puts together what one field causes; `decide` names the field, or undefined for what is not to be reported. */
export function byCause(
  reaches: Iterable<Reach>,
  decide: (reach: Reach) => { object: KubernetesObject; path: Path } | undefined,
): Cause[] {
  const causes = new Map<KubernetesObject, Map<string, Cause & { reaches: Reach[] }>>();
  for (const reach of reaches) {
    const cause = decide(reach);
    if (!cause) continue;
    let ofObject = causes.get(cause.object);
    if (!ofObject) {
      ofObject = new Map();
      causes.set(cause.object, ofObject);
    }
    const key = JSON.stringify(cause.path);
    const found = ofObject.get(key);
    if (found) found.reaches.push(reach);
    else ofObject.set(key, { ...cause, reaches: [reach] });
  }
  return [...causes.values()].flatMap((ofObject) => [...ofObject.values()]);
}

/** The clients of all these. */
export function clientsOf(list: readonly Pick<Reach, 'parts'>[]): ClientSet {
  return new ClientSet(new Set(list.flatMap(({ parts }) => parts)));
}

/** The services that are reached. */
export function servicesOf(list: readonly Reach[]): MeshService[] {
  return [...new Set(list.map((reach) => reach.connection.service))];
}

/** `` `cart.shop` and `web.shop` `` */
export function serviceNames(view: MeshView, list: readonly Reach[]): string {
  return listed(
    servicesOf(list).map((service) => shortHost(service.host, view.mesh.settings.clusterDomain)),
    3,
  );
}

/**
 * True where auto mTLS alone would make the connection work: no other rule is merged in, nothing switches it off for
 * the service, and an endpoint with a sidecar gets what it takes.
 */
export function suitsAutoMtls(view: MeshView, { connection, endpoint }: Reach): boolean {
  const { service, rule } = connection;
  if (!view.mesh.settings.enableAutoMtls || service.external || rule?.from.length !== 1) return false;
  if (connection.send?.discovery !== 'EDS' || endpoint.accepts?.captured === false) return false;
  const isOff = namespaceMode(view.mtls.policies, service.namespace)?.mode === 'DISABLE';
  return !isOff || endpoint.accepts?.mode.mode !== 'STRICT';
}

/** True when every endpoint of every port of `service` ends Istio mTLS, as far as clients are known. */
export function takesMtlsEverywhere(view: MeshView, service: MeshService): boolean {
  return connectionsIn(view, service.namespace)
    .filter((connection) => connection.service === service)
    .every(({ endpoints }) => endpoints.every(({ accepts }) => accepts?.wire.istio === 'terminated'));
}

/** True when no rule bears on a service for these clients, so that a new one is the one that counts. */
export function isFreeOfRules(view: MeshView, list: readonly Reach[]): boolean {
  const { mesh } = view;
  return list.every(({ connection, clients }) => {
    const { service } = connection;
    const taken = mesh
      .namespacesWithRuleFor(service.host)
      .flatMap((name) => mesh.in(name).destinationRules)
      .some(
        ({ spec, metadata }) => expandHost(spec.host, metadata.namespace, mesh.settings.clusterDomain) === service.host,
      );
    return !taken && clients.every(({ namespace }) => view.mtls.candidates(namespace, service) === undefined);
  });
}

/** True when another policy stands behind or before this one for some pod: changing one then changes which differ. */
export function isContested(view: MeshView, policy: PeerAuthentication): boolean {
  const { duplicates } = view.mtls.policies.of(policy.metadata.namespace);
  if (duplicates.has(policy) || [...duplicates.values()].includes(policy)) return true;
  return view.mesh
    .podsIn(policy.metadata.namespace)
    .some((pod) => view.mtls.policyOf(pod).lost.some((lost) => lost.policy === policy || lost.winner === policy));
}
