// http-rule-on-tcp-port: an AuthorizationPolicy asks for parts of HTTP requests on a port that is plain TCP to Istio.
import type { AuthorizationPolicy, AuthorizationRule } from '../manifest/kinds/authorization-policy';
import { type KubernetesObject, selects } from '../manifest/object';
import { podPort } from '../mesh/endpoints';
import { type Workload, workloadKey } from '../mesh/workload';
import { objectName, placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { meshesAround } from './around';
import { type Asked, askedBy, isEnforced, isHttp, policiesOn, portsOf, wholePolicies, workloadsOf } from './policies';
import type { Finding, Related, Rule, RuleContext } from './rule';
import { listed, portWords } from './wording';

export const httpRuleOnTcpPort: Rule = {
  id: 'http-rule-on-tcp-port',
  severity: 'warning',
  summary: 'An AuthorizationPolicy asks for parts of HTTP requests on a TCP port.',
  happens:
    'On a TCP port nobody reads requests. An ALLOW rule with `methods`, `paths`, `hosts`, headers or tokens is left out there as a whole, and if no other rule allows it every connection is refused. A DENY rule loses these fields and denies more than it says: with nothing else in it, every connection.',
  remedy:
    "Name the HTTP ports in the rule (`ports`), or call the Service's port what it is: `name: http` or `appProtocol: http`.",
  peers: ['IST0133'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const policy of wholePolicies(snapshot, here)) {
      const { action, targetRefs } = policy.spec;
      if (!isEnforced(policy) || targetRefs.length > 0 || (action !== 'ALLOW' && action !== 'DENY')) continue;
      for (const rule of policy.spec.rules) {
        const http = askedBy(rule).find(isHttp);
        if (!http) continue;
        const hit = tcpPorts(view, policy, rule).filter(({ workload, port }) =>
          action === 'DENY' ? !keepsSense(rule) : !isAllowedByOthers(view, workload, port),
        );
        if (hit.length > 0) yield finding(view, policy, http, hit);
      }
    }
  },
};

interface Hit {
  readonly workload: Workload;
  readonly port: number;
}

/** The ports that are TCP by their Service's word, and that the rule is about. */
function tcpPorts(view: MeshView, policy: AuthorizationPolicy, rule: AuthorizationRule): Hit[] {
  const ports = portsOf(rule);
  const excluded = new Set(
    askedBy(rule)
      .filter(({ name, negated }) => negated && (name === 'ports' || name === 'destination.port'))
      .flatMap(({ values }) => values.map(Number)),
  );
  return workloadsOf(view, policy).flatMap((workload) => {
    if (workload.dataplane !== 'sidecar') return [];
    return [...view.mtls.protocolsOf(workload)].flatMap(([port, protocol]) => {
      const isMeant = protocol === 'tcp' && (ports === undefined || ports.has(port)) && !excluded.has(port);
      return isMeant && view.mtls.accepts(workload, port)?.captured ? [{ workload, port }] : [];
    });
  });
}

/** True when a DENY rule still restricts by something that TCP knows in every alternative. */
function keepsSense(rule: AuthorizationRule): boolean {
  const left = askedBy(rule).filter(
    (each) => !isHttp(each) && each.name !== 'ports' && each.name !== 'destination.port',
  );
  return left.length > 0;
}

/** True when another rule of some ALLOW policy can let connections in on this TCP port. */
function isAllowedByOthers(view: MeshView, workload: Workload, port: number): boolean {
  return policiesOn(view.mesh, workload).allow.some((policy) =>
    policy.spec.rules.some((rule) => {
      const ports = portsOf(rule);
      return !askedBy(rule).some(isHttp) && (ports === undefined || ports.has(port));
    }),
  );
}

function finding(view: MeshView, policy: AuthorizationPolicy, asked: Asked, hit: readonly Hit[]): Finding {
  const workloads = [...new Set(hit.map(({ workload }) => workload))];
  const names = listed(workloads.map(workloadKey), 3);
  const ports = portWords(hit.map(({ port }) => port));
  const field = asked.part === 'when' ? asked.name : String(asked.path.at(-1));
  const effect =
    policy.spec.action === 'ALLOW'
      ? 'the rule is left out there, and every connection is refused'
      : 'the rule then denies every connection there';
  return {
    ...placeOf(policy, asked.path, 'key'),
    message: `${names} ${workloads.length === 1 ? 'has' : 'have'} plain TCP on ${ports}, where \`${field}\` cannot be read: ${effect}.`,
    related: related(view, hit),
  };
}

/** The Services that say so. */
function related(view: MeshView, hit: readonly Hit[]): Related[] {
  const found = new Map<string, Related>();
  for (const { workload, port } of hit) {
    for (const { object, ports } of view.mesh.servicesIn(workload.namespace)) {
      if (object.kind !== 'Service' || !object.spec.selector || !selects(object.spec.selector, workload.labels))
        continue;
      const index = object.spec.ports.findIndex((each) => podPort(workload, each) === port);
      if (index < 0 || ports[index]?.protocol !== 'tcp') continue;
      const place = placeOf(object, ['spec', 'ports', index]);
      found.set(`${place.uri} ${place.range.start}`, { ...place, message: `\`${objectName(object)}\`` });
    }
  }
  return [...found.values()].slice(0, 3);
}

/** True when workloads on which a policy acts are in the workspace, so that their ports are known. */
export function attachedTo(snapshot: Snapshot, object: KubernetesObject): boolean {
  return meshesAround(snapshot, object).some((view) =>
    workloadsOf(view, object as AuthorizationPolicy).some(
      ({ dataplane }) => dataplane === 'sidecar' || dataplane === 'ambient',
    ),
  );
}
