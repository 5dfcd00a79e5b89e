// destination-rule-merge-loses: of two rules for one host that Istio merges, a traffic policy or a reader is lost.
import type { DestinationRule } from '../manifest/kinds/destination-rule';
import type { MeshNamespace } from '../mesh/mesh';
import type { MergedRule } from '../mtls/rule-index';
import { objectName, placeOf } from '../words/names';
import type { MeshView } from '../workspace/workspace';
import { isPatch } from './placeholders';
import type { Finding, Rule, RuleContext } from './rule';
import { listed } from './wording';

export const destinationRuleMergeLoses: Rule = {
  id: 'destination-rule-merge-loses',
  severity: 'warning',
  summary: 'Istio merges two DestinationRules for one host, and what one of them says is lost.',
  happens:
    'Rules of one namespace for one host are merged: subsets are put together, but only the first `trafficPolicy` counts, whole. A subset that is there already is dropped. And a rule that is merged into one with fewer namespaces in `exportTo` is not shown to the others.',
  remedy: 'Keep one rule for each host and namespace.',
  peers: ['KIA0201'],
  *check({ snapshot, view, here }: RuleContext): Iterable<Finding> {
    const isWhole = (rule: DestinationRule): boolean => !isPatch(snapshot, rule);
    const reported = new Set<DestinationRule>();
    for (const merged of mergedRules(view, here)) {
      for (const rule of merged.from.slice(1)) {
        if (reported.has(rule) || !merged.from.every(isWhole)) continue;
        const finding = policyLost(merged, rule) ?? subsetLost(merged, rule) ?? readersLost(view, merged, rule);
        if (!finding) continue;
        reported.add(rule);
        yield finding;
      }
    }
  },
};

/** Entries in which several users' rules act as one. */
function mergedRules({ mtls }: MeshView, { name, destinationRules }: MeshNamespace): MergedRule[] {
  const { local, exported, rootLocal } = mtls.rules(name);
  const indexes = [local, exported, rootLocal];
  const all = indexes.flatMap((index) => [...index.entries()].flatMap(([, entries]) => entries));
  return all.filter(({ from }) => from.length > 1 && from.every((rule) => destinationRules.includes(rule)));
}

function policyLost({ policyFrom }: MergedRule, rule: DestinationRule): Finding | undefined {
  const { trafficPolicy } = rule.spec;
  if (!trafficPolicy || !policyFrom || policyFrom === rule) return undefined;
  if (JSON.stringify(trafficPolicy) === JSON.stringify(policyFrom.spec.trafficPolicy)) return undefined;
  const tls = trafficPolicy.tls;
  const what = tls ? `, with its \`tls\` (${tls.mode}),` : '';
  return {
    ...placeOf(rule, ['spec', 'trafficPolicy'], 'key'),
    message: `This \`trafficPolicy\`${what} is lost: \`${objectName(policyFrom)}\` is for the same host and ${first(rule, policyFrom)}.`,
    related: [
      { ...placeOf(policyFrom, ['spec', 'trafficPolicy'], 'key'), message: `\`${objectName(policyFrom)}\` counts` },
    ],
  };
}

/** Why the other one counts: manifests rarely tell the age. */
function first(rule: DestinationRule, winner: DestinationRule): string {
  if (rule.metadata.creationTime !== winner.metadata.creationTime) return 'is older';
  return 'comes first by name if both are applied together, else the older one counts';
}

function subsetLost({ subsets }: MergedRule, rule: DestinationRule): Finding | undefined {
  const index = rule.spec.subsets.findIndex((own) => {
    const kept = subsets.find(({ subset }) => subset.name === own.name);
    return kept !== undefined && kept.from !== rule && JSON.stringify(kept.subset) !== JSON.stringify(own);
  });
  if (index < 0) return undefined;
  const { name } = rule.spec.subsets[index]!;
  const { from } = subsets.find(({ subset }) => subset.name === name)!;
  return {
    ...placeOf(rule, ['spec', 'subsets', index, 'name']),
    message: `Subset \`${name}\` is dropped: \`${objectName(from)}\` defines it for the same host, and the first one counts.`,
    related: [{ ...placeOf(from, ['spec', 'subsets']), message: `\`${objectName(from)}\` counts` }],
  };
}

/** The rule has gone into one that fewer namespaces see, and stands nowhere by itself. */
function readersLost(view: MeshView, merged: MergedRule, rule: DestinationRule): Finding | undefined {
  const { namespace } = rule.metadata;
  const selected = merged.selector !== undefined && rule.spec.workloadSelector === undefined;
  const shown = view.mtls.rules(namespace).local;
  const entries = [...shown.entries()].flatMap(([, list]) => list);
  if (selected) {
    const stands = entries.some((entry) => entry.from.includes(rule) && !entry.selector);
    if (stands || !entries.includes(merged)) return undefined;
    return {
      ...placeOf(rule, ['spec', 'host']),
      message: `This rule is merged into \`${objectName(merged.rule)}\`, which has a \`workloadSelector\`: clients that it does not select have no rule for the host.`,
      related: [{ ...placeOf(merged.rule), message: `\`${objectName(merged.rule)}\`` }],
    };
  }
  const exported = [...view.mtls.rules(namespace).exported.entries()].flatMap(([, list]) => list);
  const seen = new Set(exported.filter((entry) => entry.from.includes(rule)).flatMap((entry) => [...entry.exportTo]));
  const lost = rule.spec.exportTo.filter((name) => !seen.has(name) && name !== '.' && name !== namespace);
  if (lost.length === 0 || rule.spec.exportTo.includes('*') || seen.size === 0) return undefined;
  return {
    ...placeOf(rule, ['spec', 'exportTo'], 'key'),
    message: `Clients in ${listed(lost, 3)} do not see this rule: it is merged into \`${objectName(merged.rule)}\`, which is not exported to them.`,
    related: [{ ...placeOf(merged.rule, ['spec', 'exportTo'], 'key'), message: `\`${objectName(merged.rule)}\`` }],
  };
}
