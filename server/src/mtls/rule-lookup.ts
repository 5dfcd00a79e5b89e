// Which DestinationRule a client uses for a service (model/push_context.go:destinationRule, model/sidecar.go).
import { type Labels, selects } from '../manifest/object';
import { sameItems } from '../mesh/lookup';
import type { MergedRule, RuleIndex, RulesByHost } from './rule-index';

/** Where a rule was found: rules of exactly one namespace are used, never combined. */
export type LookupStep = 'client-namespace' | 'root-private' | 'service-namespace' | 'root-namespace';

/** The rules of the namespace where the search ended; the client's labels then choose among them. */
export interface RuleCandidates {
  readonly step: LookupStep;
  /** The host pattern that covered the service. */
  readonly pattern: string;
  readonly entries: readonly MergedRule[];
}

/** True when both lead to the very same rules. */
export function sameCandidates(a: RuleCandidates | undefined, b: RuleCandidates | undefined): boolean {
  if (!a || !b) return a === b;
  return a.step === b.step && a.pattern === b.pattern && sameItems(a.entries, b.entries);
}

/**
 * Looks for rules in the client's namespace, then in the service's, then in the root namespace. In each, the most
 * specific host is taken before anybody asks whether its rules are shown to the client.
 */
export function lookUpRules(
  index: RuleIndex,
  clientNamespace: string,
  service: { readonly host: string; readonly namespace: string },
  rootNamespace: string,
): RuleCandidates | undefined {
  const rules = index(clientNamespace);
  const own = clientNamespace === rootNamespace ? rules.rootLocal : rules.local;
  const nearest = own.mostSpecific(service.host);
  if (nearest) {
    const step = clientNamespace === rootNamespace ? 'root-private' : 'client-namespace';
    return { step, pattern: nearest.pattern, entries: nearest.value };
  }
  return (
    exportedFrom(index(service.namespace).exported, 'service-namespace', clientNamespace, service.host) ??
    exportedFrom(index(rootNamespace).exported, 'root-namespace', clientNamespace, service.host)
  );
}

/** model/push_context.go:getExportedDestinationRuleFromNamespace */
function exportedFrom(
  rules: RulesByHost,
  step: LookupStep,
  clientNamespace: string,
  host: string,
): RuleCandidates | undefined {
  const found = rules.mostSpecific(host);
  const entries = found?.value.filter(
    ({ exportTo }) => exportTo.size === 0 || exportTo.has('*') || exportTo.has(clientNamespace),
  );
  return found && entries && entries.length > 0 ? { step, pattern: found.pattern, entries } : undefined;
}

/**
 * The rule for a client with these labels (model/sidecar.go:SidecarScope.DestinationRule): the first of its own
 * namespace whose selector fits, else the last one without selector.
 */
export function chooseRule(
  candidates: RuleCandidates | undefined,
  clientNamespace: string,
  labels: Labels,
): MergedRule | undefined {
  let catchAll: MergedRule | undefined;
  for (const entry of candidates?.entries ?? []) {
    if (!entry.selector) catchAll = entry;
    else if (entry.namespace === clientNamespace && selects(entry.selector.matchLabels, labels)) return entry;
  }
  return catchAll;
}
