// authorization-port-unknown: an AuthorizationPolicy names a port on which its workloads are not called.
import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import type { Service } from '../manifest/kinds/service';
import { selects } from '../manifest/object';
import { podPort } from '../mesh/endpoints';
import type { Workload } from '../mesh/workload';
import { objectName, placeOf } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import { offered, setField } from './fixes';
import { type Asked, askedBy, knownPorts, wholePolicies, workloadsOf } from './policies';
import type { Finding, Rule, RuleContext } from './rule';
import { listed, portWords } from './wording';

export const authorizationPortUnknown: Rule = {
  id: 'authorization-port-unknown',
  severity: 'warning',
  summary: "An AuthorizationPolicy names a Service's port instead of the workload's.",
  happens:
    'The proxy of the server compares with the port on which the connection arrives: the target port. The rule never matches, so that an ALLOW lets nobody in and a DENY stops nobody.',
  remedy: "Name the Service's `targetPort`, a number on which the container listens.",
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    for (const policy of wholePolicies(snapshot, here)) {
      const workloads = workloadsOf(view, policy).filter(({ dataplane }) => dataplane !== 'gateway');
      // gateways and waypoints compare with ports of their listeners and of services
      if (workloads.length === 0 || policy.spec.targetRefs.length > 0) continue;
      for (const asked of policy.spec.rules.flatMap(askedBy)) {
        if (asked.name !== 'ports' && asked.name !== 'destination.port') continue;
        for (const [index, value] of asked.values.entries()) {
          const found = judge(view, workloads, Number(value));
          if (found) yield finding(policy, asked, index, found, () => fixFor(index, found));
        }
        const fixFor = (index: number, { targets }: Meant) =>
          targets.length === 1 && !asked.values.includes(String(targets[0]))
            ? offered(
                setField(
                  snapshot,
                  policy,
                  [...asked.path, index],
                  String(targets[0]),
                  `Change it to ${targets[0]}, the target port`,
                  true,
                ),
              )
            : [];
      }
    }
  },
};

interface Meant {
  readonly service: Service;
  readonly targets: readonly number[];
}

/** The Service whose port was written, where no workload of the policy is called or listens on that number. */
function judge(view: MeshView, workloads: readonly Workload[], port: number): Meant | undefined {
  const targets = new Set<number>();
  let service: Service | undefined;
  for (const workload of workloads) {
    const declared = workload.containers.flatMap(({ ports }) => ports.map(({ containerPort }) => containerPort));
    if (knownPorts(view, workload).includes(port) || declared.includes(port)) return undefined;
    for (const { object } of view.mesh.servicesIn(workload.namespace)) {
      if (object.kind !== 'Service' || !object.spec.selector) continue;
      if (!selects(object.spec.selector, workload.labels)) continue;
      const found = object.spec.ports.find((candidate) => candidate.port === port);
      const target = found && podPort(workload, found);
      if (target === undefined || target === port) continue;
      service ??= object;
      targets.add(target);
    }
  }
  return service && { service, targets: [...targets] };
}

function finding(
  policy: AuthorizationPolicy,
  asked: Asked,
  index: number,
  { service, targets }: Meant,
  fixes: NonNullable<Finding['fixes']>,
): Finding {
  const value = asked.values[index]!;
  const effect = asked.negated ? 'it excludes nothing' : 'it never matches';
  return {
    ...placeOf(policy, [...asked.path, index]),
    message: `\`${value}\` is the port of ${listed([objectName(service)])}; connections arrive on ${portWords(targets)}, so ${effect}.`,
    related: [{ ...placeOf(service, ['spec', 'ports'], 'key'), message: `\`${objectName(service)}\`` }],
    fixes,
  };
}
