import { FrameError } from '../errors.ts';
import type { Letter } from '../session/letter.ts';
import { isKeyForm } from '../session/session-id.ts';
import type { CodeTable } from './code-table.ts';

const FIRST_CAPACITY_BYTES = 1024;
const MAX_U32 = 0xffff_ffff;

/**
 * Writes the fields of frames, big endian, one after the other into one growing buffer: all frames of an event-loop
 * turn share a writer, and so leave in one write. Each method refuses with a FrameError what could not be read back.
 */
export class FieldWriter {
  #bytes = Buffer.allocUnsafe(FIRST_CAPACITY_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written so far: a view, to be taken once and at the end. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Takes back what was written after the first `length` bytes. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  /** Overwrites four bytes that were written before. */
  patchU32(at: number, value: number): void {
    this.#bytes.writeUInt32BE(value, at);
  }

  u8(value: number): void {
    const at = this.#advance(1);
    this.#bytes.writeUInt8(value, at);
  }

  u16(value: number): void {
    this.#whole(value, 0xffff);
    const at = this.#advance(2);
    this.#bytes.writeUInt16BE(value, at);
  }

  u32(value: number): void {
    this.#whole(value, MAX_U32);
    const at = this.#advance(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  /** A whole number from 0 to 2^53-1, in eight bytes. */
  integer(value: number): void {
    this.#whole(value, Number.MAX_SAFE_INTEGER);
    const at = this.#advance(8);
    this.#bytes.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at);
    this.#bytes.writeUInt32BE(value % 0x1_0000_0000, at + 4);
  }

  /** Any 64 bits, unsigned. */
  u64(value: bigint): void {
    if (BigInt.asUintN(64, value) !== value) throw new FrameError(`${value} is not a whole number of 64 bits`);
    const at = this.#advance(8);
    this.#bytes.writeBigUInt64BE(value, at);
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

  id(id: string): void {
    if (!isKeyForm(id)) throw new FrameError('an id is not 1 to 250 printable characters');
    this.u8(id.length);
    const at = this.#advance(id.length);
    this.#bytes.write(id, at, 'latin1');
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
    bytes.copy(this.#bytes, at);
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

  #whole(value: number, max: number): void {
    if (!Number.isInteger(value) || value < 0 || value > max) {
      throw new FrameError(`${value} is not a whole number from 0 to ${max}`);
    }
  }

  /** Makes room for `count` bytes and returns where they begin. May change the buffer: call it before touching that. */
  #advance(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    this.#length = needed;
    return at;
  }
}
