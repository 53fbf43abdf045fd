import { crc32 } from 'node:zlib';
import { RecordError } from '../errors.ts';
import type { Content } from './command.ts';
import { RESET_REASONS, type ResetReason } from './reset-reason.ts';

/** A stored session. `expiresAt` is the owner's wall clock in milliseconds. */
export interface LiveRecord {
  readonly kind: 'live';
  readonly id: string;
  readonly version: number;
  readonly expiresAt: number;
  /** The life that each write and touch gives it. */
  readonly ttlSeconds: number;
  readonly content: Content;
  /** A memcached client has invalidated it: still good to serve while one of the readers makes a new one. */
  readonly isStale?: true;
  /** A reader has been told to make a new one. */
  readonly isWon?: true;
  /** An empty `add` made it, and nobody has stored or touched it since: an id that is taken, and no session yet. */
  readonly isReserved?: true;
  /** It was begun anew where a destroyed session had been, by a client that knew so. */
  readonly grave?: Grave;
}

/** The end of a destroyed session: until then a slower request may still want to write what it had read before (S5). */
export interface Grave {
  /** The tombstone's. */
  readonly version: number;
  /** The owner's wall clock in milliseconds. */
  readonly until: number;
}

/** What stands in a destroyed session's place, so that a slower request's write cannot bring it back (S5). */
export interface Tombstone {
  readonly kind: 'tombstone';
  readonly id: string;
  readonly version: number;
  readonly expiresAt: number;
  readonly reason: ResetReason;
  /** The id that goes on for this one, told to requests that open the old one before `successorUntil`. */
  readonly successor?: string;
  readonly successorUntil: number;
  /** A rotated session can still be read, as it was, until then; 0: not at all. */
  readonly readableUntil: number;
  readonly content?: Content;
}

export type SessionRecord = LiveRecord | Tombstone;

/*
 * The envelope, big endian:
 *
 *    0 u8  magic 'M'          4 u32 CRC-32 of all the other bytes  28 u32 flags               36 u64 readable until
 *    1 u8  format             8 u64 version                        32 u8  content type length 44 u64 successor until
 *    2 u8  0 live, 1 tombstone 16 u64 expires at                   33 u8  reason              52 id, content type,
 *    3 u8  id length         24 u32 ttl seconds                    34 u8  successor length       successor, payload
 *                                                                  35 u8  bits, see below
 *
 * A live record has its grave in the place of the last two moments: version, until; 0 and 0 without.
 */
const MAGIC = 0x4d;
const FORMAT = 1;
const HEADER_BYTES = 52;
const CHECKSUM_AT = 4;
const TWO_TO_32 = 2 ** 32;

/** The bits of byte 35. Records from before there were marks have only the first, and read as unmarked. */
const HAS_CONTENT = 1;
const IS_STALE = 2;
const IS_WON = 4;
const IS_RESERVED = 8;
const ALL_BITS = HAS_CONTENT | IS_STALE | IS_WON | IS_RESERVED;

/** The most that the envelope adds to a payload: header, the longest key, content type and successor. */
export const ENVELOPE_BYTES = HEADER_BYTES + 3 * 255;

/** The longest content type that a record can hold. */
export const MAX_CONTENT_TYPE_BYTES = 255;

/** One buffer that says all about the session, so that what is read back proves itself (S0). */
export function encodeRecord(record: SessionRecord): Buffer {
  const { content, id } = record;
  const contentType = content?.contentType ?? '';
  const contentTypeBytes = Buffer.byteLength(contentType);
  const successor = (record.kind === 'tombstone' ? record.successor : undefined) ?? '';
  if (id.length > 255 || contentTypeBytes > MAX_CONTENT_TYPE_BYTES || successor.length > 255) {
    throw new RecordError('an id, content type or successor is longer than 255 bytes; refuse it where it came in');
  }

  const contentTypeAt = HEADER_BYTES + id.length;
  const successorAt = contentTypeAt + contentTypeBytes;
  const payloadAt = successorAt + successor.length;
  const bytes = Buffer.allocUnsafe(payloadAt + (content?.payload.length ?? 0));
  bytes[0] = MAGIC;
  bytes[1] = FORMAT;
  bytes[2] = record.kind === 'live' ? 0 : 1;
  bytes[3] = id.length;
  writeU64(bytes, record.version, 8);
  writeU64(bytes, record.expiresAt, 16);
  bytes.writeUInt32BE(record.kind === 'live' ? record.ttlSeconds : 0, 24);
  bytes.writeUInt32BE(content?.flags ?? 0, 28);
  bytes[32] = contentTypeBytes;
  bytes[33] = record.kind === 'live' ? 0 : RESET_REASONS.indexOf(record.reason);
  bytes[34] = successor.length;
  bytes[35] = bitsOf(record);
  const isGrave = record.kind === 'tombstone';
  writeU64(bytes, (isGrave ? record.readableUntil : record.grave?.version) ?? 0, 36);
  writeU64(bytes, (isGrave ? record.successorUntil : record.grave?.until) ?? 0, 44);
  bytes.write(id, HEADER_BYTES, 'latin1');
  bytes.write(contentType, contentTypeAt, 'utf8');
  bytes.write(successor, successorAt, 'latin1');
  content?.payload.copy(bytes, payloadAt);
  bytes.writeUInt32BE(checksum(bytes), CHECKSUM_AT);
  return bytes;
}

