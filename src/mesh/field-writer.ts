import { FrameError } from '../errors.ts';
import type { Letter } from '../session/letter.ts';
import type { CodeTable } from './code-table.ts';
import { isIdByte, MAX_ID_BYTES } from './id-bytes.ts';
import { WIRE_VERSION } from './message.ts';

const LEAST_CAPACITY_BYTES = 1024;
const MOST_CAPACITY_BYTES = 65_536;

/** A new buffer holds so many times what is taken at once: it is made a hundred times less often, not a thousand times. */
const TAKES_PER_BUFFER = 8;

const MAX_U32 = 0xffff_ffff;

/**
 * Writes the fields of frames, big endian, one after the other into one buffer: all frames of an event-loop turn are
 * taken from it as one piece, and the next turn goes on behind them. Each method refuses with a FrameError what could
 * not be read back.
 */
export class FieldWriter {
  /** The version of the wire in which the other side reads: codecs leave out what it does not have. */
  version = WIRE_VERSION;
  #bytes = Buffer.alloc(0);
  #view = viewOf(this.#bytes);
  /** Where what was not taken yet begins, and ends. */
  #start = 0;
  #end = 0;
  #lastTaken = 0;

  /** Bytes written and not taken. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** What was written since it was last taken: a view of bytes that are not written again. */
  take(): Buffer {
    const taken = this.#bytes.subarray(this.#start, this.#end);
    this.#lastTaken = taken.length;
    this.#start = this.#end;
    return taken;
  }

  /** Takes back what was written after the first `length` bytes. */
  truncate(length: number): void {
    this.#end = Math.min(this.#end, this.#start + length);
  }

  /** Overwrites four bytes that were written before; `at` counts from the first that was not taken. */
  patchU32(at: number, value: number): void {
    this.#view.setUint32(this.#start + at, value);
  }

  u8(value: number): void {
    const at = this.#advance(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    requireWhole(value, 0xffff);
    const at = this.#advance(2);
    this.#view.setUint16(at, value);
  }

  u32(value: number): void {
    requireWhole(value, MAX_U32);
    const at = this.#advance(4);
    this.#view.setUint32(at, value);
  }

  /** A whole number from 0 to 2^53-1, in eight bytes. */
  integer(value: number): void {
    requireWhole(value, Number.MAX_SAFE_INTEGER);
    const at = this.#advance(8);
    this.#view.setUint32(at, Math.floor(value / 0x1_0000_0000));
    this.#view.setUint32(at + 4, value % 0x1_0000_0000);
  }

  /** Any 64 bits, unsigned. */
  u64(value: bigint): void {
    if (BigInt.asUintN(64, value) !== value) throw new FrameError(`${value} is not a whole number of 64 bits`);
    const at = this.#advance(8);
    this.#view.setBigUint64(at, value);
  }

  /**
   * Milliseconds. Clocks give fractions and differences may be negative or without end: whole milliseconds travel,
   * rounded down, at least 0, at most 2^53-1.
   */
  duration(ms: number): void {
    if (Number.isNaN(ms)) throw new FrameError('a duration is not a number');
    this.integer(Math.min(Math.max(Math.floor(ms), 0), Number.MAX_SAFE_INTEGER));
  }

  flag(value: boolean): void {
    this.u8(value ? 1 : 0);
  }

  word<Word extends string>(table: CodeTable<Word>, word: Word): void {
    this.u8(table.code(word));
  }

  letter(letter: Letter): void {
    this.u8(letter.charCodeAt(0));
  }

  /** An id is short: to look at each character and write it costs less than to call for both. */
  id(id: string): void {
    const { length } = id;
    if (length === 0 || length > MAX_ID_BYTES) throw notAnId();
    const at = this.#advance(1 + length);
    this.#view.setUint8(at, length);
    for (let n = 0; n < length; n++) {
      const byte = id.charCodeAt(n);
      if (!isIdByte(byte)) throw notAnId();
      this.#view.setUint8(at + 1 + n, byte);
    }
  }

  /** UTF-8 text of at most 255 bytes. */
  text(text: string): void {
    const length = Buffer.byteLength(text);
    if (length > 0xff) throw new FrameError(`a text field has ${length} bytes; at most 255 can be sent`);
    this.u8(length);
    const at = this.#advance(length);
    this.#bytes.write(text, at, 'utf8');
  }

  /** UTF-8 text of at most 65,535 bytes. */
  longText(text: string): void {
    const length = Buffer.byteLength(text);
    if (length > 0xffff) throw new FrameError(`a text field has ${length} bytes; at most 65535 can be sent`);
    this.u16(length);
    const at = this.#advance(length);
    this.#bytes.write(text, at, 'utf8');
  }

  /** Raw bytes; copied. */
  bytes(bytes: Buffer): void {
    this.u32(bytes.length);
    const at = this.#advance(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** A flag whether it is there, and then it. */
  optional<T>(value: T | undefined, write: (value: T) => void): void {
    this.flag(value !== undefined);
    if (value !== undefined) write(value);
  }

  /** The number of items, and then each. */
  list<T>(items: readonly T[], write: (item: T) => void): void {
    this.u32(items.length);
    for (const item of items) write(item);
  }

  /** Makes room for `count` bytes and returns where they begin. May change the buffer: call it before touching that. */
  #advance(count: number): number {
    const at = this.#end;
    if (at + count > this.#bytes.length) return this.#advanceInto(count);
    this.#end = at + count;
    return at;
  }

  /** The same in a new buffer, to which only what was not taken moves. */
  #advanceInto(count: number): number {
    const { length } = this;
    const needed = length + count;
    const usual = Math.max(needed, this.#lastTaken) * TAKES_PER_BUFFER;
    const capacity = Math.max(needed * 2, Math.min(Math.max(usual, LEAST_CAPACITY_BYTES), MOST_CAPACITY_BYTES));
    const bytes = Buffer.allocUnsafe(capacity);
    this.#bytes.copy(bytes, 0, this.#start, this.#end);
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#start = 0;
    this.#end = needed;
    return length;
  }
}

function viewOf({ buffer, byteLength, byteOffset }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function requireWhole(value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new FrameError(`${value} is not a whole number from 0 to ${max}`);
  }
}

function notAnId(): FrameError {
  return new FrameError('an id is not 1 to 250 printable characters');
}
