// AuthorizationPolicy as ztunnel enforces it: by connection, not by request, and after dropping what it cannot read.
// istiod: ambient/authorization.go:convertAuthorizationPolicy, handleRule; ztunnel: src/rbac.rs, src/state.rs.
import type { AuthorizationPolicy, AuthorizationRule, FieldMatch } from '../manifest/kinds/authorization-policy';
import { hasLabels } from '../manifest/kinds/peer-authentication';
import { type Labels, selects } from '../manifest/object';

/** Who a client is to mutual TLS; undefined without a certificate. */
export interface Identity {
  readonly trustDomain: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

/** `cluster.local/ns/shop/sa/web` */
export function principal({ trustDomain, namespace, serviceAccount }: Identity): string {
  return `${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}

/** A connection as ztunnel sees it. */
export interface ZtunnelConnection {
  readonly identity: Identity | undefined;
  readonly port: number;
}

/** The policies that ztunnel has for a workload: DENY and ALLOW of its namespace and of the root namespace. */
export function ztunnelPolicies(
  policies: readonly AuthorizationPolicy[],
  namespace: string,
  labels: Labels,
  rootNamespace: string,
): readonly AuthorizationPolicy[] {
  return policies.filter(({ metadata, spec }) => {
    if (metadata.namespace !== namespace && metadata.namespace !== rootNamespace) return false;
    if (spec.targetRefs.length > 0 || spec.dryRun || (spec.action !== 'ALLOW' && spec.action !== 'DENY')) return false;
    // `selector: {}` is neither for the namespace nor for any workload
    return !spec.selector || (hasLabels(spec.selector) && selects(spec.selector.matchLabels, labels));
  });
}

/** True when no DENY matches and, if there is an ALLOW, one of them does. */
export function ztunnelAllows(policies: readonly AuthorizationPolicy[], connection: ZtunnelConnection): boolean {
  const matches = (policy: AuthorizationPolicy): boolean =>
    policy.spec.rules.some((rule) => ruleMatches(rule, policy, connection));
  const allows = policies.filter((policy) => policy.spec.action === 'ALLOW');
  if (policies.some((policy) => policy.spec.action === 'DENY' && matches(policy))) return false;
  return allows.length === 0 || allows.some(matches);
}

/** One value that a match asks for, as ztunnel has it; undefined for what only an HTTP proxy can see. */
type Attribute = (
  match: { readonly values: readonly string[] },
  policy: AuthorizationPolicy,
  connection: ZtunnelConnection,
) => boolean;

const ATTRIBUTES: Readonly<Record<string, Attribute>> = {
  principals: ({ values }, _policy, { identity }) => {
    const name = identity && principal(identity);
    return name !== undefined && values.some((value) => fits(value, name));
  },
  namespaces: ({ values }, _policy, { identity }) =>
    identity !== undefined && values.some((value) => fits(value, identity.namespace)),
  serviceAccounts: ({ values }, policy, { identity }) =>
    identity !== undefined &&
    values.some(
      (value) =>
        (value.includes('/') ? value : `${policy.metadata.namespace}/${value}`) ===
        `${identity.namespace}/${identity.serviceAccount}`,
    ),
  ports: ({ values }, _policy, { port }) => values.some((value) => Number(value) === port),
  // manifests do not show addresses; a range of all of them fits any (of IPv4, as pods have them by default)
  ipBlocks: ({ values }) => values.some((value) => /^[\d.]+\/0$/.test(value)),
};

/** `when` keys that ztunnel can read, by the field that means the same. */
const CONDITIONS: Readonly<Record<string, string>> = {
  'source.principal': 'principals',
  'source.namespace': 'namespaces',
  'source.ip': 'ipBlocks',
  'destination.port': 'ports',
  'destination.ip': 'ipBlocks',
};

/** Fields that are neither converted nor noticed: a source that has nothing else matches nothing. */
const UNSEEN = new Set(['trustDomains']);

/** A rule matches if each of its clauses does; a clause, if any of its alternatives does. */
function ruleMatches(rule: AuthorizationRule, policy: AuthorizationPolicy, connection: ZtunnelConnection): boolean {
  if (policy.spec.action === 'ALLOW' && usesHttp(rule)) return false;
  const alternative = (matches: readonly FieldMatch<string>[]): boolean => {
    const seen = matches.filter(({ field }) => Object.hasOwn(ATTRIBUTES, field));
    return (
      seen.length > 0 && seen.every((match) => ATTRIBUTES[match.field]!(match, policy, connection) !== match.negated)
    );
  };
  const clause = (alternatives: readonly (readonly FieldMatch<string>[])[]): boolean =>
    alternatives.length === 0 || alternatives.some(alternative);
  const conditions = rule.when.every(({ key, values, notValues, path }) => {
    const field = CONDITIONS[key];
    if (field === undefined) return false;
    return alternative([
      ...(values.length > 0 ? [{ field, negated: false, values, path }] : []),
      ...(notValues.length > 0 ? [{ field, negated: true, values: notValues, path }] : []),
    ]);
  });
  return clause(rule.from) && clause(rule.to) && conditions;
}

function usesHttp(rule: AuthorizationRule): boolean {
  const http = ({ field }: FieldMatch<string>): boolean => !Object.hasOwn(ATTRIBUTES, field) && !UNSEEN.has(field);
  return (
    rule.from.some((source) => source.some(http)) ||
    rule.to.some((to) => to.some(http)) ||
    rule.when.some(({ key }) => !Object.hasOwn(CONDITIONS, key))
  );
}

/** `*`, `prefix*`, `*suffix` or the value itself. */
function fits(pattern: string, value: string): boolean {
  if (pattern === '*') return value !== '';
  if (pattern.startsWith('*')) return value.endsWith(pattern.slice(1));
  if (pattern.endsWith('*')) return value.startsWith(pattern.slice(0, -1));
  return pattern === value;
}