/**
 * Reads a record back and checks that it is whole and this id's. The payload is a view into `bytes`, not a copy.
 *
 * @throws RecordError where it is not: such bytes are never answered.
 */
export function decodeRecord(bytes: Buffer, id: string): SessionRecord {
  if (bytes.length < HEADER_BYTES || bytes.readUInt8(0) !== MAGIC || bytes.readUInt8(1) !== FORMAT) {
    throw new RecordError('the store holds something that is not a session record; does anybody else write to it?');
  }
  if (checksum(bytes) !== bytes.readUInt32BE(CHECKSUM_AT)) {
    throw new RecordError('a stored session record is damaged: its checksum is wrong');
  }
  const idEnd = HEADER_BYTES + bytes.readUInt8(3);
  const contentTypeEnd = idEnd + bytes.readUInt8(32);
  const successorEnd = contentTypeEnd + bytes.readUInt8(34);
  if (bytes.toString('latin1', HEADER_BYTES, idEnd) !== id) {
    throw new RecordError('a stored session record belongs to another id');
  }
  const kind = bytes.readUInt8(2);
  const reason = RESET_REASONS[bytes.readUInt8(33)];
  const bits = bytes.readUInt8(35);
  if (kind > 1 || reason === undefined || bits > ALL_BITS || successorEnd > bytes.length) {
    throw new RecordError('a stored session record has impossible fields');
  }

  const version = readU64(bytes, 8);
  const expiresAt = readU64(bytes, 16);
  const content: Content = {
    contentType: bytes.toString('utf8', idEnd, contentTypeEnd),
    flags: bytes.readUInt32BE(28),
    payload: bytes.subarray(successorEnd),
  };
  const [at36, at44] = [readU64(bytes, 36), readU64(bytes, 44)];
  if (kind === 0) {
    return {
      kind: 'live',
      id,
      version,
      expiresAt,
      ttlSeconds: bytes.readUInt32BE(24),
      content,
      ...((bits & IS_STALE) !== 0 && { isStale: true }),
      ...((bits & IS_WON) !== 0 && { isWon: true }),
      ...((bits & IS_RESERVED) !== 0 && { isReserved: true }),
      ...(at36 > 0 && { grave: { version: at36, until: at44 } }),
    };
  }
  return {
    kind: 'tombstone',
    id,
    version,
    expiresAt,
    reason,
    ...(successorEnd > contentTypeEnd && { successor: bytes.toString('latin1', contentTypeEnd, successorEnd) }),
    successorUntil: at44,
    readableUntil: at36,
    ...((bits & HAS_CONTENT) !== 0 && { content }),
  };
}

/** A whole number from 0 to 2^53-1; a BigInt would cost as much as all the rest. */
function writeU64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(value / TWO_TO_32), at);
  bytes.writeUInt32BE(value % TWO_TO_32, at + 4);
}

function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * TWO_TO_32 + bytes.readUInt32BE(at + 4);
}

function bitsOf(record: SessionRecord): number {
  const content = record.content === undefined ? 0 : HAS_CONTENT;
  if (record.kind === 'tombstone') return content;
  const marks = (record.isStale === true ? IS_STALE : 0) | (record.isWon === true ? IS_WON : 0);
  return content | marks | (record.isReserved === true ? IS_RESERVED : 0);
}

/** What was touched is a session, even an empty one. */
export function confirmed(record: LiveRecord): LiveRecord {
  if (record.isReserved === undefined) return record;
  const session: Omit<LiveRecord, 'isReserved'> & { isReserved?: true } = { ...record };
  delete session.isReserved;
  return session;
}

/** Over the bytes on both sides of the checksum itself: the kind stands before it, and a tombstone must never pass for live. */
function checksum(bytes: Buffer): number {
  return crc32(bytes.subarray(CHECKSUM_AT + 4), crc32(bytes.subarray(0, CHECKSUM_AT)));
}
