// Where no manifest shows whether a server has a sidecar: rules that would have clients refused if it has one.

import type { PeerAuthentication } from '../manifest/kinds/peer-authentication';
import type { KubernetesObject } from '../manifest/object';
import type { MeshService } from '../mesh/service';
import { type Workload, workloadKey } from '../mesh/workload';
import type { MergedRule } from '../mtls/rule-index';
import { ruleAt } from '../mtls/rule-index';
import { modeForPort } from '../mtls/server-mode';
import { objectName, placeOf, shortHost } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import type { Path } from '../yaml/range';
import { offered, removeTls } from './fixes';
import type { Finding } from './rule';
import { listed } from './wording';

interface Conflict {
  readonly rule: MergedRule;
  readonly object: KubernetesObject;
  readonly path: Path;
  readonly policies: Set<PeerAuthentication>;
  readonly services: Set<MeshService>;
  readonly servers: Set<Workload>;
}

/** One information for each rule. */
export function* plaintextIfInjected(snapshot: Snapshot, view: MeshView): Generator<Finding> {
  const { clusterDomain, enableAutoMtls } = view.mesh.settings;
  for (const { rule, object, path, policies, services, servers } of conflicts(view)) {
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

function conflicts(view: MeshView): Conflict[] {
  const { mesh, mtls } = view;
  const unknown = (workload: Workload | undefined): boolean => workload?.dataplane === 'unknown';
  const clients = new Map<string, Workload>();
  for (const workload of mesh.workloads) {
    const mayHaveProxy = unknown(workload) || workload.dataplane === 'sidecar';
    if (mayHaveProxy && !clients.has(workload.namespace)) clients.set(workload.namespace, workload);
  }
  const found = new Map<string, Conflict>();
  for (const service of mesh.services) {
    if (service.resolution === 'alias' || mesh.destinationRules.length === 0) continue;
    const rules = new Set([...clients.values()].flatMap((client) => mtls.ruleFor(client, service) ?? []));
    for (const rule of rules) {
      for (const port of service.ports) {
        const { whole } = mtls.send(service, port, undefined, rule, 'sidecar');
        if (whole?.tls !== 'PLAINTEXT' || whole.reason.code !== 'rule') continue;
        const { path } = whole.reason;
        for (const { workload, port: number } of mtls.endpoints(service, port)) {
          if (!workload || !unknown(workload)) continue;
          const { mode, policy } = modeForPort(mtls.policyOf(workload), number);
          if (mode !== 'STRICT' || !policy) continue;
          const object = ruleAt(rule, path, undefined);
          const key = `${object.source.uri} ${placeOf(object, path).range.start}`;
          const conflict = found.get(key) ?? {
            rule,
            object,
            path,
            policies: new Set(),
            services: new Set(),
            servers: new Set(),
          };
          found.set(key, conflict);
          conflict.policies.add(policy);
          conflict.services.add(service);
          conflict.servers.add(workload);
        }
      }
    }
  }
  return [...found.values()];
}
