import { FrameError } from '../errors.ts';
import { readAnswer } from './answer-codec.ts';
import { FieldReader } from './field-reader.ts';
import type { FrameSink } from './frame-sink.ts';
import { FRAME_TYPES, HEAD_BYTES, LENGTH_BYTES } from './frames.ts';
import { readHello, readHelloAnswer } from './hello-codec.ts';
import { readRequest } from './request-codec.ts';

const FIRST_CAPACITY_BYTES = 1024;

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
  #held = Buffer.alloc(0);
  #heldBytes = 0;
  #frames = 0;
  #announcedBytes = 0;
  #isStopped = false;

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

  /** Takes longer frames from now on. */
  allow(maxFrameBytes: number): void {
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
      const rest = this.#finishHeld(chunk);
      this.#decodeWhole(rest);
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Completes the frame that is held, if it can, and returns what is left of the chunk. */
  #finishHeld(chunk: Buffer): Buffer {
    let rest = chunk;
    while (this.#heldBytes > 0 && rest.length > 0 && !this.#isStopped) {
      const wanted = this.#heldBytes < LENGTH_BYTES ? LENGTH_BYTES : this.#frameEnd(this.#held);
      rest = this.#hold(rest, wanted);
      if (this.#heldBytes < LENGTH_BYTES || this.#heldBytes < this.#frameEnd(this.#held)) continue;
      const frame = this.#held.subarray(LENGTH_BYTES, this.#heldBytes);
      this.#release();
      this.#deliver(frame);
    }
    return rest;
  }

  #decodeWhole(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#isStopped) {
      const rest = chunk.subarray(at);
      const end = rest.length < LENGTH_BYTES ? LENGTH_BYTES : this.#frameEnd(rest);
      if (rest.length < end) {
        this.#hold(rest, end);
        return;
      }
      at += end;
      this.#deliver(rest.subarray(LENGTH_BYTES, end));
    }
  }

  /** Where the frame at the start of these bytes ends. */
  #frameEnd(bytes: Buffer): number {
    const length = bytes.readUInt32BE(0);
    this.#announcedBytes = length;
    if (length > this.#maxFrameBytes) {
      throw new FrameError(`a frame of ${length} bytes is announced; at most ${this.#maxFrameBytes} are taken here`);
    }
    if (length < HEAD_BYTES) throw new FrameError(`a frame of ${length} bytes cannot have a type and a number`);
    return LENGTH_BYTES + length;
  }

  /** Keeps bytes until `wanted` are held, and returns the others. */
  #hold(bytes: Buffer, wanted: number): Buffer {
    const taken = Math.min(bytes.length, wanted - this.#heldBytes);
    const needed = this.#heldBytes + taken;
    if (needed > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(wanted, this.#held.length * 2), FIRST_CAPACITY_BYTES));
      this.#held.copy(grown, 0, 0, this.#heldBytes);
      this.#held = grown;
    }
    bytes.copy(this.#held, this.#heldBytes, 0, taken);
    this.#heldBytes = needed;
    return bytes.subarray(taken);
  }

  #release(): void {
    this.#held = Buffer.alloc(0);
    this.#heldBytes = 0;
  }

  #deliver(frame: Buffer): void {
    this.#frames++;
    const reader = new FieldReader(frame);
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
        this.#sink.onNoAnswer(whole(reader, number));
        return;
      }
    }
  }
}

function whole<T>(reader: FieldReader, message: T): T {
  reader.end();
  return message;
}
