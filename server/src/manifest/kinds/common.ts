// Pieces that several kinds share.
import type { Fields } from '../fields';
import type { Labels } from '../object';

/** A selector by labels. Being there and empty differs from being absent only where the reader says so. */
export interface Selector {
  readonly matchLabels: Labels;
}

const MAX_LABEL_LENGTH = 63;

/** Reads `selector.matchLabels`, or `workloadSelector.labels` of the older kinds. */
export function readSelector(
  fields: Fields,
  name: string,
  labels: 'matchLabels' | 'labels' = 'matchLabels',
): Selector | undefined {
  const selector = fields.object(name);
  if (!selector) return undefined;
  const matchLabels = selector.labels(labels) ?? {};
  for (const [key, value] of Object.entries(matchLabels)) {
    if (key === '') selector.note(labels, 'selector-empty-key');
    if (key.includes('*') || value.includes('*')) selector.note(labels, 'selector-wildcard', { key, value });
    if (value.length > MAX_LABEL_LENGTH) selector.note(labels, 'labels-invalid');
  }
  if (Object.keys(matchLabels).length === 0) selector.note(undefined, 'selector-empty', {}, 'warning');
  return { matchLabels };
}

/** A whole number between 1 and 65535. */
export function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65535;
}

const DNS_LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** Istio's idea of a DNS label: upper case is allowed (pkg/config/labels). */
export function isDnsLabel(text: string): boolean {
  return DNS_LABEL.test(text);
}

const PROTOCOLS = new Set('tcp udp grpc grpc-web http http_proxy http2 https tls mongo redis mysql'.split(' '));

/** A protocol that pkg/config/protocol:Parse knows, in any case. An unknown one is refused, an absent one is not. */
export function isProtocol(text: string): boolean {
  return text === '' || PROTOCOLS.has(text.toLowerCase());
}

const LABEL_NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/** Labels that can be on an object (pkg/config/labels:Instance.Validate). */
export function areLabels(labels: Labels): boolean {
  return Object.entries(labels).every(([key, value]) => {
    const slash = key.indexOf('/');
    const prefix = key.slice(0, Math.max(slash, 0));
    const named = LABEL_NAME.test(key.slice(slash + 1)) && (slash < 0 || prefix.split('.').every(isDnsLabel));
    return named && LABEL_VALUE.test(value);
  });
}

/** A host name whose first label may be `*`, `*label` or `*-label` (pkg/config/validation/agent:ValidateWildcardDomain). */
export function isWildcardDomain(host: string): boolean {
  if (host.length === 0 || host.length > 255) return false;
  const labels = host.split('.');
  const first = labels.shift()!;
  if (first !== '*' && !isDnsLabel(first.startsWith('*') ? first.replace(/^\*-?/, '') : first)) return false;
  if (labels.length > 0 && labels.at(-1) === '') labels.pop();
  if (labels.length > 0 && /^\d+$/.test(labels.at(-1)!)) return false;
  return labels.every(isDnsLabel);
}

/** A fully qualified name without wildcard; one trailing dot is fine. */
export function isFqdn(host: string): boolean {
  return !host.includes('*') && isWildcardDomain(host) && !/^\d+$/.test(host);
}

/** True when one host name covers the other, as pkg/config/host:Name.Matches has it. */
export function hostsOverlap(a: string, b: string): boolean {
  return hostCovers(a, b) || hostCovers(b, a);
}

/** True when every name that `host` stands for is one of `pattern` (pkg/config/host:Name.SubsetOf). */
export function hostCovers(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*')) return pattern === host;
  if (!host.startsWith('*')) return host.endsWith(pattern.slice(1));
  return host.length >= pattern.length && host.slice(1).endsWith(pattern.slice(1));
}

/** The checks of `exportTo` (pkg/config/validation:validateExportTo). `~` is for ServiceEntry alone. */
export function checkExportTo(
  fields: Fields,
  exportTo: readonly string[],
  namespace: string,
  noneAllowed: boolean,
): void {
  const seen = new Set<string>();
  for (const entry of exportTo) {
    const name = entry === '.' ? namespace : entry;
    if (seen.has(name)) fields.note('exportTo', 'export-to-repeated', { entry });
    seen.add(name);
    if (entry === '~' && !noneAllowed) fields.note('exportTo', 'export-to-none');
    else if (entry !== '.' && entry !== '*' && entry !== '~' && !isDnsLabel(entry)) {
      fields.note('exportTo', 'export-to-invalid', { entry });
    }
  }
  if (exportTo.length > 1 && (exportTo.includes('*') || exportTo.includes('~')))
    fields.note('exportTo', 'export-to-mixed');
}
