// host-not-imported: a client calls a host that its Sidecar does not import, so that its proxy sends no mTLS.
import type { Sidecar } from '../manifest/kinds/sidecar';
import { couldImport } from '../mesh/egress';
import { callersOf } from '../mesh/evidence';
import type { Evidence } from '../mesh/mentions';
import { type Workload, workloadKey } from '../mesh/workload';
import type { Connection } from '../mtls/connections';
import { documentPlace, objectName, placeOf, shortHost } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { addItem } from './fix-fields';
import { offered } from './fixes';
import { gathered } from './gather';
import { isPatch } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { clientsOf, connectionsIn } from './traffic';
import { listed } from './wording';

export const hostNotImported: Rule = {
  id: 'host-not-imported',
  severity: 'warning',
  summary: 'A client calls a host that its Sidecar does not import.',
  happens:
    'The proxy knows nothing of the host and passes on what the application sends, without mTLS: a STRICT server closes the connection. With `REGISTRY_ONLY` the request fails at the client: 502, or the connection is closed.',
  remedy: 'Add `namespace/host` with the full host name to `egress.hosts`.',
  *checkMesh({ snapshot, view }: Omit<RuleContext, 'here'>): Iterable<Finding> {
    const bySidecar = new Map<Sidecar, Call[]>();
    const blockedLast = [...failedCalls(view)].sort(
      (a, b) => Number(isBlocked(a.connection)) - Number(isBlocked(b.connection)),
    );
    for (const call of blockedLast) bySidecar.set(call.sidecar, [...(bySidecar.get(call.sidecar) ?? []), call]);
    for (const [sidecar, calls] of bySidecar) {
      if (isPatch(snapshot, sidecar)) continue;
      const hosts = [...new Set(calls.map(({ connection }) => connection.service.host))];
      for (const host of hosts) {
        const own = calls.filter(({ connection }) => connection.service.host === host);
        yield finding(snapshot, view, sidecar, own);
      }
    }
  },
};

const isBlocked = ({ route }: Connection): boolean => route === 'blocked';

/** Connections of a kind that fails where the host is not in the clients' scope. */
function isWithoutHost(connection: Connection): boolean {
  return (
    isBlocked(connection) ||
    (connection.route === 'passthrough' &&
      connection.endpoints.some(
        ({ failure, endpoint }) => failure === 'plaintext-refused' && endpoint.workload?.dataplane === 'sidecar',
      ))
  );
}

interface Call {
  readonly sidecar: Sidecar;
  readonly client: Workload;
  readonly connection: Connection;
  readonly evidence: Evidence;
}

/** Calls that manifests show and that fail since the client's Sidecar lacks the host. */
const failedCalls = gathered((view, { name }): Call[] =>
  connectionsIn(view, name)
    .filter(isWithoutHost)
    .flatMap((connection) => {
      const clients = clientsOf([connection]);
      return callersOf(view.mesh, connection.service, connection.port.port).flatMap(({ client, evidence }) => {
        const { sidecar } = view.mesh.scopeOf(client);
        return sidecar && clients.has(client) ? [{ sidecar, client, connection, evidence }] : [];
      });
    }),
);

function finding(snapshot: Snapshot, view: MeshView, sidecar: Sidecar, calls: readonly Call[]): Finding {
  const { connection } = calls[0]!;
  const { service } = connection;
  const clients = [...new Set(calls.map(({ client }) => client))];
  const host = shortHost(service.host, view.mesh.settings.clusterDomain);
  const egress = (sidecar.spec.egress ?? []).findIndex(
    (listener) =>
      listener.port === undefined &&
      couldImport(view.mesh, listener, clients[0]!.namespace, service, connection.port.port),
  );
  const path = ['spec', 'egress', Math.max(egress, 0), 'hosts'];
  const what =
    connection.route === 'blocked'
      ? 'hosts that it does not know are blocked (REGISTRY_ONLY)'
      : 'its proxy sends no mTLS there, and the server requires it';
  const namespace = service.namespace === sidecar.metadata.namespace ? '.' : service.namespace;
  const entry = `${namespace}/${service.host}`;
  return {
    ...placeOf(sidecar, path, 'key'),
    message: `${listed(clients.map(workloadKey), 3)} ${clients.length === 1 ? 'calls' : 'call'} \`${host}\`, which this Sidecar does not import: ${what}.`,
    related: [
      ...calls.slice(0, 3).map(({ client, evidence }) => {
        return {
          ...documentPlace(client.object, evidence.path),
          message: `\`${workloadKey(client)}\` names the host in \`${evidence.where}\``,
        };
      }),
      { ...placeOf(service.object), message: `\`${objectName(service.object)}\`` },
    ],
    fixes: () => (egress < 0 ? [] : offered(addItem(snapshot, sidecar, path, entry, `Import \`${entry}\``, true))),
  };
}
