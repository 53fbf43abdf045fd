import { FrameError } from '../errors.ts';
import { readAnswer, readNoAnswer } from './answer-codec.ts';
import { FieldReader } from './field-reader.ts';
import type { FrameSink } from './frame-sink.ts';
import { FRAME_TYPES, HEAD_BYTES, LENGTH_BYTES } from './frames.ts';
import { readHello, readHelloAnswer } from './hello-codec.ts';
import { readRequest } from './request-codec.ts';

const FIRST_CAPACITY_BYTES = 1024;
const NOTHING = Buffer.alloc(0);

/**
 * Bytes in, frames out; pure and synchronous.
 *
 * A frame that lies in one chunk is read where it lies, and its payloads are views into that chunk. A frame in pieces is
 * put together in a buffer of its own, which grows with the bytes that have come, not with the length that was
 * announced; its payloads are views into that. (One growing buffer and not a list of chunks: a sender of single bytes
 * would make the list a thousand times larger than its bytes.) Never more than one frame is held.
 */
export class FrameDecoder {
  readonly #sink: FrameSink;
  #maxFrameBytes: number;
  #held = NOTHING;
  #heldBytes = 0;
  #frames = 0;
  #announcedBytes = 0;
  #isStopped = false;
  readonly #reader = new FieldReader(NOTHING);

  constructor(sink: FrameSink, maxFrameBytes: number) {
    this.#sink = sink;
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Bytes of a frame that has begun and is not whole. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whole frames so far. */
  get frames(): number {
    return this.#frames;
  }

  /** Whether the length last read is no length, but the start of a TLS handshake (type 22, version 3): RFC 8446, 5.1. */
  get looksLikeTls(): boolean {
    return this.#announcedBytes >>> 16 === 0x1603;
  }

  /** Takes longer frames from now on, in this version of the wire. */
  settle(version: number, maxFrameBytes: number): void {
    this.#reader.version = version;
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** Drops what is held; no frame comes out after this, not even out of the chunk at hand. */
  stop(): void {
    this.#isStopped = true;
    this.#release();
  }

  /** @throws FrameError at the first byte that cannot be right; the decoder is stopped then. */
  push(chunk: Buffer): void {
    try {
      this.#decodeWhole(chunk, this.#heldBytes > 0 ? this.#finishHeld(chunk) : 0);
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Completes the frame that is held, if it can, and returns where the rest of the chunk begins. */
  #finishHeld(chunk: Buffer): number {
    let at = 0;
    while (this.#heldBytes > 0 && at < chunk.length && !this.#isStopped) {
      const wanted = this.#heldBytes < LENGTH_BYTES ? LENGTH_BYTES : this.#frameEnd(this.#held, 0);
      at += this.#hold(chunk, at, wanted);
      if (this.#heldBytes < LENGTH_BYTES || this.#heldBytes < this.#frameEnd(this.#held, 0)) continue;
      const held = this.#held;
      const end = this.#heldBytes;
      this.#release();
      this.#deliver(held, LENGTH_BYTES, end);
    }
    return at;
  }

  #decodeWhole(chunk: Buffer, from: number): void {
    let at = from;
    while (at < chunk.length && !this.#isStopped) {
      const end = chunk.length - at < LENGTH_BYTES ? at + LENGTH_BYTES : this.#frameEnd(chunk, at);
      if (end > chunk.length) {
        this.#hold(chunk, at, end - at);
        return;
      }
      const start = at + LENGTH_BYTES;
      at = end;
      this.#deliver(chunk, start, end);
    }
  }

  /** Where the frame that begins here ends. */
  #frameEnd(bytes: Buffer, at: number): number {
    const length = bytes.readUInt32BE(at);
    this.#announcedBytes = length;
    if (length > this.#maxFrameBytes) {
      throw new FrameError(`a frame of ${length} bytes is announced; at most ${this.#maxFrameBytes} are taken here`);
    }
    if (length < HEAD_BYTES) throw new FrameError(`a frame of ${length} bytes cannot have a type and a number`);
    return at + LENGTH_BYTES + length;
  }

  /** Keeps bytes from here on until `wanted` are held, and returns how many it took. */
  #hold(bytes: Buffer, from: number, wanted: number): number {
    const taken = Math.min(bytes.length - from, wanted - this.#heldBytes);
    const needed = this.#heldBytes + taken;
    if (needed > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(wanted, this.#held.length * 2), FIRST_CAPACITY_BYTES));
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    bytes.copy(this.#held, this.#heldBytes, from, from + taken);
    this.#heldBytes = needed;
    return taken;
  }

  #release(): void {
    this.#held = NOTHING;
    this.#heldBytes = 0;
  }

  #deliver(bytes: Buffer, start: number, end: number): void {
    this.#frames++;
    const reader = this.#reader;
    reader.begin(bytes, start, end);
    const type = reader.word(FRAME_TYPES);
    const number = reader.u32();
    const isGreeting = type === 'hello' || type === 'hello-answer';
    if (isGreeting !== (number === 0)) throw new FrameError(`a frame of type ${type} with number ${number}`);
    switch (type) {
      case 'hello': {
        this.#sink.onHello(readHello(reader));
        return;
      }
      case 'hello-answer': {
        this.#sink.onHelloAnswer(readHelloAnswer(reader));
        return;
      }
      case 'request': {
        this.#sink.onRequest(number, whole(reader, readRequest(reader)));
        return;
      }
      case 'answer': {
        this.#sink.onAnswer(number, whole(reader, readAnswer(reader)));
        return;
      }
      case 'no-answer': {
        this.#sink.onNoAnswer(number, whole(reader, readNoAnswer(reader)));
        return;
      }
    }
  }
}

function whole<T>(reader: FieldReader, message: T): T {
  reader.end();
  return message;
}
