// destination-rule-unused: no client uses a DestinationRule, for where it stands or for another that goes before it.
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import { covers, expandHost, isWildcard } from '../mesh/host';
import type { MeshService } from '../mesh/service';
import type { Workload } from '../mesh/workload';
import { type ClientGroup, clientsOf } from '../mtls/clients';
import { consideredRules, type LostRule } from '../mtls/considered';
import { objectName, placeOf, shortHost } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import { exportsToUnknown } from './export-to-unknown';
import { isNamespaceHere, isPatch } from './placeholders';
import type { Finding, Related, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const destinationRuleUnused: Rule = {
  id: 'destination-rule-unused',
  severity: 'warning',
  summary: 'No client uses a DestinationRule, for its namespace or for another rule that goes before it.',
  happens:
    "A client looks for rules in its own namespace, then in the service's, then in the root namespace, and uses those of the first that has one for the host: the most specific, and of two for one host those that Istio merges. Whatever a rule that loses says about TLS does not happen.",
  remedy: "Put the rule into the service's namespace, or keep one rule for each host.",
  peers: ['KIA0201'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const { mesh } = view;
    for (const rule of here.destinationRules) {
      if (isPatch(snapshot, rule) || !rule.metadata.namespaceStated) continue;
      const host = expandHost(rule.spec.host, rule.metadata.namespace, mesh.settings.clusterDomain);
      const named = isWildcard(host) ? mesh.services : (mesh.servicesByHost.get(host) ?? []);
      const services = named.filter(
        (service) => service.resolution !== 'alias' && covers(host, service.host) && service.ports.length > 0,
      );
      // a rule for hosts that are not here is destination-rule-host-unknown, or nobody can tell
      if (services.length === 0) continue;
      const finding = judge(view, rule, services, isWildcard(host));
      if (finding) yield finding;
    }
  },
};

/** Enough to say why. */
const MOST_LOSSES = 20;

function judge(
  view: MeshView,
  rule: DestinationRule,
  services: readonly MeshService[],
  wildcard: boolean,
): Finding | undefined {
  const { rootNamespace } = view.mesh.settings;
  const { namespace } = rule.metadata;
  const looked = (client: Workload, service: MeshService): boolean =>
    client.namespace === namespace || service.namespace === namespace || namespace === rootNamespace;
  const losses: { lost: LostRule; client: Workload; service: MeshService }[] = [];
  let mayBeUsed = false;
  for (const { sample: client, dataplane } of nearestFirst(view, namespace)) {
    if (dataplane === 'none') continue;
    for (const service of services) {
      if (!looked(client, service)) continue;
      // that the policy of a merged rule does not count is destination-rule-merge-loses
      if (view.mtls.ruleFor(client, service)?.from.includes(rule)) return undefined;
      if (losses.length >= MOST_LOSSES) continue;
      const lost = consideredRules(view.mtls, client, service).lost.find((each) => each.rule === rule);
      if (!lost) return undefined;
      // a client that may have a sidecar may use the rule
      if (dataplane === 'unknown') mayBeUsed = true;
      losses.push({ lost, client, service });
    }
  }
  if (losses.length === 0) return nobodyLooks(view, rule, services);
  const winners = [
    ...new Set(losses.flatMap(({ client, service }) => view.mtls.ruleFor(client, service)?.from ?? [])),
  ].filter((winner) => winner !== rule);
  const reasons = new Set(losses.map(({ lost }) => lost.reason));
  // the cause is a name that nothing knows, and export-to-unknown tells it
  if ([...reasons].every((reason) => reason === 'not-exported') && exportsToUnknown(view, rule)) return undefined;
  const host = shortHost(services[0]!.host, view.mesh.settings.clusterDomain);
  const who = listed(winners.map(objectName), 3);
  const hosts = services.length === 1 ? `\`${host}\`` : `the ${services.length} services that it covers`;
  const why = reasonWords(reasons, who, winners.length);
  if (why === undefined) return undefined;
  // a catch-all is also for services to come; of equal rules it does not matter which one counts
  const mild =
    wildcard ||
    mayBeUsed ||
    reasons.has('not-exported') ||
    reasons.has('not-selected') ||
    winners.every((winner) => JSON.stringify(winner.spec.trafficPolicy) === JSON.stringify(rule.spec.trafficPolicy));
  return {
    ...placeOf(rule, ['spec', 'host']),
    ...(mild && { severity: 'information' as const }),
    message: `No known client of ${hosts} uses this rule: ${why}.`,
    related: winners.slice(0, 3).map(winnerPlace),
  };
}

function winnerPlace(winner: DestinationRule): Related {
  return { ...placeOf(winner, ['spec', 'host']), message: `\`${objectName(winner)}\` is used` };
}

/** Every group of clients, those of the namespace first: they mostly use the rule, and then nobody else is asked. */
function* nearestFirst({ mtls }: MeshView, namespace: string): Generator<ClientGroup> {
  const clients = clientsOf(mtls);
  yield* clients.groupsIn(namespace);
  yield* clients.all();
}

function reasonWords(reasons: ReadonlySet<LostRule['reason']>, who: string, winners: number): string | undefined {
  const goes = winners === 1 ? 'goes' : 'go';
  if (reasons.has('other-rule-of-host'))
    return winners === 0 ? undefined : `${who} ${winners === 1 ? 'is' : 'are'} for the same host and ${goes} before it`;
  if (reasons.has('less-specific')) return `${who} ${winners === 1 ? 'names' : 'name'} the host more exactly`;
  if (reasons.has('later-namespace'))
    return winners === 0 ? undefined : `${who} ${goes} before it, in a namespace where they look first`;
  if (reasons.has('not-exported')) return '`exportTo` keeps it from them';
  if (reasons.has('not-selected')) return 'its `workloadSelector` selects none of them';
  return undefined;
}

/** The rule is in a namespace where no client of the service looks. */
function nobodyLooks(view: MeshView, rule: DestinationRule, services: readonly MeshService[]): Finding | undefined {
  const { mesh } = view;
  const { namespace } = rule.metadata;
  if (namespace === mesh.settings.rootNamespace || services.some((service) => service.namespace === namespace))
    return undefined;
  const pods = mesh.podsIn(namespace);
  const { exportTo } = rule.spec;
  // exported on purpose, the rule is meant for clients elsewhere, and those never look here
  const meantForOthers = exportTo.some((each) => each !== '.' && each !== namespace);
  const certain = meantForOthers && (pods.length > 0 || isNamespaceHere(mesh, namespace, rule));
  const where = [...new Set(services.map((service) => service.namespace))];
  const here =
    pods.length > 0
      ? 'whose pods have no sidecar'
      : isNamespaceHere(mesh, namespace, rule)
        ? 'which has no workload'
        : 'of which no workload is in this workspace';
  return {
    ...placeOf(rule, ['metadata', 'namespace']),
    ...(!certain && { severity: 'information' as const }),
    message: `Only clients in \`${namespace}\` look for rules here, ${here}: others use those of their own namespace, of the service's (${listed(where, 3)}) and of the root namespace.`,
    related: services.slice(0, 3).map(({ object }) => ({ ...placeOf(object), message: `\`${objectName(object)}\`` })),
  };
}
