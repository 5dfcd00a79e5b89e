// Which values an AuthorizationPolicy may match, field by field and condition by condition.
// istiod: pkg/config/security/security.go, pkg/config/validation:ValidateAuthorizationPolicy.
import { isSubnet } from '../address';
import type { Fields } from '../fields';

/** Notes what is wrong with the values of `name`; an empty text is never a value. */
export type ValueCheck = (fields: Fields, name: string, values: readonly string[]) => void;

const each =
  (code: string, isGood: (value: string) => boolean): ValueCheck =>
  (fields, name, values) => {
    for (const value of values) if (value !== '' && !isGood(value)) fields.note(name, code, { found: value });
  };

/** Any text but the empty one. */
export const checkText: ValueCheck = (fields, name, values) => {
  if (values.includes('')) fields.note(name, 'empty-value');
};

export const checkAddresses: ValueCheck = each('address-invalid', isSubnet);
export const checkPorts: ValueCheck = each('port-invalid', (value) => /^\d+$/.test(value) && Number(value) <= 65535);
/** A name within a trust domain never has a slash; a condition's value may. */
export const checkTrustDomains: ValueCheck = each(
  'trust-domain-invalid',
  (value) => !value.includes('/') && isTrustDomainPattern(value),
);
const checkTrustDomainPatterns: ValueCheck = each('trust-domain-invalid', isTrustDomainPattern);

const MAX_SERVICE_ACCOUNTS = 16;
const MAX_SERVICE_ACCOUNT_LENGTH = 320;

/** `name` or `namespace/name`, without stars. */
export const checkServiceAccounts: ValueCheck = (fields, name, values) => {
  if (values.length > MAX_SERVICE_ACCOUNTS) fields.note(name, 'too-many', { limit: MAX_SERVICE_ACCOUNTS });
  each('service-account-invalid', (value) => {
    const parts = value.split('/');
    const whole = parts.length <= 2 && parts.every((part) => part !== '');
    return whole && !value.includes('*') && value.length <= MAX_SERVICE_ACCOUNT_LENGTH;
  })(fields, name, values);
};

/** pkg/config/security:CheckValidPathTemplate */
export const checkPaths: ValueCheck = each('path-template-invalid', isPathPattern);

/** True where a path has `{*}` or `{**}` and is matched as a template. */
export function isPathTemplate(path: string): boolean {
  return path.includes('{*}') || path.includes('{**}');
}

function isPathPattern(path: string): boolean {
  const template = isPathTemplate(path);
  let open = false;
  for (const segment of path.replace(/^\/+|\/+$/g, '').split('/')) {
    if (segment === '{*}' || segment === '{**}') {
      if (open) return false;
      open = segment === '{**}';
    } else if (/[{}]/.test(segment) || (template && !/^[a-zA-Z0-9\-._~%!$&'()+,;:@=]+$/.test(segment))) {
      return false;
    }
  }
  return true;
}

/** At most one star, and that at an end. */
function isTrustDomainPattern(text: string): boolean {
  const star = text.indexOf('*');
  return star < 0 || (star === text.lastIndexOf('*') && (star === 0 || star === text.length - 1));
}

const CONDITIONS: Readonly<Record<string, ValueCheck>> = {
  'source.ip': checkAddresses,
  'remote.ip': checkAddresses,
  'destination.ip': checkAddresses,
  'destination.port': checkPorts,
  'source.serviceAccount': checkServiceAccounts,
  'source.trustDomain': checkTrustDomainPatterns,
  'source.namespace': checkText,
  'source.principal': checkText,
  'request.auth.principal': checkText,
  'request.auth.audiences': checkText,
  'request.auth.presenter': checkText,
  'connection.sni': checkText,
};
const BRACKETED = ['request.headers', 'request.auth.claims', 'experimental.envoy.filters.'];

/** The check for the values of a condition's key; undefined for a key that does not exist or lacks its brackets. */
export function checkFor(key: string): ValueCheck | undefined {
  if (Object.hasOwn(CONDITIONS, key)) return CONDITIONS[key];
  if (!BRACKETED.some((prefix) => key.startsWith(prefix))) return undefined;
  const open = key.indexOf('[');
  return key.endsWith(']') && open > 0 && open < key.length - 2 ? checkText : undefined;
}
