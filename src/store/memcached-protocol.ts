import type { Response } from 'memjs';
import { StoreTooLargeError, StoreUnavailableError } from '../errors.ts';

/** The commands of memcached's binary protocol that reach the wire, by their opcode. */
export const OPCODES = { get: 0x00, set: 0x01, add: 0x02, delete: 0x04, flush: 0x08, noop: 0x0a, stat: 0x10 } as const;

export const STATUSES = { done: 0x00, notFound: 0x01, exists: 0x02, tooLarge: 0x03, outOfMemory: 0x82 } as const;

export const HEADER_BYTES = 24;
const REQUEST_MAGIC = 0x80;
const OPCODE_AT = 1;
const OPAQUE_AT = 12;

/** What besides "done" is a regular answer; memjs knows what to make of these. */
const REGULAR_ANSWERS: ReadonlyMap<number, number> = new Map([
  [OPCODES.get, STATUSES.notFound],
  [OPCODES.add, STATUSES.exists],
  [OPCODES.delete, STATUSES.notFound],
]);

/** The error that an answer stands for, or nothing where it is a regular one. Surely nothing was stored. */
export function errorIn({ header }: Response): StoreTooLargeError | StoreUnavailableError | undefined {
  const { status, opcode } = header;
  if (status === STATUSES.done || status === REGULAR_ANSWERS.get(opcode)) return undefined;
  if (status === STATUSES.tooLarge) {
    return new StoreTooLargeError('memcached refuses a record of this size; start it with a larger -I');
  }
  if (status === STATUSES.outOfMemory) {
    return new StoreUnavailableError('memcached has no memory left for this record; raise store.megabytes');
  }
  return new StoreUnavailableError(
    `memcached refused command 0x${opcode.toString(16)} with status 0x${status.toString(16)}`,
  );
}

/** Does nothing and is always answered. */
export function noopRequest(opaque: number): Buffer {
  return bareRequest(OPCODES.noop, opaque);
}

/** Asks for all figures: an answer for each, and one without a key behind the last. */
export function statRequest(): Buffer {
  return bareRequest(OPCODES.stat, 0);
}

function bareRequest(opcode: number, opaque: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt8(REQUEST_MAGIC, 0);
  bytes.writeUInt8(opcode, OPCODE_AT);
  bytes.writeUInt32BE(opaque, OPAQUE_AT);
  return bytes;
}

export function opcodeOf(request: Buffer): number {
  return request.readUInt8(OPCODE_AT);
}

/** The request's number, which its answer repeats. */
export function opaqueOf(request: Buffer): number {
  return request.readUInt32BE(OPAQUE_AT);
}
