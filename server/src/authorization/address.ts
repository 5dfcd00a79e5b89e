// Is an address in a block? IPv4 and IPv6, with or without a prefix length.
import { parseAddress } from '../manifest/address';

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
