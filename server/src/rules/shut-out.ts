// Clients that can only send plaintext, and the policies that shut them out: those that manifests show to call, else all.
import type { KubernetesObject } from '../manifest/object';
import { callersOf } from '../mesh/evidence';
import type { Evidence } from '../mesh/mentions';
import type { Workload } from '../mesh/workload';
import { workloadKey } from '../mesh/workload';
import type { ClientPart, ClientSet } from '../mtls/client-set';
import type { Route } from '../mtls/connections';
import { documentPlace, placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { ambientPods, isAmbientPod } from './ambient';
import { acceptPlaintext } from './fixes';
import { gathered, perNamespace } from './gather';
import type { Finding, Fix, Related, RuleContext } from './rule';
import { byCause, clientsOf, failingIn, type Reach, serviceNames } from './traffic';
import { listed } from './wording';

/** How a rule speaks of such clients. */
export interface ShutOutWords {
  /** The whole sentence where manifests show calls: the policy, who calls, whether these are several, and what. */
  called(policy: KubernetesObject, callers: string, many: boolean, services: string): string;
  /** The whole sentence where none does. */
  uncalled(policy: KubernetesObject, clients: ClientSet): string;
  /** What is to be said of one client. */
  client(client: Workload): string;
}

interface Call {
  readonly client: Workload;
  readonly reach: Reach;
  readonly evidence: Evidence;
}

/** What a field of a policy makes the servers of one namespace refuse. */
interface Refusal {
  readonly object: KubernetesObject;
  readonly path: Path;
  /** The clients. */
  readonly parts: readonly ClientPart[];
  /** Those that manifests show. */
  readonly calls: readonly Call[];
}

/** What is found about the policies of a namespace: one for each field that shuts out clients whose traffic leaves so. */
export type ShutOut = (context: RuleContext) => Iterable<Finding>;

/** @param route how the traffic of the clients leaves that a rule is about */
export function shutOut(route: Route, words: ShutOutWords): ShutOut {
  const refusalsIn = perNamespace((view, { name }): readonly Refusal[] => {
    const refused = failingIn(view, name).filter(
      ({ endpoint, connection, mode }) =>
        endpoint.failure === 'plaintext-refused' && connection.route === route && mode?.mode === 'STRICT',
    );
    const causes = byCause(refused, ({ mode }) => mode?.policy && { object: mode.policy, path: mode.path });
    return causes.map(({ object, path, reaches }) => ({
      object,
      path,
      parts: [...new Set(reaches.flatMap(({ parts }) => parts))],
      calls: reaches.flatMap((reach) => callsOf(view, reach)),
    }));
  });
  const refusals = gathered((view, { name }) => refusalsIn(view, name));

  return function* ({ snapshot, view, here }) {
    if (here.peerAuthentications.length === 0) return;
    const isRoot = here.name === view.mesh.settings.rootNamespace;
    const byField = new Map<KubernetesObject, Map<string, Refusal[]>>();
    for (const refusal of isRoot ? refusals(view) : refusalsIn(view, here.name)) {
      if (refusal.object.metadata.namespace !== here.name) continue;
      const ofObject = byField.get(refusal.object) ?? new Map<string, Refusal[]>();
      byField.set(refusal.object, ofObject);
      const key = refusal.path.join('.');
      ofObject.set(key, [...(ofObject.get(key) ?? []), refusal]);
    }
    for (const ofObject of byField.values()) {
      for (const list of ofObject.values()) yield* findings(snapshot, view, list, words);
    }
  };
}

function callsOf(view: MeshView, reach: Reach): Call[] {
  const { service, port } = reach.connection;
  const clients = clientsOf([reach]);
  return callersOf(view.mesh, service, port.port)
    .filter(({ client }) => client.dataplane !== 'sidecar' && isCertainClient(view, client) && clients.has(client))
    .map((caller) => ({ ...caller, reach }));
}

/** False where labels ask for ambient and nothing shows whether the mesh has it: ztunnel would send mTLS. */
function isCertainClient({ mesh }: MeshView, client: Workload): boolean {
  return client.dataplane !== 'none' || !isAmbientPod(mesh, client);
}

function* findings(
  snapshot: Snapshot,
  view: MeshView,
  list: readonly Refusal[],
  words: ShutOutWords,
): Generator<Finding> {
  const { object, path } = list[0]!;
  const calls = list.flatMap((refusal) => refusal.calls);
  const place = (client: Workload): Related => ({ ...placeOf(client.object), message: words.client(client) });
  if (calls.length === 0) {
    const clients = clientsOf(list);
    for (const pod of ambientPods(view)) if (!isCertainClient(view, pod)) clients.remove(pod);
    if (clients.size === 0) return;
    yield {
      ...placeOf(object, path),
      severity: 'information',
      message: words.uncalled(object, clients),
      related: clients.first(5).map(place),
    };
    return;
  }
  const callers = [...new Set(calls.map(({ client }) => client))];
  const services = serviceNames(
    view,
    calls.map(({ reach }) => reach),
  );
  yield {
    ...placeOf(object, path),
    message: words.called(object, listed(callers.map(workloadKey)), callers.length > 1, services),
    related: [...calls.slice(0, 5).map(evidencePlace), ...callers.slice(0, 3).map(place)],
    fixes: () => fixes(snapshot, view, calls),
  };
}

function evidencePlace({ client, evidence }: Call): Related {
  return {
    ...documentPlace(client.object, evidence.path),
    message: `\`${workloadKey(client)}\` names the host in \`${evidence.where}\``,
  };
}

function fixes(snapshot: Snapshot, view: MeshView, calls: readonly Call[]): Fix[] {
  const { endpoint, connection } = calls[0]!.reach;
  const { workload, port } = endpoint.endpoint;
  // of ambient pods an exception for a port may open others too, so that none is offered
  const mode = endpoint.accepts?.mode;
  const others = calls.some(
    ({ reach }) => reach.endpoint.endpoint.workload !== workload || reach.endpoint.endpoint.port !== port,
  );
  if (!workload || !mode?.policy || others) return [];
  const { policy, path } = mode;
  return acceptPlaintext(snapshot, view, { service: connection.service, workload, port, policy, path });
}
