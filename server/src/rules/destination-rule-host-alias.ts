// destination-rule-host-alias: a rule for an ExternalName Service, which has no cluster of its own.
import { expandHost } from '../mesh/host';
import type { Mesh } from '../mesh/mesh';
import { objectName, placeOf } from '../words/names';
import { offered, setField } from './fixes';
import { isPatch } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';

export const destinationRuleHostAlias: Rule = {
  id: 'destination-rule-host-alias',
  severity: 'warning',
  summary: 'A DestinationRule is for a Service of type ExternalName.',
  happens:
    'Such a Service is another name for a host and has no cluster of its own: requests go to the host that it names, with the rule of that host, or past Istio where that is no service. The rule has no effect.',
  remedy: 'Write the host that `externalName` names.',
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const { mesh } = view;
    for (const rule of here.destinationRules) {
      const host = expandHost(rule.spec.host, rule.metadata.namespace, mesh.settings.clusterDomain);
      const services = mesh.servicesByHost.get(host) ?? [];
      const alias = services[0]?.object;
      if (isPatch(snapshot, rule) || services.some(({ resolution }) => resolution !== 'alias')) continue;
      if (alias?.kind !== 'Service') continue;
      const target = alias.spec.externalName!;
      yield {
        ...placeOf(rule, ['spec', 'host']),
        message: `Nothing uses this rule: \`${objectName(alias)}\` is another name for \`${target}\`, whose rules count.`,
        related: [{ ...placeOf(alias, ['spec', 'externalName']), message: `\`${objectName(alias)}\`` }],
        fixes: () =>
          mesh.servicesByHost.has(target) && !hasRule(mesh, target)
            ? offered(setField(snapshot, rule, ['spec', 'host'], target, `Change host to \`${target}\``, true))
            : [],
      };
    }
  },
};

/** True when some rule is for exactly this host. */
function hasRule(mesh: Mesh, target: string): boolean {
  return mesh
    .namespacesWithRuleFor(target)
    .flatMap((name) => mesh.in(name).destinationRules)
    .some(({ spec, metadata }) => expandHost(spec.host, metadata.namespace, mesh.settings.clusterDomain) === target);
}
