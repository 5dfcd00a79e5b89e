// DestinationRules as istiod keeps them: by namespace and host, merged in an order-dependent way.
// istiod: pilot/pkg/model/push_context.go:setDestinationRules, model/destination_rule.go:mergeDestinationRule.

import type { Selector } from '../manifest/kinds/common';
import type { DestinationRule, DestinationRuleSpec } from '../manifest/kinds/destination-rule';
import { expandHost, HostIndex } from '../mesh/host';
import type { MeshSettings } from '../mesh/settings';

/** One or more rules of a host that act as one. */
export interface MergedRule {
  /** The first of `from`; clients know the merged rule by its name. */
  readonly rule: DestinationRule;
  readonly namespace: string;
  readonly selector: Selector | undefined;
  readonly trafficPolicy: DestinationRuleSpec['trafficPolicy'];
  /** The rule that `trafficPolicy` was taken from. */
  readonly policyFrom: DestinationRule | undefined;
  readonly subsets: readonly {
    readonly subset: DestinationRuleSpec['subsets'][number];
    readonly from: DestinationRule;
  }[];
  readonly exportTo: ReadonlySet<string>;
  /** Every rule that was merged, in order. */
  readonly from: readonly DestinationRule[];
}

export type RulesByHost = HostIndex<MergedRule[]>;

export interface RuleIndex {
  /** What clients of a namespace see of its own rules. */
  readonly local: ReadonlyMap<string, RulesByHost>;
  /** What a namespace shows to others. */
  readonly exported: ReadonlyMap<string, RulesByHost>;
  /** Private rules of the root namespace, for its own clients. */
  readonly rootLocal: RulesByHost;
}

/** @param rules in creation order */
export function indexRules(rules: readonly DestinationRule[], settings: MeshSettings): RuleIndex {
  const local = new Map<string, RulesByHost>();
  const exported = new Map<string, RulesByHost>();
  const rootLocal: RulesByHost = new HostIndex();
  const selecting = rules.filter((rule) => rule.spec.workloadSelector);
  const others = rules.filter((rule) => !rule.spec.workloadSelector);
  const privateByDefault = settings.defaultDestinationRuleExportTo.includes('.');
  for (const rule of [...selecting, ...others]) {
    const { namespace } = rule.metadata;
    const host = expandHost(rule.spec.host, namespace, settings.clusterDomain);
    const exportTo = new Set(rule.spec.workloadSelector ? ['.'] : rule.spec.exportTo);
    const everywhere = exportTo.size === 0 || exportTo.has('*');
    if (everywhere || exportTo.has('.') || exportTo.has(namespace))
      merge(indexFor(local, namespace), host, rule, exportTo);
    const isPrivate =
      (exportTo.size === 0 && privateByDefault) ||
      (exportTo.size === 1 && (exportTo.has('.') || exportTo.has(namespace)));
    if (!isPrivate) merge(indexFor(exported, namespace), host, rule, exportTo);
    else if (namespace === settings.rootNamespace) merge(rootLocal, host, rule, exportTo);
  }
  return { local, exported, rootLocal };
}

function indexFor(indexes: Map<string, RulesByHost>, namespace: string): RulesByHost {
  let index = indexes.get(namespace);
  if (!index) {
    index = new HostIndex();
    indexes.set(namespace, index);
  }
  return index;
}

function entryOf(rule: DestinationRule, exportTo: ReadonlySet<string>): MergedRule {
  const { spec, metadata } = rule;
  return {
    rule,
    namespace: metadata.namespace,
    selector: spec.workloadSelector,
    trafficPolicy: spec.trafficPolicy,
    policyFrom: spec.trafficPolicy && rule,
    subsets: spec.subsets.map((subset) => ({ subset, from: rule })),
    exportTo,
    from: [rule],
  };
}

/**
 * Puts `rule` beside the rules of its host, or into one of them. The loop is istiod's, step by step: what looks like
 * accidents of order (a rule swallowed by one with fewer readers, say) is what runs in clusters.
 */
function merge(index: RulesByHost, host: string, rule: DestinationRule, exportTo: ReadonlySet<string>): void {
  const list = index.get(host);
  if (!list) {
    index.set(host, [entryOf(rule, exportTo)]);
    return;
  }
  const selector = rule.spec.workloadSelector;
  let separate = true;
  list.forEach((entry, position) => {
    const same = sameSet(exportTo, entry.exportTo);
    if (!same && (entry.exportTo.size === 0 || !isSuperset(exportTo, entry.exportTo))) {
      separate = true;
      return;
    }
    separate = !same;
    if (selector && entry.selector && !sameLabels(selector, entry.selector)) {
      separate = true;
      return;
    }
    if ((!selector && !entry.selector) || (selector && entry.selector)) separate = false;
    list[position] = absorb(entry, rule);
  });
  if (separate) list.push(entryOf(rule, exportTo));
}

/** Subsets are added by name, the first of a name staying; the traffic policy of the first that has one counts whole. */
function absorb(entry: MergedRule, rule: DestinationRule): MergedRule {
  const names = new Set(entry.subsets.map(({ subset }) => subset.name));
  const added = rule.spec.subsets.filter((subset) => !names.has(subset.name)).map((subset) => ({ subset, from: rule }));
  return {
    ...entry,
    subsets: [...entry.subsets, ...added],
    trafficPolicy: entry.trafficPolicy ?? rule.spec.trafficPolicy,
    policyFrom: entry.policyFrom ?? (rule.spec.trafficPolicy && rule),
    from: [...entry.from, rule],
  };
}

function isSuperset(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const item of b) if (!a.has(item)) return false;
  return true;
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && isSuperset(a, b);
}

function sameLabels(a: Selector, b: Selector): boolean {
  const keys = Object.keys(a.matchLabels);
  return (
    keys.length === Object.keys(b.matchLabels).length && keys.every((key) => a.matchLabels[key] === b.matchLabels[key])
  );
}
