// Which texts are addresses, or ranges of them, as Go's netip reads them for Istio's webhook.

export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** True for an IPv4 or IPv6 literal; one of IPv6 may name a zone (pkg/config/validation/agent:ValidateIPAddress). */
export function isIpAddress(text: string): boolean {
  const zone = text.indexOf('%');
  if (zone < 0) return parseAddress(text) !== undefined;
  return zone < text.length - 1 && parseAddress(text.slice(0, zone))?.bits === 128;
}

/** An address, or a range of them when there is a slash (pkg/config/validation/agent:ValidateIPSubnet). */
export function isSubnet(text: string): boolean {
  const [first = '', length, ...more] = text.split('/');
  if (length === undefined) return isIpAddress(text);
  const address = parseAddress(first);
  return (
    address !== undefined && more.length === 0 && /^(?:0|[1-9]\d{0,2})$/.test(length) && Number(length) <= address.bits
  );
}

/** The number that an IPv4 or IPv6 literal without a zone stands for; undefined for other text. */
export function parseAddress(text: string): Address | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Address | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return { bits: 32, value: parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n) };
}

function parseIpv6(text: string): Address | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(groups);
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const whole = [...head, ...Array<number>(missing).fill(0), ...(tail ?? [])];
  return { bits: 128, value: whole.reduce((value, group) => (value << 16n) | BigInt(group), 0n) };
}

/** The 16-bit groups of one side of `::`; an IPv4 address at the end makes two. */
function groups(text: string): number[] | undefined {
  if (text === '') return [];
  const found: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    const ipv4 = index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (ipv4) found.push(Number(ipv4.value >> 16n), Number(ipv4.value & 0xffffn));
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) found.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return found;
}
