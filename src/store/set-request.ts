import { HEADER_BYTES, OPCODES } from './memcached-protocol.ts';

const REQUEST_MAGIC = 0x80;
/** Flags, which are in the record itself, and the expiration. */
const EXTRAS_BYTES = 8;

/** A `set` in memcached's binary protocol, in one buffer: memjs makes nine. `key` is printable ASCII. */
export function setRequest(key: string, value: Buffer, expiration: number, opaque: number): Buffer {
  const keyAt = HEADER_BYTES + EXTRAS_BYTES;
  const valueAt = keyAt + key.length;
  const bytes = Buffer.allocUnsafe(valueAt + value.length);
  bytes.writeUInt32BE(((REQUEST_MAGIC << 24) | (OPCODES.set << 16) | key.length) >>> 0, 0);
  bytes.writeUInt32BE(EXTRAS_BYTES << 24, 4);
  bytes.writeUInt32BE(bytes.length - HEADER_BYTES, 8);
  bytes.writeUInt32BE(opaque, 12);
  bytes.fill(0, 16, 28);
  bytes.writeUInt32BE(expiration, 28);
  bytes.write(key, keyAt, 'latin1');
  value.copy(bytes, valueAt);
  return bytes;
}
