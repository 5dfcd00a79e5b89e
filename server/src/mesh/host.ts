// How Istio expands and compares host names (pkg/config/host/name.go, model/config.go).
import { isIpAddress } from '../manifest/address';

/**
 * The host that a DestinationRule or VirtualService means by `name` (model/config.go:ResolveShortnameToFQDN).
 * Only a name without a dot is expanded, with the namespace of the object that holds it.
 */
export function expandHost(name: string, namespace: string, clusterDomain: string): string {
  if (name === '' || name === '*' || name.includes('.') || isIpAddress(name)) return name;
  return `${name}.${namespace}.svc.${clusterDomain}`;
}

/** A host is wildcarded if its first character is `*`. */
export function isWildcard(host: string): boolean {
  return host.startsWith('*');
}

/** True when every host that `host` stands for is covered by `pattern` (host.Name.SubsetOf). */
export function covers(pattern: string, host: string): boolean {
  if (!isWildcard(pattern)) return pattern === host;
  if (isWildcard(host)) return host.length >= pattern.length && host.slice(1).endsWith(pattern.slice(1));
  return host.endsWith(pattern.slice(1));
}

/** True when either covers the other (host.Name.Matches). */
export function overlaps(a: string, b: string): boolean {
  return covers(a, b) || covers(b, a);
}

/** Values by host pattern, looked up as model/config.go:MostSpecificHostMatch does. */
export class HostIndex<T> {
  private readonly exact = new Map<string, T>();
  private readonly wildcard = new Map<string, T>();
  private sorted: string[] | undefined;

  get(host: string): T | undefined {
    return (isWildcard(host) ? this.wildcard : this.exact).get(host);
  }

  set(host: string, value: T): void {
    (isWildcard(host) ? this.wildcard : this.exact).set(host, value);
    this.sorted = undefined;
  }

  /**
   * The value of the most specific pattern that covers `host`: the very host, else the longest wildcard, and among
   * equally long ones the first in byte order. An exact pattern is never used for a wildcard host.
   */
  mostSpecific(host: string): { pattern: string; value: T } | undefined {
    const same = this.get(host);
    if (same !== undefined) return { pattern: host, value: same };
    this.sorted ??= [...this.wildcard.keys()].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
    const text = isWildcard(host) ? host.slice(1) : host;
    const pattern = this.sorted.find((candidate) => text.endsWith(candidate.slice(1)));
    return pattern === undefined ? undefined : { pattern, value: this.wildcard.get(pattern)! };
  }

  /** Every pattern with its value. */
  *entries(): IterableIterator<[string, T]> {
    yield* this.exact;
    yield* this.wildcard;
  }
}
