import { FrameError } from '../errors.ts';
import { isIncarnation } from '../session/incarnation.ts';
import { isLetter, type Letter } from '../session/letter.ts';
import type { CodeTable } from './code-table.ts';
import { isIdByte, MAX_ID_BYTES } from './id-bytes.ts';

/** `ignoreBOM` keeps a byte order mark as what it is: part of the text. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the fields of one frame after the other, in the order in which FieldWriter wrote them, where they lie in their
 * chunk. Every method throws a FrameError.
 */
export class FieldReader {
  #bytes: Buffer;
  #at: number;
  #end: number;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  /** Goes on with another frame. */
  begin(bytes: Buffer, at: number, end: number): void {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#advance(1));
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#advance(2));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4));
  }

  integer(): number {
    const at = this.#advance(8);
    const value = this.#bytes.readUInt32BE(at) * 0x1_0000_0000 + this.#bytes.readUInt32BE(at + 4);
    if (value > Number.MAX_SAFE_INTEGER) throw new FrameError('a number is larger than 2^53-1');
    return value;
  }

  /** The number of a life. Whether it is credible is for those to judge who know the time. */
  incarnation(): number {
    const value = this.integer();
    if (!isIncarnation(value)) throw new FrameError(`no life has the number ${value}: the sender's clock is wrong`);
    return value;
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#advance(8));
  }

  /** Milliseconds, cut to what is sensible of this kind: `durations.ts` has the kinds. */
  duration(longestMs: number): number {
    return Math.min(this.integer(), longestMs);
  }

  flag(): boolean {
    const value = this.u8();
    if (value > 1) throw new FrameError(`${value} is neither yes (1) nor no (0)`);
    return value === 1;
  }

  word<Word extends string>(table: CodeTable<Word>): Word {
    return table.word(this.u8());
  }

  letter(): Letter {
    const letter = String.fromCharCode(this.u8());
    if (!isLetter(letter)) throw new FrameError('a letter is not of the alphabet');
    return letter;
  }

  id(): string {
    const length = this.u8();
    const at = this.#advance(length);
    const end = at + length;
    let isId = length > 0 && length <= MAX_ID_BYTES;
    for (let n = at; n < end && isId; n++) isId = isIdByte(this.#bytes.readUInt8(n));
    if (!isId) throw new FrameError('an id is not 1 to 250 printable characters');
    return this.#bytes.toString('latin1', at, end);
  }

  text(): string {
    return this.#utf8(this.u8());
  }

  longText(): string {
    return this.#utf8(this.u16());
  }

  /** A view into the frame, not a copy: a caller that keeps it for longer than a request copies it. */
  bytes(): Buffer {
    const length = this.u32();
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  optional<T>(read: () => T): T | undefined {
    return this.flag() ? read() : undefined;
  }

  /** Stops at the first item that is not there, so that a made-up count costs nothing. */
  list<T>(read: () => T): T[] {
    const items: T[] = [];
    for (let left = this.u32(); left > 0; left--) items.push(read());
    return items;
  }

  /** Every frame ends where its last field ends. */
  end(): void {
    const left = this.#end - this.#at;
    if (left > 0) throw new FrameError(`${left} bytes too many in a frame`);
  }

  #utf8(length: number): string {
    const at = this.#advance(length);
    try {
      return strictUtf8.decode(this.#bytes.subarray(at, at + length));
    } catch (error) {
      throw new FrameError('a text field is not UTF-8', { cause: error });
    }
  }

  #advance(count: number): number {
    const at = this.#at;
    if (at + count > this.#end) throw new FrameError('a frame ends in the middle of a field');
    this.#at = at + count;
    return at;
  }
}
