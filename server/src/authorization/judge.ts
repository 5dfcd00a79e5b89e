// The filters of one workload in their order: external authorization, token, DENY, ALLOW.
// istiod: authz/builder/builder.go:build, core/listener_builder.go:buildHTTPConnectionManager.

import type { AuthorizationPolicy } from '../manifest/kinds/authorization-policy';
import type { Mesh } from '../mesh/mesh';
import type { MeshService } from '../mesh/service';
import type { ExtensionProvider, MeshSettings } from '../mesh/settings';
import type { Workload } from '../mesh/workload';
import { type AttachedPolicies, attachedPolicies } from './attachment';
import { type AuthorizationRequest, type HttpRequest, seenRequest } from './request';
import { type CompiledRule, judgeRule, type Layer, type RuleVerdict } from './rules';
import { judgeToken, type TokenRule, type TokenVerdict, tokenRules } from './token';

/** What a workload's filters are made of. */
export interface WorkloadFilters {
  readonly policies: AttachedPolicies;
  readonly tokens: readonly TokenRule[];
  /** External authorization by the provider's name, in the order in which they are asked. */
  readonly custom: ReadonlyMap<string, readonly CompiledRule[]>;
  readonly deny: readonly CompiledRule[];
  readonly allow: readonly CompiledRule[];
}

/**
 * The filters of `workload`.
 * @param rulesOf the rules of a policy, the same for every workload
 * @param service of a waypoint: the one behind it that is called
 */
export function filtersOf(
  mesh: Mesh,
  workload: Workload,
  rulesOf: (policy: AuthorizationPolicy) => readonly CompiledRule[],
  service?: MeshService,
): WorkloadFilters {
  const policies = attachedPolicies(mesh, workload, service);
  const compile = (list: readonly AuthorizationPolicy[]): CompiledRule[] => list.flatMap(rulesOf);
  const names = [...new Set(policies.custom.map(({ spec }) => spec.provider ?? ''))].sort();
  return {
    policies,
    tokens: tokenRules(policies.requestAuthentications),
    custom: new Map(
      names.map((name) => [name, compile(policies.custom.filter(({ spec }) => (spec.provider ?? '') === name))]),
    ),
    deny: compile(policies.deny),
    allow: compile(policies.allow),
  };
}

/** How the filters decide, each with what decided. */
export type Judgement =
  /** A CUSTOM rule matches whose provider does not exist, or that has a rival for the workload. */
  | { readonly code: 'custom-denies'; readonly rules: readonly RuleVerdict[]; readonly provider: string }
  | { readonly code: 'token-refused'; readonly token: TokenVerdict }
  | { readonly code: 'deny-matches'; readonly rules: readonly RuleVerdict[] }
  /** No ALLOW matches, and there is one; `rules` are those that do not, each with the fields that do not hold. */
  | { readonly code: 'no-allow-matches'; readonly rules: readonly RuleVerdict[] }
  | { readonly code: 'allow-matches'; readonly rules: readonly RuleVerdict[] }
  /** Nothing restricts it. */
  | { readonly code: 'no-allow-policy' }
  /** A provider is asked; `otherwise` holds if it agrees. */
  | {
      readonly code: 'provider-decides';
      readonly provider: string;
      readonly rules: readonly RuleVerdict[];
      readonly otherwise: Judgement;
    }
  /** What is not known of the request decides; `rules` are the open ones, each with its undecided fields. */
  | { readonly code: 'open'; readonly rules: readonly RuleVerdict[]; readonly unlessDenied: Judgement };

/**
 * What the filters of one layer do with a request that reached them.
 * @param http the request, where HTTP filters judge
 */
export function judge(
  filters: WorkloadFilters,
  settings: MeshSettings,
  request: AuthorizationRequest,
  port: number,
  http: HttpRequest | undefined,
): Judgement {
  const layer: Layer = http ? 'http' : 'tcp';
  const token = http && judgeToken(filters.tokens, http);
  const seen = seenRequest(request, port, http, token?.claims, settings.pathNormalization);
  const verdicts = (rules: readonly CompiledRule[]): RuleVerdict[] => rules.map((rule) => judgeRule(rule, layer, seen));
  const open: RuleVerdict[] = [];
  /** The rules that match; those that may are set aside. */
  const matching = (rules: readonly CompiledRule[]): RuleVerdict[] => {
    const found = verdicts(rules);
    open.push(...found.filter(({ matches }) => matches === 'unknown'));
    return found.filter(({ matches }) => matches === true);
  };

  const asked: { provider: string; rules: readonly RuleVerdict[] }[] = [];
  for (const [provider, rules] of filters.custom) {
    const use = filters.custom.size > 1 ? 'denies' : providerUse(settings.extensionProviders, provider, layer);
    if (use === 'skipped') continue;
    const before = open.length;
    const matched = matching(rules);
    if (use === 'denies') {
      if (matched.length > 0) return { code: 'custom-denies', rules: matched, provider };
      continue;
    }
    const maybe = open.splice(before);
    if (matched.length + maybe.length > 0) asked.push({ provider, rules: [...matched, ...maybe] });
  }
  const rest = (): Judgement => {
    if (token?.status === 'refused') return { code: 'token-refused', token };
    const denying = matching(filters.deny);
    if (denying.length > 0) return { code: 'deny-matches', rules: denying };
    if (filters.policies.allow.length === 0) return { code: 'no-allow-policy' };
    const allowing = verdicts(filters.allow);
    const matched = allowing.filter(({ matches }) => matches === true);
    if (matched.length > 0) return { code: 'allow-matches', rules: matched };
    const maybe = allowing.filter(({ matches }) => matches === 'unknown');
    if (maybe.length === 0) return { code: 'no-allow-matches', rules: allowing };
    open.push(...maybe);
    return { code: 'open', rules: maybe, unlessDenied: { code: 'allow-matches', rules: maybe } };
  };
  const result = asked.reduceRight<Judgement>((otherwise, each) => {
    const certain = otherwise.code === 'deny-matches' || otherwise.code === 'no-allow-matches';
    return certain ? otherwise : { code: 'provider-decides', ...each, otherwise };
  }, rest());
  const decided = ['deny-matches', 'no-allow-matches', 'token-refused'].includes(result.code);
  if (open.length === 0 || decided) return result;
  return { code: 'open', rules: open, unlessDenied: result.code === 'open' ? result.unlessDenied : result };
}

/** What istiod makes of a provider (authz/builder/extauthz.go): without one it denies, HTTP ones cannot judge TCP. */
function providerUse(
  providers: readonly ExtensionProvider[],
  name: string,
  layer: Layer,
): 'asked' | 'denies' | 'skipped' {
  const found = providers.find((provider) => provider.name === name);
  if (!found || found.authorizes === 'other') return 'denies';
  return layer === 'tcp' && found.authorizes === 'http' ? 'skipped' : 'asked';
}
