// permissive-left-on: a policy accepts plaintext, and nobody needs it.
import { type Workload, workloadKey } from '../mesh/workload';
import { count, placeOf } from '../words/names';
import type { Snapshot } from '../workspace/workspace';
import { offered, setField } from './fixes';
import type { Finding, Rule, RuleContext } from './rule';
import { byCause, type Cause, type Reach, reaches, servicesOf } from './traffic';
import { listed } from './wording';

export const permissiveLeftOn: Rule = {
  id: 'permissive-left-on',
  severity: 'warning',
  summary: 'A policy says PERMISSIVE where STRICT would refuse none of the known clients.',
  happens:
    'Clients with a sidecar send mTLS, and whoever has none gets in as well: in plaintext and without an identity. As long as a client needs that, or nobody can tell, this is information.',
  remedy: '`mode: STRICT`, once every client sends mTLS.',
  *check({ snapshot, view }: RuleContext): Iterable<Finding> {
    const permissive = byCause(reaches(view), ({ endpoint }) => {
      const mode = endpoint.accepts?.mode;
      return mode?.mode === 'PERMISSIVE' && mode.policy ? { object: mode.policy, path: mode.path } : undefined;
    });
    for (const cause of permissive) yield finding(snapshot, cause);
  },
};

function finding(snapshot: Snapshot, cause: Cause): Finding {
  const { object, path, reaches: list } = cause;
  const calls = list.filter(({ clients }) => clients.length > 0);
  const refused = calls.filter(({ endpoint }) => endpoint.outcome !== 'mtls' && endpoint.outcome !== 'unknown');
  const unknown = calls.filter(({ endpoint }) => endpoint.outcome === 'unknown');
  const fix = () =>
    offered(setField(snapshot, object, path, 'STRICT', 'Accept mTLS only (`mode: STRICT`)', unknown.length === 0));
  const opened = servicesOf(list).filter(isOpenToOutside);
  const place = placeOf(object, path);
  if (refused.length > 0) {
    const names = [...new Set(refused.flatMap(({ clients }) => clients))].map(workloadKey);
    return {
      ...place,
      severity: 'information',
      message: `PERMISSIVE also lets plaintext in. STRICT would refuse ${count(names.length, 'client')}: ${listed(names)}.`,
      related: placesOf(refused),
    };
  }
  if (unknown.length > 0 || calls.length === 0 || opened.length > 0 || path[1] === 'portLevelMtls') {
    const why =
      unknown.length > 0
        ? `Whether ${listed(clientsOf(unknown).map(workloadKey), 3)} has a sidecar is not in this workspace.`
        : opened.length > 0
          ? `${listed(
              opened.map((service) => `${service.object.metadata.namespace}/${service.object.metadata.name}`),
              3,
            )} can be called from outside the mesh.`
          : calls.length === 0
            ? 'No client is in this workspace.'
            : 'No known client needs it.';
    return {
      ...place,
      severity: 'information',
      message: `PERMISSIVE also lets plaintext in. ${why}`,
      related: [],
      fixes: fix,
    };
  }
  const clients = clientsOf(calls).length;
  return {
    ...place,
    message: `PERMISSIVE also lets plaintext in, and no known client needs it: ${clients === 1 ? 'the 1 known client sends' : `all ${clients} known clients send`} mTLS.`,
    related: [],
    fixes: fix,
  };
}

function clientsOf(list: readonly Reach[]): Workload[] {
  return [...new Set(list.flatMap(({ clients }) => clients))];
}

function placesOf(list: readonly Reach[]) {
  return clientsOf(list)
    .slice(0, 5)
    .map((client) => ({ ...placeOf(client.object), message: `\`${workloadKey(client)}\` sends plaintext` }));
}

/** True for a Service with a port on every node: who comes through it is in no manifest. */
function isOpenToOutside({ object }: ReturnType<typeof servicesOf>[number]): boolean {
  return object.kind === 'Service' && (object.spec.type === 'NodePort' || object.spec.type === 'LoadBalancer');
}
