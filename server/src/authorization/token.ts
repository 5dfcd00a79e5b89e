// Is a request's token believed, and what does it claim? istiod: authn/policy_applier.go:convertToEnvoyJwtConfig.
import type { JwtRule, RequestAuthentication } from '../manifest/kinds/request-authentication';
import { compareText } from '../manifest/object';
import { type HttpRequest, isPreflight, type Token } from './request';
import { type Maybe, UNKNOWN } from './truth';

/** A rule with the object that holds it. */
export interface TokenRule {
  readonly policy: RequestAuthentication;
  readonly rule: JwtRule;
}

/** Why one rule does not take a token. */
export type TokenFailure = 'issuer' | 'invalid' | 'audience' | 'unreadable';

export interface TokenVerdict {
  /** `none`: no token is there, or nothing looks at it; that is never refused. */
  readonly status: 'none' | 'accepted' | 'refused' | 'unknown';
  /** What policies see of an accepted token. */
  readonly claims: Maybe<Readonly<Record<string, unknown>> | undefined>;
  /** The rule that took it. */
  readonly by: TokenRule | undefined;
  /** Of a refused token: what each rule that saw it held against it. */
  readonly failures: readonly (TokenRule & { readonly failure: TokenFailure })[];
}

/** The rules of all objects together, by issuer; two rules of one issuer both count. */
export function tokenRules(policies: readonly RequestAuthentication[]): readonly TokenRule[] {
  return policies
    .flatMap((policy) => policy.spec.jwtRules.map((rule) => ({ policy, rule })))
    .sort((a, b) => compareText(a.rule.issuer, b.rule.issuer));
}

/**
 * What the rules make of a request's token: one that any rule takes is good; one that some rule sees and none takes
 * is refused. A rule that reads other places sees none, and misses nothing.
 */
export function judgeToken(rules: readonly TokenRule[], http: HttpRequest): TokenVerdict {
  const none: TokenVerdict = { status: 'none', claims: undefined, by: undefined, failures: [] };
  const { token } = http;
  if (rules.length === 0 || token === undefined || isPreflight(http)) return none;
  if (token === UNKNOWN) return { ...none, status: 'unknown', claims: UNKNOWN };
  const seen = rules.flatMap((each) => {
    const place = placeOf(each.rule);
    return place === 'elsewhere' ? [] : [{ ...each, failure: failureOf(each.rule, token, place) }];
  });
  if (seen.length === 0) return none;
  const by = seen.find(({ failure }) => failure === undefined);
  if (by) return { ...none, status: 'accepted', claims: claimsOf(token, by.rule), by };
  return { ...none, status: 'refused', failures: seen as TokenVerdict['failures'] };
}

/**
 * Where a rule finds a token of `Authorization: Bearer`. Naming any place takes the default one away
 * (Envoy's jwt_authn/extractor.cc).
 */
function placeOf(rule: JwtRule): 'here' | 'elsewhere' | 'with-prefix' {
  if (rule.fromHeaders.length + rule.fromParams.length + rule.fromCookies.length === 0) return 'here';
  const headers = rule.fromHeaders.filter(({ name }) => name.toLowerCase() === 'authorization');
  if (headers.some(({ prefix }) => prefix !== '' && 'Bearer '.includes(prefix))) return 'here';
  // without a prefix the whole header is taken for the token
  return headers.some(({ prefix }) => prefix === '') ? 'with-prefix' : 'elsewhere';
}

function failureOf(rule: JwtRule, token: Token, place: 'here' | 'with-prefix'): TokenFailure | undefined {
  if (place === 'with-prefix') return 'unreadable';
  if (rule.issuer !== '' && rule.issuer !== token.issuer) return 'issuer';
  if (token.invalid) return 'invalid';
  if (rule.audiences.length === 0) return undefined;
  const { aud } = token.claims;
  const audiences = Array.isArray(aud) ? aud : [aud];
  const wanted = new Set(rule.audiences.map(bareAudience));
  return audiences.some((each) => typeof each === 'string' && wanted.has(bareAudience(each))) ? undefined : 'audience';
}

/** Audiences are compared without scheme and closing slash (jwt_verify_lib/check_audience.cc). */
function bareAudience(audience: string): string {
  return audience.replace(/^https?:\/\//, '').replace(/\/$/, '');
}

/** Claims whose text Envoy splits into words. */
const WORD_LISTS = ['scope', 'permission'];

function claimsOf(token: Token, rule: JwtRule): Readonly<Record<string, unknown>> {
  const claims: Record<string, unknown> = { ...token.claims, iss: token.issuer };
  if (token.subject !== undefined) claims.sub = token.subject;
  for (const name of [...WORD_LISTS, ...rule.spaceDelimitedClaims]) {
    const value = claims[name];
    if (typeof value === 'string') claims[name] = value.split(' ').filter((word) => word !== '');
  }
  return claims;
}
