// destination-rule-missing: servers require mTLS and no rule tells clients to send it.
import type { PeerAuthentication } from '../manifest/kinds/peer-authentication';
import { objectName, placeOf } from '../words/names';
import type { MeshView, Snapshot } from '../workspace/workspace';
import { addDestinationRules, addEntry, MOST_DOCUMENTS, offered } from './fixes';
import { refusedWords, relatedHalves } from './refused-words';
import type { Finding, Fix, Rule, RuleContext } from './rule';
import {
  byCause,
  type Cause,
  isCertain,
  isFreeOfRules,
  type Reach,
  serviceNames,
  servicesOf,
  takesMtlsEverywhere,
  underPolicies,
} from './traffic';

export const destinationRuleMissing: Rule = {
  id: 'destination-rule-missing',
  severity: 'hint',
  summary: 'Servers require mTLS, and no DestinationRule tells their clients to send it.',
  happens:
    "With auto mTLS, Istio's default, nothing breaks: clients send mTLS wherever the server has a sidecar. With auto mTLS off they send plaintext and are refused. The setting `mutual.requireDestinationRule` says when this is reported.",
  remedy: 'Add a DestinationRule with `mode: ISTIO_MUTUAL` in the namespace of the service.',
  *check({ snapshot, view, here, options }: RuleContext): Iterable<Finding> {
    const { requireDestinationRule } = options;
    if (requireDestinationRule === 'never') return;
    const strict = byCause(underPolicies(view, here), (reach) => {
      const mode = reach.endpoint.accepts?.mode;
      const policy: PeerAuthentication | undefined = mode?.policy;
      const isOwn = policy?.metadata.namespace === here.name;
      return policy && isOwn && mode?.mode === 'STRICT' && isWithoutRule(view, reach)
        ? { object: policy, path: mode.path }
        : undefined;
    });
    // one for each policy, at its first field
    const reported = new Set<unknown>();
    for (const cause of strict) {
      if (reported.has(cause.object)) continue;
      reported.add(cause.object);
      const all = strict.filter((other) => other.object === cause.object).flatMap((other) => other.reaches);
      yield finding(snapshot, view, { ...cause, reaches: all }, requireDestinationRule === 'always');
    }
  },
};

/** Clients with a sidecar whose `tls` nobody sets: auto mTLS decides, or would if it were on. */
function isWithoutRule(view: MeshView, reach: Reach): boolean {
  const { route, subset } = reach.connection;
  if (route !== 'cluster' || subset !== undefined || !isCertain(view, reach)) return false;
  const code = reach.endpoint.decision?.reason.code;
  return code === 'auto-mtls' || code === 'passthrough-all' || code === 'auto-mtls-off';
}

function finding(snapshot: Snapshot, view: MeshView, cause: Cause, always: boolean): Finding {
  const { object, path, reaches: list } = cause;
  const refused = list.filter(({ endpoint }) => endpoint.failure === 'plaintext-refused');
  const base = { ...placeOf(object, path), fixes: () => fixes(snapshot, view, cause) };
  if (refused.length > 0) {
    return {
      ...base,
      severity: 'error',
      message: `\`${objectName(object)}\` requires mTLS, but auto mTLS is off and no rule tells clients of ${serviceNames(view, refused)} to send it: ${refusedWords(refused)}.`,
      related: relatedHalves(refused).slice(1),
    };
  }
  return {
    ...base,
    severity: always ? 'warning' : 'hint',
    message: `No rule tells clients of ${serviceNames(view, list)} to use mTLS. Nothing breaks: auto mTLS is on and does it.`,
    related: relatedHalves(list).slice(1),
  };
}

/** A new rule for services that have none; a `tls` block in the one rule that has no TLS yet. */
function fixes(snapshot: Snapshot, view: MeshView, { object, reaches: list }: Cause): Fix[] {
  const mergedRules = [...new Set(list.map(({ connection }) => connection.rule))];
  const services = servicesOf(list);
  // a rule for a service reaches all its ports and endpoints
  if (services.length > MOST_DOCUMENTS || !services.every((service) => takesMtlsEverywhere(view, service))) return [];
  const [only] = mergedRules;
  if (mergedRules.length === 1 && only === undefined)
    return isFreeOfRules(view, list) ? addDestinationRules(snapshot, view, services, object) : [];
  if (mergedRules.length > 1 || !only || only.rule.spec.host.startsWith('*') || only.policyFrom === undefined)
    return [];
  if (only.policyFrom.spec.trafficPolicy!.portLevelSettings.length > 0) return [];
  const title = `Add \`tls.mode: ISTIO_MUTUAL\` to \`${objectName(only.policyFrom)}\``;
  const tls = { tls: { mode: 'ISTIO_MUTUAL' } };
  return offered(addEntry(snapshot, only.policyFrom, ['spec', 'trafficPolicy'], tls, title, true));
}
