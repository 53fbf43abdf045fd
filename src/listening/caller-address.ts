import { isIPv6 } from 'node:net';

const MAPPED = '::ffff:';

/** How many of the eight groups of an IPv6 address name its network: the rest a host draws as it likes. */
const NETWORK_GROUPS = 4;

/** An IP address in the one form in which two of them are compared. */
export function plainAddress(address: string): string {
  const lower = address.toLowerCase();
  if (lower.startsWith(MAPPED) && lower.includes('.')) return lower.slice(MAPPED.length);
  const zone = lower.indexOf('%');
  return zone === -1 ? lower : lower.slice(0, zone);
}

/**
 * Whom an address counts for: an IPv4 address for itself, an IPv6 address for its network of 64 bits, which one host has
 * to itself.
 *
 * @param address as `plainAddress` gives it
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeroes = Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeroes }, () => '0'), ...after];
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}
