// permissive-left-on: a policy accepts plaintext, and nobody needs it.

import type { PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { type Workload, workloadKey } from '../mesh/workload';
import { count, placeOf, shortName } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { wideException } from './exception-too-wide';
import { offered, setField } from './fixes';
import { servesKeys } from './jwks-unreachable';
import { monitorOf } from './monitors';
import type { Finding, Fix, Rule, RuleContext } from './rule';
import { needsPlaintext } from './tolerance';
import { byCause, type Cause, clientsOf, isContested, type Reach, servicesOf, underPolicies } from './traffic';
import { listed, listedClients } from './wording';

export const permissiveLeftOn: Rule = {
  id: 'permissive-left-on',
  severity: 'warning',
  summary: 'A policy says PERMISSIVE where STRICT would refuse none of the known clients.',
  happens:
    'Clients with a sidecar send mTLS, and whoever has none gets in as well: in plaintext and without an identity. As long as a client needs that, or nobody can tell, this is information.',
  remedy: '`mode: STRICT`, once every client sends mTLS.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const permissive = byCause(underPolicies(view, here), ({ endpoint }) => {
      const mode = endpoint.accepts?.mode;
      const isOwn = mode?.policy?.metadata.namespace === here.name;
      return mode?.mode === 'PERMISSIVE' && mode.policy && isOwn && endpoint.accepts?.captured
        ? { object: mode.policy, path: mode.path }
        : undefined;
    });
    for (const cause of permissive) {
      // exception-too-wide says more
      const policy = cause.object as PeerAuthentication;
      if (cause.path[1] === 'mtls' && wideException(view, policy)) continue;
      yield finding(snapshot, view, cause);
    }
  },
};

function finding(snapshot: Snapshot, view: MeshView, cause: Cause): Finding {
  const { object, path, reaches: list } = cause;
  const base = { ...placeOf(object, path), related: [] };
  const refused = list.filter(
    ({ endpoint, hasClients, connection }) =>
      endpoint.outcome !== 'mtls' &&
      endpoint.outcome !== 'unknown' &&
      // a pod that calls itself counts where a rule decides: it decides for others as well
      (hasClients || connection.route === 'cluster'),
  );
  if (refused.length > 0) {
    const clients = clientsOf(refused);
    const whom =
      clients.size > 0
        ? `${count(clients.size, 'client')}: ${listedClients(clients)}`
        : 'what a rule makes clients send';
    return {
      ...base,
      severity: 'information',
      message: `PERMISSIVE also lets plaintext in. STRICT would refuse ${whom}.`,
      related: placesOf(refused),
    };
  }
  const keys = list.find(({ endpoint: { endpoint } }) => servesKeys(view, endpoint.workload, endpoint.port));
  if (keys) {
    const server = keys.endpoint.endpoint.workload!;
    return {
      ...base,
      severity: 'information',
      message: `PERMISSIVE also lets plaintext in. istiod fetches keys from \`${workloadKey(server)}\` without mTLS.`,
    };
  }
  const calls = list.filter(({ hasClients }) => hasClients);
  const needed = needsPlaintext(view, podsOf(list));
  const doubt = needed ?? doubtOf(calls, path) ?? monitorDoubt(snapshot, list);
  const contested = isContested(view, object as PeerAuthentication);
  const opened = servicesOf(list).some(isOpenToOutside);
  const fixes = (): Fix[] =>
    contested || needed || opened
      ? []
      : offered(setField(snapshot, object, path, 'STRICT', 'Accept mTLS only (`mode: STRICT`)', !doubt));
  if (doubt) return { ...base, severity: 'information', message: `PERMISSIVE also lets plaintext in. ${doubt}`, fixes };
  const clients = clientsOf(calls).size;
  const all = clients === 1 ? 'the 1 known client sends' : `all ${clients} known clients send`;
  return {
    ...base,
    message: `PERMISSIVE also lets plaintext in, and no known client needs it: ${all} mTLS.`,
    fixes,
  };
}

/** Why it is not sure that nobody needs plaintext. */
function doubtOf(calls: readonly Reach[], path: Path): string | undefined {
  if (calls.length === 0) return 'No client is in this workspace.';
  const unknown = calls.filter(({ endpoint }) => endpoint.outcome === 'unknown');
  if (unknown.length > 0)
    return `Whether ${listedClients(clientsOf(unknown), 3)} has a sidecar is not in this workspace.`;
  const opened = servicesOf(calls).filter(isOpenToOutside);
  if (opened.length > 0)
    return `${listed(
      opened.map(({ object }) => shortName(object)),
      3,
    )} can be called from outside the mesh.`;
  // an exception for one port is mostly for callers that no manifest shows, such as the API server
  return path[1] === 'portLevelMtls' ? 'No known client needs it.' : undefined;
}

function monitorDoubt(snapshot: Snapshot, list: readonly Reach[]): string | undefined {
  const monitor = monitorOf(snapshot, servicesOf(list), podsOf(list));
  return (
    monitor && `\`${monitor}\` has Prometheus call its pods, and whether that has a sidecar is not in this workspace.`
  );
}

function podsOf(list: readonly Reach[]): Workload[] {
  return list.flatMap(({ endpoint }) => endpoint.endpoint.workload ?? []);
}

function placesOf(list: readonly Reach[]) {
  return clientsOf(list)
    .first(5)
    .map((client) => ({ ...placeOf(client.object), message: `\`${workloadKey(client)}\` sends plaintext` }));
}

/** True for a Service with a port on every node: who comes through it is in no manifest. */
function isOpenToOutside({ object }: ReturnType<typeof servicesOf>[number]): boolean {
  return object.kind === 'Service' && (object.spec.type === 'NodePort' || object.spec.type === 'LoadBalancer');
}
