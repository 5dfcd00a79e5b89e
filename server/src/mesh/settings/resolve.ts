// Which of several statements is in force: that of the control plane that is computed, and of these the one nearest to
// the running mesh. What differs at equal weight is not known.
import { isEqual } from './equal';
import type { Fact, Statement } from './statement';
import type { SettingName, SettingSource, SettingValues } from './types';

export interface Resolved {
  readonly values: Partial<SettingValues>;
  readonly sources: Partial<Record<SettingName, SettingSource>>;
}

/**
 * The revision whose istiod is computed: the default one where there is one, by itself or by a tag, or nothing shows
 * another; else the only one there is.
 * @param stated the revisions that the user says are installed
 */
export function revisionInForce(statements: readonly Statement[], stated: readonly string[] | undefined): string {
  const installed = new Set(statements.flatMap(({ installs, revision }) => (installs ? (revision ?? []) : [])));
  if (installed.has('default') || installed.size === 0) return 'default';
  const tagged = statements.map(({ tags }) => tags.get('default')).find((each) => each !== undefined);
  if (tagged !== undefined && installed.has(tagged)) return tagged;
  const candidates = installed.size === 1 ? [...installed] : (stated ?? []).filter((each) => installed.has(each));
  return candidates.length === 1 ? candidates[0]! : 'default';
}

/** What is in force for the control plane of `revision`; of several, none of which is `revision`, all are looked at. */
export function resolve(statements: readonly Statement[], revision: string): Resolved {
  const own = statements.filter((each) => each.revision === undefined || each.revision === revision);
  const isHere = own.some(({ installs, revision }) => installs && revision !== undefined);
  const byName = new Map<SettingName, { statement: Statement; fact: Fact }[]>();
  for (const statement of isHere ? own : statements) {
    for (const fact of statement.facts) {
      const list = byName.get(fact.name);
      if (list) list.push({ statement, fact });
      else byName.set(fact.name, [{ statement, fact }]);
    }
  }
  const values: Partial<Record<SettingName, unknown>> = {};
  const sources: Partial<Record<SettingName, SettingSource>> = {};
  for (const [name, all] of byName) {
    const rank = Math.max(...all.map(({ statement }) => statement.rank));
    const highest = all.filter(({ statement }) => statement.rank === rank);
    const places = highest.map(({ statement: { object }, fact: { path, inner } }) => ({
      object,
      path,
      ...(inner && { inner }),
    }));
    const [first, ...others] = highest.map(({ fact }) => fact.value);
    if (others.every((other) => isEqual(first, other))) {
      values[name] = first;
      sources[name] = { by: 'manifest', ...places[0]! };
    } else {
      values[name] = CAREFUL[name]?.(highest.map(({ fact }) => fact.value));
      sources[name] = { by: 'contradiction', places };
    }
  }
  return { values: values as Partial<SettingValues>, sources };
}

const any = (values: readonly unknown[]): boolean => values.includes(true);
const together = (values: readonly unknown[]): unknown[] => {
  const all: unknown[] = [];
  for (const item of values.flat()) if (!all.some((each) => isEqual(each, item))) all.push(item);
  return all;
};

/** What causes the fewest false alarms where manifests differ; Istio's default where nothing stands here. */
const CAREFUL: Partial<Record<SettingName, (values: readonly unknown[]) => unknown>> = {
  ambient: any,
  sidecarHbone: any,
  trustDomainAliases: together,
  certificateTrustDomains: together,
  extensionProviders: together,
  enableNamespacesByDefault: () => 'unknown',
};
