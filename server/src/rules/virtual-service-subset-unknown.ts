// virtual-service-subset-unknown: a VirtualService leads to a subset that its clients' DestinationRule does not define.
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import type { Destination, VirtualService } from '../manifest/kinds/routing';
import { covers, expandHost } from '../mesh/host';
import type { MeshService } from '../mesh/service';
import { clientsOf } from '../mtls/clients';
import { objectName, placeOf, shortHost } from '../words/names';
import { nearMisses } from '../words/suggestions';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { meshesAround } from './around';
import { strayRules, suggestedHosts } from './destination-rule-host-unknown';
import { offered, setField } from './fixes';
import { isNamespaceHere, isPatch, isPlaceholder } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const virtualServiceSubsetUnknown: Rule = {
  id: 'virtual-service-subset-unknown',
  severity: 'error',
  summary: "A VirtualService leads to a subset that the clients' DestinationRule does not define.",
  happens: 'There is no cluster for it, and requests fail: `503` with the response flag `NC` (cluster not found).',
  remedy: 'Define the subset in the DestinationRule that the clients use for the host, or correct its name.',
  peers: ['KIA1107', 'IST0101'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const { mesh } = view;
    for (const route of here.virtualServices) {
      if (isPatch(snapshot, route)) continue;
      const reported = new Set<string>();
      for (const target of route.spec.destinations) {
        const { subset, host } = target;
        if (subset === undefined || isPlaceholder(subset) || isPlaceholder(host)) continue;
        const full = expandHost(host, route.metadata.namespace, mesh.settings.clusterDomain);
        const services = mesh.servicesByHost.get(full) ?? [];
        // without the service nothing tells where its rules are
        if (services.length === 0 || services.some(({ resolution }) => resolution === 'alias')) continue;
        const finding = judge(snapshot, view, route, target, full, services);
        if (finding && !reported.has(`${full} ${subset}`)) yield finding;
        if (finding) reported.add(`${full} ${subset}`);
      }
    }
  },
};

/** The DestinationRules that cover a host, those that do not count included. */
function rulesCovering(mesh: MeshView['mesh'], host: string): DestinationRule[] {
  const counting = mesh.namespacesWithRuleFor(host).flatMap((name) => mesh.in(name).destinationRules);
  const others = mesh.ignored.filter((object) => object.kind === 'DestinationRule');
  return [...counting, ...others].filter(({ spec, metadata }) =>
    covers(expandHost(spec.host, metadata.namespace, mesh.settings.clusterDomain), host),
  );
}

function judge(
  snapshot: Snapshot,
  view: MeshView,
  route: VirtualService,
  target: Destination,
  host: string,
  services: readonly MeshService[],
): Finding | undefined {
  const { mesh } = view;
  const subset = target.subset!;
  const rules = rulesCovering(mesh, host);
  const defining = rules.filter((rule) => rule.spec.subsets.some(({ name }) => name === subset));
  // a file that several meshes share may find its rule in another of them
  const elsewhere = meshesAround(snapshot, route).flatMap((each) => rulesCovering(each.mesh, host));
  if (defining.length === 0 && elsewhere.some((rule) => rule.spec.subsets.some(({ name }) => name === subset)))
    return undefined;
  const base = placeOf(route, [...target.path, 'subset']);
  const short = shortHost(host, mesh.settings.clusterDomain);
  if (rules.length === 0) {
    // a rule that is meant for the host and misses it is the mistake
    if (meantFor(view, host, subset)) return undefined;
    const certain = services.every((service) => isNamespaceHere(mesh, service.namespace, route));
    return {
      ...base,
      severity: certain ? 'warning' : 'information',
      message: `No DestinationRule here defines subset \`${subset}\` of \`${short}\`: requests that are led to it fail.`,
      related: [],
    };
  }
  if (defining.length === 0) {
    const names = rules.flatMap((rule) => rule.spec.subsets.map(({ name }) => name));
    const near = nearMisses(subset, names);
    const question = near.length > 0 ? ` Did you mean ${listed(near.slice(0, 2)).replace(' and ', ' or ')}?` : '';
    const has = names.length > 0 ? ` It has ${listed(names)}.` : '';
    return {
      ...base,
      message: `${listed(rules.map(objectName), 2)} ${rules.length === 1 ? 'defines' : 'define'} no subset \`${subset}\` of \`${short}\`: requests that are led to it fail.${question || has}`,
      related: rules.slice(0, 3).map((rule) => ({ ...placeOf(rule), message: `\`${objectName(rule)}\`` })),
      fixes: () =>
        offered(
          ...near
            .slice(0, 2)
            .map((name, index) =>
              setField(snapshot, route, [...target.path, 'subset'], name, `Change subset to \`${name}\``, index === 0),
            ),
        ),
    };
  }
  return ofOtherRule(view, route, target, services, defining, base, short);
}

function meantFor(view: MeshView, host: string, subset: string): boolean {
  return strayRules(view).some(
    (rule) => rule.spec.subsets.some(({ name }) => name === subset) && suggestedHosts(view.mesh, rule)?.includes(host),
  );
}

/** The subset exists, in a rule that the clients do not use. */
function ofOtherRule(
  view: MeshView,
  route: VirtualService,
  target: Destination,
  services: readonly MeshService[],
  defining: readonly DestinationRule[],
  base: ReturnType<typeof placeOf>,
  short: string,
): Finding | undefined {
  const inMesh = route.spec.gateways.length === 0 || route.spec.gateways.includes('mesh');
  const byGateway = route.spec.gateways.some((gateway) => gateway !== 'mesh');
  let without = 0;
  const used = new Set<DestinationRule>();
  for (const group of clientsOf(view.mtls).all()) {
    const { dataplane, scope, namespace, sample } = group;
    const concerned = dataplane === 'gateway' ? byGateway : inMesh;
    if (!concerned || !scope || target.sourceNamespaces?.has(namespace) === false) continue;
    for (const service of services) {
      if (scope.services.get(service.host)?.service !== service) continue;
      const rule = view.mtls.ruleFor(sample, service);
      if (rule?.subsets.some(({ subset }) => subset.name === target.subset)) return undefined;
      without += group.members.length;
      for (const each of rule?.from ?? []) used.add(each);
    }
  }
  if (without === 0) return undefined;
  const why =
    used.size > 0
      ? `${listed([...used].map(objectName), 2)} ${used.size === 1 ? 'goes' : 'go'} before it`
      : 'they do not see it';
  return {
    ...base,
    message: `Subset \`${target.subset}\` of \`${short}\` is defined by ${listed(defining.map(objectName), 2)}, which the clients do not use: ${why}. Requests that are led to it fail.`,
    related: defining.slice(0, 3).map((rule) => ({ ...placeOf(rule), message: `\`${objectName(rule)}\`` })),
  };
}
