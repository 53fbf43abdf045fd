import { isError, type MemcachedReply } from '../reply.ts';
import type { BinaryShape } from '../reply-shape.ts';
import { HEADER_BYTES, RESPONSE_MAGIC } from './packet.ts';
import { AUTH_CONTINUE_CODE, errorStatus, EXISTS, NOT_FOUND, notStored, type Status } from './statuses.ts';

const NOTHING: readonly Buffer[] = [];
const EMPTY = Buffer.alloc(0);
const AUTHENTICATED = Buffer.from('Authenticated');
const FLAGS_BYTES = 4;
const TWO_TO_32 = 0x1_0000_0000;

/** What is not given is not there, or 0. */
interface PacketParts {
  readonly status?: number;
  readonly cas?: number;
  readonly flags?: number;
  readonly key?: string;
  readonly value?: Buffer;
}

/** A reply in the binary protocol. Quiet reads do not hear of a miss, other quiet commands not of success. */
export function encodeBinary(shape: BinaryShape, reply: MemcachedReply): readonly Buffer[] {
  if (isError(reply)) return failure(shape, errorStatus(reply));
  switch (reply.kind) {
    case 'hit':
      return packet(shape, { cas: reply.cas, flags: reply.flags, key: shape.key, value: reply.value });
    case 'miss':
      return shape.silence === 'misses' ? NOTHING : miss(shape);
    case 'not-found':
      return failure(shape, NOT_FOUND);
    case 'exists':
      return failure(shape, EXISTS);
    case 'not-stored':
      return failure(shape, notStored(shape.opcode));
    case 'auth-continue':
      return packet(shape, { status: AUTH_CONTINUE_CODE, value: reply.challenge });
    case 'stats':
      return [
        ...reply.stats.flatMap(([name, value]) => packet(shape, { key: name, value: Buffer.from(value, 'latin1') })),
        ...packet(shape, {}),
      ];
    case 'stored':
      return success(shape, { cas: reply.cas });
    case 'touched':
      return success(shape, { cas: reply.cas, flags: reply.flags });
    case 'number':
      return success(shape, { cas: reply.cas, value: eightBytes(reply.value) });
    case 'version':
      return success(shape, { value: Buffer.from(reply.version, 'latin1') });
    case 'mechanisms':
      return success(shape, { value: Buffer.from(reply.names, 'latin1') });
    case 'authenticated':
      return success(shape, { value: AUTHENTICATED });
    case 'deleted':
    case 'ok':
    case 'stats-reset':
      return success(shape, {});
  }
}

function success(shape: BinaryShape, parts: PacketParts): readonly Buffer[] {
  return shape.silence === 'successes' ? NOTHING : packet(shape, parts);
}

function failure(shape: BinaryShape, { code, text }: Status): readonly Buffer[] {
  return packet(shape, { status: code, value: text });
}

/** Where the key comes back, it stands in place of the text. */
function miss(shape: BinaryShape): readonly Buffer[] {
  return shape.key === '' ? failure(shape, NOT_FOUND) : packet(shape, { status: NOT_FOUND.code, key: shape.key });
}

function packet(shape: BinaryShape, parts: PacketParts): readonly Buffer[] {
  const { status = 0, cas = 0, flags, key = '', value = EMPTY } = parts;
  const extrasBytes = flags === undefined ? 0 : FLAGS_BYTES;
  const head = Buffer.allocUnsafe(HEADER_BYTES + extrasBytes + key.length);
  head.writeUInt8(RESPONSE_MAGIC, 0);
  head.writeUInt8(shape.opcode, 1);
  head.writeUInt16BE(key.length, 2);
  head.writeUInt8(extrasBytes, 4);
  head.writeUInt8(0, 5);
  head.writeUInt16BE(status, 6);
  head.writeUInt32BE(extrasBytes + key.length + value.length, 8);
  head.writeUInt32BE(shape.opaque, 12);
  head.writeUInt32BE(Math.floor(cas / TWO_TO_32), 16);
  head.writeUInt32BE(cas % TWO_TO_32, 20);
  if (flags !== undefined) head.writeUInt32BE(flags, HEADER_BYTES);
  head.write(key, HEADER_BYTES + extrasBytes, 'latin1');
  return value.length === 0 ? [head] : [head, value];
}

function eightBytes(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}
