import { NumberQueue } from './number-queue.ts';
import type { Replies, ReplySink } from './replies.ts';

const STORED = Buffer.from('STORED\r\n');
const MISS = Buffer.from('END\r\n');
const LINE_END = 0x0a;
const LETTER_V = 0x56;
const LETTER_T = 0x54;

/** `VALUE key 0 600`, the value and `END`, for every key. */
export function textHits(keys: readonly string[], values: readonly Buffer[]): Buffer[] {
  return keys.map((key, at) => {
    const value = values[at] ?? Buffer.alloc(0);
    return Buffer.concat([Buffer.from(`VALUE ${key} 0 ${value.length}\r\n`), value, Buffer.from('\r\nEND\r\n')]);
  });
}

export class TextReplies implements Replies {
  readonly #hits: readonly Buffer[];
  readonly #sink: ReplySink;
  /** A key's number for a get; -1 for a set. */
  readonly #expected = new NumberQueue();
  /** Of a reply that goes on in the next piece. */
  #held: Buffer | undefined;

  constructor(hits: readonly Buffer[], sink: ReplySink) {
    this.#hits = hits;
    this.#sink = sink;
  }

  expectGet(key: number): void {
    this.#expected.push(key);
  }

  expectSet(): void {
    this.#expected.push(-1);
  }

  take(piece: Buffer): void {
    const bytes = this.#held === undefined ? piece : Buffer.concat([this.#held, piece]);
    this.#held = undefined;
    let at = 0;
    while (at < bytes.length) {
      const taken = this.#takeOne(bytes, at);
      if (taken === 0) {
        this.#held = Buffer.from(bytes.subarray(at));
        return;
      }
      at += taken;
    }
  }

  /** How many bytes the next reply has; 0 if it is not all there. */
  #takeOne(bytes: Buffer, at: number): number {
    const key = this.#expected.first();
    const left = bytes.length - at;
    const hit = key >= 0 ? this.#hits[key] : undefined;
    if (hit !== undefined && bytes[at] === LETTER_V) {
      if (left < hit.length) return 0;
      this.#expected.shift();
      if (bytes.compare(hit, 0, hit.length, at, at + hit.length) === 0) this.#sink.right();
      else this.#sink.wrong(`not what was stored: ${bytes.toString('latin1', at, at + 60)}`);
      return hit.length;
    }
    if (key === -1 && left >= STORED.length && bytes[at + 1] === LETTER_T) {
      this.#expected.shift();
      this.#sink.right();
      return STORED.length;
    }
    return this.#takeLine(bytes, at, hit !== undefined);
  }

  #takeLine(bytes: Buffer, at: number, isGet: boolean): number {
    const end = bytes.indexOf(LINE_END, at);
    if (end === -1) return 0;
    const line = bytes.subarray(at, end + 1);
    this.#expected.shift();
    if (isGet && line.equals(MISS)) this.#sink.miss();
    else this.#sink.wrong(line.toString('latin1').trim());
    return line.length;
  }
}
