import type { Response } from 'memjs';
import { HEADER_BYTES } from './memcached-protocol.ts';

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
