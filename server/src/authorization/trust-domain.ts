// A mesh with several names: which trust domains a policy's values stand for, and whose certificates are taken.
// istiod: pilot/pkg/security/trustdomain/bundle.go, plugin/authn/util.go:TrustDomainsForValidation.
import type { MeshSettings } from '../mesh/settings';

const LOCAL = 'cluster.local';
/** trust domain, `ns`, namespace, `sa`, service account */
const PARTS = 5;

/** The mesh's trust domain and its aliases, which are the same to policies. */
export function trustDomains(settings: MeshSettings): readonly string[] {
  return [settings.trustDomain, ...settings.trustDomainAliases];
}

/** True when the TLS handshake takes a certificate of this identity at all. */
export function isTrusted(principal: string, settings: MeshSettings): boolean {
  const domain = principal.split('/', 1)[0]!;
  return trustDomains(settings).includes(domain) || settings.certificateTrustDomains.includes(domain);
}

/**
 * The values that istiod puts in the place of one of `principals`: a whole identity of the mesh, of an alias or of
 * `cluster.local` stands for all of them (ReplaceTrustDomainAliases). What counts is five parts, not the absence of
 * stars.
 */
export function expandPrincipal(value: string, domains: readonly string[]): readonly string[] {
  const [domain, ...rest] = value.split('/') as [string, ...string[]];
  if (rest.length + 1 !== PARTS || domain === '*') return [value];
  if (domain !== LOCAL && !domains.some((known) => mayFit(domain, known))) return [value];
  const expanded = domains.map((known) => (fitsSuffix(known, domain) ? value : [known, ...rest].join('/')));
  return [...new Set(expanded)];
}

/** The same for one of `trustDomains`, where `cluster.local` is not special (ExpandTrustDomainAliases). */
export function expandTrustDomain(value: string, domains: readonly string[]): readonly string[] {
  return domains.includes(value) ? domains : [value];
}

/** Either may hold the star (trustdomain/util.go:stringMatch). */
function mayFit(a: string, b: string): boolean {
  return a === b || b === '*' || fitsPrefix(a, b) || fitsPrefix(b, a) || fitsSuffix(a, b) || fitsSuffix(b, a);
}

function fitsPrefix(text: string, pattern: string): boolean {
  return pattern.endsWith('*') && text.startsWith(pattern.slice(0, -1));
}

function fitsSuffix(text: string, pattern: string): boolean {
  return pattern.startsWith('*') && text.endsWith(pattern.slice(1));
}
