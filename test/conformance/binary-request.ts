import { OPCODES } from '../../src/doors/memcached/protocol/binary/opcodes.ts';

/** The parts of a binary request; what is not given is empty, or what the other parts make it. */
export interface BinaryRequestParts {
  readonly key?: string;
  readonly extras?: Buffer;
  readonly value?: string | Buffer;
  readonly cas?: number | bigint;
  readonly opaque?: number;
  /** To lie about the parts. */
  readonly magic?: number;
  readonly bodyBytes?: number;
}

const HEADER_BYTES = 24;

export const OPAQUE = 0xdeadbeef;

/** A packet as a client of the binary protocol sends it. */
export function binaryRequest(opcode: keyof typeof OPCODES | number, parts: BinaryRequestParts = {}): Buffer {
  const key = Buffer.from(parts.key ?? '', 'latin1');
  const extras = parts.extras ?? Buffer.alloc(0);
  const value = typeof parts.value === 'string' ? Buffer.from(parts.value, 'latin1') : (parts.value ?? Buffer.alloc(0));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(parts.magic ?? 0x80, 0);
  header.writeUInt8(typeof opcode === 'number' ? opcode : OPCODES[opcode], 1);
  header.writeUInt16BE(key.length, 2);
  header.writeUInt8(extras.length, 4);
  header.writeUInt32BE(parts.bodyBytes ?? extras.length + key.length + value.length, 8);
  header.writeUInt32BE(parts.opaque ?? OPAQUE, 12);
  header.writeBigUInt64BE(BigInt(parts.cas ?? 0), 16);
  return Buffer.concat([header, extras, key, value]);
}

/** The extras of set, add and replace. */
export function storeExtras(flags: number, exptime: number): Buffer {
  const extras = Buffer.alloc(8);
  extras.writeUInt32BE(flags, 0);
  extras.writeUInt32BE(exptime, 4);
  return extras;
}

/** The extras of touch, get-and-touch, flush and verbosity. */
export function numberExtras(number: number): Buffer {
  const extras = Buffer.alloc(4);
  extras.writeUInt32BE(number, 0);
  return extras;
}

/** The extras of increment and decrement. */
export function arithmeticExtras(delta: bigint, initial: bigint, exptime: number): Buffer {
  const extras = Buffer.alloc(20);
  extras.writeBigUInt64BE(delta, 0);
  extras.writeBigUInt64BE(initial, 8);
  extras.writeUInt32BE(exptime, 16);
  return extras;
}
