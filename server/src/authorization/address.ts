// Is an address in a block? IPv4 and IPv6, with or without a prefix length.

interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** An address block that can be asked. */
export type Block = (address: string) => boolean;

/** Reads `10.0.0.0/8` or one address (pilot/pkg/networking/util:AddrStrToCidrRange); undefined where it is neither. */
export function parseBlock(text: string): Block | undefined {
  const [first, length] = text.split('/', 2) as [string, string?];
  const address = parseAddress(first);
  if (!address) return undefined;
  const shift = BigInt(address.bits - Math.min(length === undefined ? address.bits : Number(length), address.bits));
  return (other) => {
    const found = parseAddress(other);
    return found !== undefined && found.bits === address.bits && found.value >> shift === address.value >> shift;
  };
}

/** True for an IPv4 or IPv6 literal. */
export function isAddress(text: string): boolean {
  return parseAddress(text) !== undefined;
}

function parseAddress(text: string): Address | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Address | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
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
