// client-without-sidecar-refused: a policy takes only mTLS, which clients without a sidecar cannot send.
import type { KubernetesObject } from '../manifest/object';
import { callersOf } from '../mesh/evidence';
import type { Evidence } from '../mesh/mentions';
import { type Workload, workloadKey } from '../mesh/workload';
import { type ClientPart, ClientSet } from '../mtls/client-set';
import { count, documentPlace, objectName, placeOf } from '../words/names';
import { dataplaneWords } from '../words/reasons';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { acceptPlaintext } from './fixes';
import { gathered, perNamespace } from './gather';
import type { Finding, Fix, Related, Rule, RuleContext } from './rule';
import { byCause, failingIn, type Reach, serviceNames } from './traffic';
import { listed, listedClients } from './wording';

export const clientWithoutSidecarRefused: Rule = {
  id: 'client-without-sidecar-refused',
  severity: 'warning',
  summary: 'A policy takes only mTLS, and a client that calls the service has no sidecar.',
  happens:
    "The server's sidecar waits for a TLS handshake, gets plaintext and closes the connection: `curl: (56) Recv failure: Connection reset by peer`. Without a sign in the manifests that the client calls the service this is information.",
  remedy: 'Give the client a sidecar, or accept plaintext on the one port that it calls.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
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
      for (const list of ofObject.values()) yield finding(snapshot, view, list);
    }
  },
};

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

const refusalsIn = perNamespace((view, { name }): readonly Refusal[] => {
  const refused = failingIn(view, name).filter(
    ({ endpoint, connection }) => endpoint.failure === 'plaintext-refused' && connection.route === 'no-sidecar',
  );
  const causes = byCause(refused, ({ endpoint }) => {
    const mode = endpoint.accepts?.mode;
    return mode?.policy && { object: mode.policy, path: mode.path };
  });
  return causes.map(({ object, path, reaches }) => ({
    object,
    path,
    parts: [...new Set(reaches.flatMap(({ parts }) => parts))],
    calls: reaches.flatMap((reach) => callsOf(view, reach)),
  }));
});

const refusals = gathered((view, { name }) => refusalsIn(view, name));

function callsOf({ mesh }: MeshView, reach: Reach): Call[] {
  const { service, port } = reach.connection;
  const clients = new ClientSet(reach.parts);
  return callersOf(mesh, service, port.port)
    .filter(({ client }) => client.dataplane !== 'sidecar' && clients.has(client))
    .map((caller) => ({ ...caller, reach }));
}

function finding(snapshot: Snapshot, view: MeshView, list: readonly Refusal[]): Finding {
  const { object, path } = list[0]!;
  const calls = list.flatMap((refusal) => refusal.calls);
  if (calls.length === 0) {
    const clients = new ClientSet(list.flatMap(({ parts }) => parts));
    return {
      ...placeOf(object, path),
      severity: 'information',
      message: `\`${objectName(object)}\` requires mTLS and shuts out ${count(clients.size, 'client')} without sidecar: ${listedClients(clients)}. Nothing in this workspace shows that ${clients.size === 1 ? 'it calls' : 'they call'} the servers.`,
      related: clients.first(5).map(clientPlace),
    };
  }
  const callers = [...new Set(calls.map(({ client }) => client))];
  const has = callers.length === 1 ? 'has no sidecar and calls' : 'have no sidecar and call';
  const services = serviceNames(
    view,
    calls.map(({ reach }) => reach),
  );
  return {
    ...placeOf(object, path),
    message: `\`${objectName(object)}\` requires mTLS, but ${listed(callers.map(workloadKey))} ${has} ${services}: the connection is reset.`,
    related: [...calls.slice(0, 5).map(evidencePlace), ...callers.slice(0, 3).map(clientPlace)],
    fixes: () => fixes(snapshot, view, calls),
  };
}

function clientPlace(client: Workload): Related {
  return {
    ...placeOf(client.object),
    message: `\`${workloadKey(client)}\` has no sidecar: ${dataplaneWords(client.reason)}`,
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
  const mode = endpoint.accepts?.mode;
  const others = calls.some(
    ({ reach }) => reach.endpoint.endpoint.workload !== workload || reach.endpoint.endpoint.port !== port,
  );
  if (!workload || !mode?.policy || others) return [];
  const { policy, path } = mode;
  return acceptPlaintext(snapshot, view, { service: connection.service, workload, port, policy, path });
}
