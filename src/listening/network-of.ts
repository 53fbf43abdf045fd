const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** Groups of an IPv6 address that say which network it is in: the last 64 bits its owner draws anew at will. */
const NETWORK_GROUPS = 4;

/**
 * What counts as one caller: an IPv4 address; of IPv6 a network of 2^64 addresses, which anybody has who has one.
 *
 * @param address as a socket has it; none on a unix socket
 */
export function networkOf(address: string | undefined): string {
  if (address === undefined) return 'a unix socket';
  const plain = MAPPED.exec(address)?.[1] ?? address;
  if (!plain.includes(':') || plain === '::1') return plain;
  const [head = '', tail = ''] = plain.split('%', 1)[0]?.split('::') ?? [];
  const heads = head === '' ? [] : head.split(':');
  const tails = tail === '' ? [] : tail.split(':');
  // What `::` stands for is at least as long as what is missing of eight groups.
  const gap = Array.from({ length: Math.max(0, 8 - heads.length - tails.length) }, () => '0');
  const groups = [...heads, ...gap, ...tails].slice(0, NETWORK_GROUPS).map((group) => group.toLowerCase());
  return `${groups.join(':')}::/64`;
}
