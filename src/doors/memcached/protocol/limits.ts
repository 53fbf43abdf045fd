/** How much a client may send at once. */
export interface ProtocolLimits {
  /** An item's size, counted as memcached counts it: value, key and what it notes beside them. */
  readonly itemBytes: number;
  /** A command line, without its line end. */
  readonly lineBytes: number;
  /** The line of a get with many keys. */
  readonly readLineBytes: number;
  /** The keys of one get. */
  readonly readKeys: number;
  /** What SASL says who one is with. */
  readonly credentialBytes: number;
}

/**
 * memcached's own, where it has any: 1 MiB items, 2048 bytes a line. It does not bound the line of a get at all; clients
 * ask for thousands of keys at once, so ours is generous.
 */
export const DEFAULT_LIMITS: ProtocolLimits = {
  itemBytes: 1024 * 1024,
  lineBytes: 2048,
  readLineBytes: 1024 * 1024,
  readKeys: 10_000,
  credentialBytes: 1024,
};

/** What a client may send that has still to say who it is: a user and a password, and no more than their 511 bytes need. */
export const STRANGER_LIMITS: ProtocolLimits = {
  itemBytes: 1024,
  lineBytes: 1024,
  readLineBytes: 1024,
  readKeys: 10_000,
  credentialBytes: 1024,
};

/** Nobody can announce more; memcached's length is a signed 32-bit number, and it needs room for the line end. */
export const LARGEST_VALUE_BYTES = 0x7fff_ffff - 2;

/** The item header, the cas, the byte after the key and the line end after the value, in memcached on 64 bits. */
const ITEM_OVERHEAD_BYTES = 48 + 8 + 1 + 2;
const FLAGS_BYTES = 4;

/** How large an item is; measured on memcached 1.6.18, which keeps the flags only where they are not 0. */
export function itemBytes(keyBytes: number, flags: number, valueBytes: number): number {
  return ITEM_OVERHEAD_BYTES + keyBytes + (flags === 0 ? 0 : FLAGS_BYTES) + valueBytes;
}
