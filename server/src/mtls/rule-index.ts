// DestinationRules as istiod keeps them: by namespace and host, merged in an order-dependent way.
// istiod: pilot/pkg/model/push_context.go:setDestinationRules, model/destination_rule.go:mergeDestinationRule.

import { perObject } from '../incremental/cells';
import type { Selector } from '../manifest/kinds/common';
import type { DestinationRule, DestinationRuleSpec, PortTrafficPolicy } from '../manifest/kinds/destination-rule';
import { sameLabels } from '../manifest/object';
import { isSynthesised } from '../mesh/backend-tls';
import { expandHost, HostIndex } from '../mesh/host';
import type { MeshSettings } from '../mesh/settings';
import { since } from '../mesh/version';
import type { Path } from '../yaml/range';

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

/** The rule that wrote the field at `path` of a merged rule, as a cluster of `subset` sees it. */
export function ruleAt(rule: MergedRule, path: Path, subset: string | undefined): DestinationRule {
  if (path[1] !== 'subsets') return rule.policyFrom ?? rule.rule;
  return rule.subsets.find((each) => each.subset.name === subset)?.from ?? rule.rule;
}

export type RulesByHost = HostIndex<MergedRule[]>;

/** The rules of one namespace. */
export interface NamespaceRules {
  /** What its own clients see. */
  readonly local: RulesByHost;
  /** What it shows to others. */
  readonly exported: RulesByHost;
  /** Private rules of the root namespace, which are all that its own clients see; empty elsewhere. */
  readonly rootLocal: RulesByHost;
}

/** The rules of each namespace. */
export type RuleIndex = (namespace: string) => NamespaceRules;

/** @param rules of one namespace, in creation order */
export function indexRules(rules: readonly DestinationRule[], settings: MeshSettings): NamespaceRules {
  const local: RulesByHost = new HostIndex();
  const exported: RulesByHost = new HostIndex();
  const rootLocal: RulesByHost = new HostIndex();
  const selecting = rules.filter((rule) => rule.spec.workloadSelector);
  const others = rules.filter((rule) => !rule.spec.workloadSelector);
  const byExport = since(settings, 'destination-rules-merge-by-export');
  const privateByDefault = settings.defaultDestinationRuleExportTo.includes('.');
  for (const rule of [...selecting, ...others]) {
    const { namespace } = rule.metadata;
    const host = expandHost(rule.spec.host, namespace, settings.clusterDomain);
    const exportTo = exportedTo(rule);
    const everywhere = exportTo.size === 0 || exportTo.has('*');
    if (everywhere || exportTo.has('.') || exportTo.has(namespace)) merge(local, host, rule, exportTo, byExport);
    const isPrivate =
      (exportTo.size === 0 && privateByDefault) ||
      (exportTo.size === 1 && (exportTo.has('.') || exportTo.has(namespace)));
    if (!isPrivate) merge(exported, host, rule, exportTo, byExport);
    else if (namespace === settings.rootNamespace) merge(rootLocal, host, rule, exportTo, byExport);
  }
  return { local, exported, rootLocal };
}

/** A rule by itself; the same object each time, so that what hangs on it need not be worked out again. */
const entryOf = perObject((rule: DestinationRule): MergedRule => {
  const { spec, metadata } = rule;
  return {
    rule,
    namespace: metadata.namespace,
    selector: spec.workloadSelector,
    trafficPolicy: spec.trafficPolicy,
    policyFrom: spec.trafficPolicy && rule,
    subsets: spec.subsets.map((subset) => ({ subset, from: rule })),
    exportTo: exportedTo(rule),
    from: [rule],
  };
});

/** To whom a rule with a selector is shown is not for it to say: it holds in its own namespace. */
function exportedTo({ spec }: DestinationRule): ReadonlySet<string> {
  return new Set(spec.workloadSelector ? ['.'] : spec.exportTo);
}

/**
 * Puts `rule` beside the rules of its host, or into one of them. The loop is istiod's, step by step: what looks like
 * accidents of order (a rule swallowed by one with fewer readers, say) is what runs in clusters.
 */
function merge(
  index: RulesByHost,
  host: string,
  rule: DestinationRule,
  exportTo: ReadonlySet<string>,
  byExport: boolean,
): void {
  const list = index.get(host);
  if (!list) {
    index.set(host, [entryOf(rule)]);
    return;
  }
  const selector = rule.spec.workloadSelector;
  let separate = true;
  list.forEach((entry, position) => {
    // before Istio 1.24 rules were put together whoever they were exported to
    const same = byExport && sameSet(exportTo, entry.exportTo);
    if (byExport && !same && (entry.exportTo.size === 0 || !isSuperset(exportTo, entry.exportTo))) {
      separate = true;
      return;
    }
    separate = !same;
    if (selector && entry.selector && !sameLabels(selector.matchLabels, entry.selector.matchLabels)) {
      separate = true;
      return;
    }
    if ((!selector && !entry.selector) || (selector && entry.selector)) separate = false;
    list[position] = absorb(entry, rule);
  });
  if (separate) list.push(entryOf(rule));
}

/** Subsets are added by name, the first of a name staying; the traffic policy of the first that has one counts whole. */
function absorb(entry: MergedRule, rule: DestinationRule): MergedRule {
  const names = new Set(entry.subsets.map(({ subset }) => subset.name));
  const added = rule.spec.subsets.filter((subset) => !names.has(subset.name)).map((subset) => ({ subset, from: rule }));
  return {
    ...entry,
    subsets: [...entry.subsets, ...added],
    ...policyOf(entry, rule),
    from: [...entry.from, rule],
  };
}

/** A rule that istiod made itself fills the gaps of a user's (model/destination_rule.go:mergeBackendPolicyTrafficPolicy). */
function policyOf(entry: MergedRule, rule: DestinationRule): Pick<MergedRule, 'trafficPolicy' | 'policyFrom'> {
  const first = { trafficPolicy: entry.trafficPolicy, policyFrom: entry.policyFrom };
  const other = { trafficPolicy: rule.spec.trafficPolicy, policyFrom: rule.spec.trafficPolicy && rule };
  if (isSynthesised(entry.rule) === isSynthesised(rule)) return first.trafficPolicy ? first : other;
  const [user, made] = isSynthesised(rule) ? [first, other] : [other, first];
  if (!user.trafficPolicy || !made.trafficPolicy) return user.trafficPolicy ? user : made;
  const own = user.trafficPolicy;
  const gaps = made.trafficPolicy;
  const ports = own.portLevelSettings.map((item) => {
    const filler = gaps.portLevelSettings.find((each) => each.port === item.port);
    return filler ? fill(item, filler) : item;
  });
  const added = gaps.portLevelSettings.filter((item) => !ports.some((each) => each.port === item.port));
  return {
    trafficPolicy: { ...fill(own, gaps), portLevelSettings: [...ports, ...added] },
    policyFrom: own.tls || !gaps.tls ? user.policyFrom : made.policyFrom,
  };
}

function fill<T extends PortTrafficPolicy>(policy: T, gaps: PortTrafficPolicy): T {
  return { ...policy, tls: policy.tls ?? gaps.tls, loadBalancer: policy.loadBalancer ?? gaps.loadBalancer };
}

function isSuperset(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  for (const item of b) if (!a.has(item)) return false;
  return true;
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && isSuperset(a, b);
}
