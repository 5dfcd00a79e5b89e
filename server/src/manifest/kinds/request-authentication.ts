// RequestAuthentication: which tokens of requests are believed.

import type { Path } from '../../yaml/range';
import type { Fields } from '../fields';
import type { KubernetesObject } from '../object';
import { items, readDryRun, readTarget, type Target } from './target';
import { isDuration } from './values';

/** A header that may hold the token, behind a prefix. */
export interface TokenHeader {
  readonly name: string;
  readonly prefix: string;
}
export interface JwtRule {
  /** Empty where none is stated: any issuer will do. */
  readonly issuer: string;
  /** Empty: any. */
  readonly audiences: readonly string[];
  readonly jwks: string | undefined;
  readonly jwksUri: string | undefined;
  readonly fromHeaders: readonly TokenHeader[];
  readonly fromParams: readonly string[];
  readonly fromCookies: readonly string[];
  /** Claims whose text is a list of words, in addition to `scope` and `permission`. */
  readonly spaceDelimitedClaims: readonly string[];
  /** Has no effect: istiod does not read it (§10). */
  readonly presence: 'OPTIONAL' | 'REQUIRED' | undefined;
  readonly forwardOriginalToken: boolean;
  readonly path: Path;
}
export interface RequestAuthenticationSpec extends Target {
  readonly jwtRules: readonly JwtRule[];
}
export type RequestAuthentication = KubernetesObject<'RequestAuthentication', RequestAuthenticationSpec>;

const HEADER = /^[A-Za-z0-9_-]+$/;
const MAX_RULES = 4096;
const MAX_URI_LENGTH = 2048;

/** Reads the object and notes what pkg/config/validation:ValidateRequestAuthentication and the CRD refuse. */
export function readRequestAuthentication(root: Fields): RequestAuthenticationSpec {
  const spec = root.section('spec');
  const target = readTarget(spec);
  readDryRun(root, false);
  const rules = items(spec, 'jwtRules');
  if (rules.length > MAX_RULES) spec.note('jwtRules', 'too-many', { limit: MAX_RULES });
  return { ...target, jwtRules: rules.map(readRule) };
}

function readRule(fields: Fields): JwtRule {
  const issuer = fields.string('issuer') ?? '';
  const sources = ['jwksUri', 'jwks_uri', 'jwks'].filter((name) => fields.string(name));
  if (fields.has('issuer') && issuer === '') fields.note('issuer', 'empty-value');
  else if (issuer === '' && !sources.some((name) => name !== 'jwks')) fields.note(undefined, 'issuer-missing');
  if (sources.length > 1) fields.note(sources[1], 'jwks-ambiguous', { found: sources });
  const uri = sources.find((name) => name !== 'jwks');
  if (uri !== undefined) checkUri(fields, uri, fields.string(uri)!);
  const jwks = fields.string('jwks') || undefined;
  if (jwks !== undefined) checkJwks(fields, jwks);
  for (const claim of items(fields, 'outputClaimToHeaders')) {
    const header = claim.string('header') ?? '';
    if (header === '') claim.note(undefined, 'header-missing');
    else if (!HEADER.test(header)) claim.note('header', 'header-invalid', { found: header });
    if (!claim.string('claim')) claim.note(undefined, 'claim-missing');
  }
  const timeout = fields.string('timeout');
  if (timeout !== undefined && !isDuration(timeout)) fields.note('timeout', 'duration-invalid', { found: timeout });
  return {
    issuer,
    audiences: texts(fields, 'audiences'),
    jwks,
    jwksUri: uri === undefined ? undefined : fields.string(uri),
    fromHeaders: items(fields, 'fromHeaders').map(readHeader),
    fromParams: texts(fields, 'fromParams'),
    fromCookies: texts(fields, 'fromCookies'),
    spaceDelimitedClaims: texts(fields, 'spaceDelimitedClaims'),
    presence: fields.oneOf('presence', ['OPTIONAL', 'REQUIRED'] as const),
    forwardOriginalToken: fields.boolean('forwardOriginalToken') ?? false,
    path: fields.path,
  };
}

function readHeader(fields: Fields): TokenHeader {
  const name = fields.string('name') ?? '';
  if (name === '') fields.note(undefined, 'header-missing');
  return { name, prefix: fields.string('prefix') ?? '' };
}

/** A list of texts of which none may be empty. */
function texts(fields: Fields, name: string): string[] {
  const list = fields.strings(name);
  if (list.includes('')) fields.note(name, 'empty-value');
  return list;
}

/** pkg/config/security:ParseJwksURI and the CRD's rule: http or https, a port that is a number. */
function checkUri(fields: Fields, name: string, uri: string): void {
  const match = /^(https?):\/\/(?:[^/?#@\s]*@)?(?:\[[0-9a-fA-F:.]+\]|[^/?#:\s]*)(?::(\d*))?(?:[/?#]\S*)?$/i.exec(uri);
  if (!match || uri.length > MAX_URI_LENGTH) fields.note(name, 'jwks-uri-invalid', { found: uri });
}

const KEY_TYPES = ['RSA', 'EC', 'OKP', 'oct'];

/** A key or a set of keys; keys that are not public are worth a warning. */
function checkJwks(fields: Fields, text: string): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    fields.note('jwks', 'jwks-invalid');
    return;
  }
  const set = value as { keys?: unknown; kty?: unknown } | null;
  const keys = Array.isArray(set?.keys) ? (set.keys as unknown[]) : [value];
  keys.forEach((key, index) => {
    const { kty, d } = (key ?? {}) as { kty?: unknown; d?: unknown };
    if (typeof kty !== 'string' || !KEY_TYPES.includes(kty)) fields.note('jwks', 'jwks-invalid', { index });
    else if (kty === 'oct' || d !== undefined) fields.note('jwks', 'jwks-private-key', { index }, 'warning');
  });
}
