import { NumberQueue } from './number-queue.ts';
import type { Replies, ReplySink } from './replies.ts';

const HEADER_BYTES = 24;
const EXTRAS_BYTES = 4;
const RESPONSE = 0x81;
const STATUS_KEY_NOT_FOUND = 1;

/** Requests carry the number of their key as opaque, and sets this bit as well. */
export const SET_OPAQUE = 0x80000000;

export class BinaryReplies implements Replies {
  readonly #values: readonly Buffer[];
  readonly #sink: ReplySink;
  readonly #expected = new NumberQueue();
  #held: Buffer | undefined;

  constructor(values: readonly Buffer[], sink: ReplySink) {
    this.#values = values;
    this.#sink = sink;
  }

  expectGet(key: number): void {
    this.#expected.push(key);
  }

  expectSet(key: number): void {
    this.#expected.push(SET_OPAQUE + key);
  }

  take(piece: Buffer): void {
    const bytes = this.#held === undefined ? piece : Buffer.concat([this.#held, piece]);
    this.#held = undefined;
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const length = HEADER_BYTES + bytes.readUInt32BE(at + 8);
      if (bytes.length - at < length) break;
      this.#judge(bytes, at, length);
      at += length;
    }
    if (at < bytes.length) this.#held = Buffer.from(bytes.subarray(at));
  }

  #judge(bytes: Buffer, at: number, length: number): void {
    const expected = this.#expected.shift();
    const status = bytes.readUInt16BE(at + 6);
    const isGet = expected < SET_OPAQUE;
    if (bytes[at] !== RESPONSE || bytes.readUInt32BE(at + 12) !== expected) {
      this.#sink.wrong(`not the reply to this request: ${bytes.toString('hex', at, at + HEADER_BYTES)}`);
    } else if (status === STATUS_KEY_NOT_FOUND && isGet) {
      this.#sink.miss();
    } else if (status !== 0) {
      this.#sink.wrong(`status ${status}: ${bytes.toString('latin1', at + HEADER_BYTES, at + length)}`);
    } else if (isGet && !this.#isStored(bytes, at + HEADER_BYTES + EXTRAS_BYTES, at + length, expected)) {
      this.#sink.wrong(`not what was stored: ${bytes.toString('latin1', at + HEADER_BYTES, at + 90)}`);
    } else {
      this.#sink.right();
    }
  }

  #isStored(bytes: Buffer, from: number, to: number, key: number): boolean {
    const value = this.#values[key];
    return to - from === value?.length && bytes.compare(value, 0, value.length, from, to) === 0;
  }
}
