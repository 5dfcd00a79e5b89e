// Where no manifest shows whether a server has a sidecar: rules that would have clients refused if it has one.

import type { PeerAuthentication } from '../manifest/kinds/peer-authentication';
import type { KubernetesObject } from '../manifest/object';
import { listOrder, type MeshPort, type MeshService } from '../mesh/service';
import { type Workload, workloadKey } from '../mesh/workload';
import { clientsOf, distinguished } from '../mtls/clients';
import { type MergedRule, ruleAt } from '../mtls/rule-index';
import { modeForPort } from '../mtls/server-mode';
import { objectName, placeOf, shortHost } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { offered, removeTls } from './fixes';
import { gathered } from './gather';
import type { Finding } from './rule';
import { listed } from './wording';

/** One server that would refuse what a rule makes clients of a service send. */
interface Conflict {
  readonly rule: MergedRule;
  readonly object: KubernetesObject;
  readonly path: Path;
  readonly policy: PeerAuthentication;
  readonly service: MeshService;
  readonly server: Workload;
}

/** One information for each rule. */
export function* plaintextIfInjected(snapshot: Snapshot, view: MeshView): Generator<Finding> {
  const { clusterDomain, enableAutoMtls } = view.mesh.settings;
  for (const list of byField(view)) {
    const { rule, object, path } = list[0]!;
    const policies = new Set(list.map(({ policy }) => policy));
    const services = new Set(list.map(({ service }) => service).sort(listOrder));
    const servers = new Set(list.map(({ server }) => server));
    const stated = object.source.document.has([...object.source.prefix, ...path, 'mode']);
    const namespaces = listed(
      [...servers].map((server) => server.namespace),
      3,
    );
    const hosts = listed(
      [...services].map((service) => shortHost(service.host, clusterDomain)),
      3,
    );
    const many = policies.size > 1;
    yield {
      ...(stated ? placeOf(object, [...path, 'mode']) : placeOf(object, path, 'key')),
      severity: 'information',
      message: `With sidecars, clients of ${hosts} are refused: this rule makes them send plaintext and ${listed([...policies].map(objectName), 2)} ${many ? 'require' : 'requires'} mTLS. Whether ${namespaces} is injected is not in this workspace; state it with \`mutual.assume.injectedNamespaces\`.`,
      related: [
        ...[...policies].slice(0, 3).map((policy) => ({ ...placeOf(policy), message: `\`${objectName(policy)}\`` })),
        ...[...servers]
          .slice(0, 3)
          .map((server) => ({ ...placeOf(server.object), message: `\`${workloadKey(server)}\`` })),
      ],
      fixes: () =>
        enableAutoMtls && rule.from.length === 1
          ? offered(removeTls(snapshot, rule.rule, path, 'Remove `tls`, auto mTLS does it'))
          : [],
    };
  }
}

/** The conflicts of each field of a rule. */
function byField(view: MeshView): Conflict[][] {
  const fields = new Map<KubernetesObject, Map<string, Conflict[]>>();
  for (const conflict of conflicts(view)) {
    const ofObject = fields.get(conflict.object) ?? new Map<string, Conflict[]>();
    fields.set(conflict.object, ofObject);
    const key = conflict.path.join('.');
    ofObject.set(key, [...(ofObject.get(key) ?? []), conflict]);
  }
  return [...fields.values()].flatMap((ofObject) => [...ofObject.values()]);
}

const conflicts = gathered((view, { services }) =>
  services.filter(({ resolution }) => resolution !== 'alias').flatMap((service) => conflictsOf(view, service)),
);

interface Server {
  readonly port: MeshPort;
  readonly workload: Workload;
  readonly policy: PeerAuthentication;
}

/** Rules are looked for only where a server may have a sidecar that would take mTLS alone. */
function conflictsOf(view: MeshView, service: MeshService): Conflict[] {
  const { mtls } = view;
  const servers = service.ports.flatMap((port) =>
    mtls.endpoints(service, port).flatMap(({ workload, port: number }): Server[] => {
      if (workload?.dataplane !== 'unknown') return [];
      const { mode, policy } = modeForPort(mtls.policyOf(workload), number);
      return mode === 'STRICT' && policy ? [{ port, workload, policy }] : [];
    }),
  );
  if (servers.length === 0) return [];
  return [...rulesOf(view, service)].flatMap((rule) =>
    servers.flatMap(({ port, workload, policy }): Conflict[] => {
      const { whole } = mtls.send(service, port, undefined, rule, 'sidecar');
      if (whole?.tls !== 'PLAINTEXT' || whole.reason.code !== 'rule') return [];
      const { path } = whole.reason;
      return [{ rule, object: ruleAt(rule, path, undefined), path, policy, service, server: workload }];
    }),
  );
}

/** The rules that clients with a proxy use for a service: asked of one in each namespace that may differ. */
function rulesOf({ mesh, mtls }: MeshView, service: MeshService): Set<MergedRule> {
  const mayHaveProxy = ({ dataplane }: Workload): boolean => dataplane === 'unknown' || dataplane === 'sidecar';
  const apart = distinguished(mtls, service);
  const other =
    apart &&
    clientsOf(mtls)
      .all()
      .find(({ sample, namespace }) => !apart.has(namespace) && mayHaveProxy(sample));
  const names = apart ? [...apart, ...(other ? [other.namespace] : [])].sort() : mesh.namespaceNames;
  return new Set(
    names.flatMap((name) => {
      const client = mesh.podsIn(name).find(mayHaveProxy);
      return (client && mtls.ruleFor(client, service)) ?? [];
    }),
  );
}
