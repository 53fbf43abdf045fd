import type { Response } from 'memjs';
import { StoreTooLargeError, StoreUnavailableError } from '../errors.ts';

/** The commands of memcached's binary protocol that reach the wire, by their opcode. */
export const OPCODES = { get: 0x00, set: 0x01, add: 0x02, delete: 0x04, flush: 0x08, noop: 0x0a, stat: 0x10 } as const;

export const STATUSES = { done: 0x00, notFound: 0x01, exists: 0x02, tooLarge: 0x03, outOfMemory: 0x82 } as const;

const HEADER_BYTES = 24;
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

const RESPONSE_MAGIC = 0x81;
const RAW_BYTES = 0x00;

/** No answer of a memcached that we can use is longer; a header that says so is garbage. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

export interface ResponseSink {
  response(response: Response): void;
  /** These bytes are not memcached's; nothing more comes. */
  malformed(reason: string): void;
}

type Expecting =
  { readonly kind: 'header' } | { readonly kind: 'body'; readonly header: Header } | { readonly kind: 'nothing' };

type Header = Response['header'];

/**
 * Bytes of memcached's binary protocol to answers. Chunks wait in a list until an answer is complete, so that a value in
 * many chunks is copied once.
 */
export class ResponseDecoder {
  readonly #sink: ResponseSink;
  #chunks: Buffer[] = [];
  #bufferedBytes = 0;
  #expecting: Expecting = { kind: 'header' };

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  push(chunk: Buffer): void {
    if (this.#expecting.kind === 'nothing') return;
    this.#chunks.push(chunk);
    this.#bufferedBytes += chunk.length;
    while (this.#step()) continue;
  }

  /** Whether there may be more to do with what is here. */
  #step(): boolean {
    switch (this.#expecting.kind) {
      case 'header':
        return this.#bufferedBytes >= HEADER_BYTES && this.#readHeader(this.#take(HEADER_BYTES));
      case 'body': {
        const { header } = this.#expecting;
        if (this.#bufferedBytes < header.totalBodyLength) return false;
        this.#expecting = { kind: 'header' };
        this.#sink.response(responseOf(header, this.#take(header.totalBodyLength)));
        return true;
      }
      case 'nothing':
        return false;
    }
  }

  #readHeader(bytes: Buffer): boolean {
    const header = headerOf(bytes);
    const reason = whyMalformed(header);
    if (reason === undefined) {
      this.#expecting = { kind: 'body', header };
      return true;
    }
    this.#expecting = { kind: 'nothing' };
    this.#chunks = [];
    this.#bufferedBytes = 0;
    this.#sink.malformed(reason);
    return false;
  }

  /** The next `length` bytes, which are known to be here. Without a copy where one chunk has them all. */
  #take(length: number): Buffer {
    this.#bufferedBytes -= length;
    const [first] = this.#chunks;
    if (first !== undefined && first.length > length) {
      this.#chunks[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    let missing = length;
    let count = 0;
    while (missing > 0) {
      missing -= this.#chunks[count]?.length ?? missing;
      count += 1;
    }
    const parts = this.#chunks.splice(0, count);
    const last = parts.at(-1);
    // A negative rest: so many bytes at the end of the last chunk belong to what follows.
    if (last !== undefined && missing < 0) this.#chunks.unshift(last.subarray(missing));
    return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts, length);
  }
}

function headerOf(bytes: Buffer): Header {
  return {
    magic: bytes.readUInt8(0),
    opcode: bytes.readUInt8(1),
    keyLength: bytes.readUInt16BE(2),
    extrasLength: bytes.readUInt8(4),
    dataType: bytes.readUInt8(5),
    status: bytes.readUInt16BE(6),
    totalBodyLength: bytes.readUInt32BE(8),
    opaque: bytes.readUInt32BE(12),
    cas: bytes.subarray(16, HEADER_BYTES),
  };
}

function whyMalformed(header: Header): string | undefined {
  if (header.magic !== RESPONSE_MAGIC) return `an answer begins with byte 0x${header.magic.toString(16)}, not 0x81`;
  if (header.dataType !== RAW_BYTES) return `an answer has data type ${header.dataType}, not 0`;
  if (header.totalBodyLength > MAX_BODY_BYTES) return `an answer of ${header.totalBodyLength} bytes is too long`;
  if (header.keyLength + header.extrasLength > header.totalBodyLength) return 'an answer is shorter than its parts';
  return undefined;
}

function responseOf(header: Header, body: Buffer): Response {
  const valueAt = header.extrasLength + header.keyLength;
  return {
    header,
    extras: body.subarray(0, header.extrasLength),
    key: body.subarray(header.extrasLength, valueAt),
    val: body.subarray(valueAt),
  };
}
