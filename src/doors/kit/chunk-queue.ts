/** Chunks up to this size are put together, so that a sender of single bytes cannot make a list longer than its bytes. */
const SMALL_BYTES = 2048;
const FIRST_BLOCK_BYTES = 256;

/**
 * Received bytes that are not decoded yet: a list of chunks, none of which is copied to make room for the next.
 *
 * Two exceptions keep memory close to `byteLength`. Small chunks behind others are collected in blocks. And what is left
 * over at the end of a push is copied out of its chunk if it is small, so that half a command does not hold on to 64 KiB.
 */
export class ChunkQueue {
  readonly #chunks: Buffer[] = [];
  /** How much of the first chunk is used up. */
  #offset = 0;
  #byteLength = 0;
  #skipBytes = 0;
  /** Our own memory behind the last chunk, where that is a block of small ones: the chunk is its beginning. */
  #block: Buffer | undefined;

  /** Bytes that can be consumed now. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Whether bytes that were skipped are still to come. */
  get isSkipping(): boolean {
    return this.#skipBytes > 0;
  }

  push(chunk: Buffer): void {
    const rest = this.#skipBytes === 0 ? chunk : this.#skipIn(chunk);
    if (rest.length === 0) return;
    const last = this.#chunks.at(-1);
    if (last === undefined) this.#append(rest);
    else if (rest.length > SMALL_BYTES) this.#append(rest);
    else this.#collect(last, rest);
    this.#byteLength += rest.length;
  }

  /** Takes what a decoder left over out of the chunk it came in. To be called when it can do no more for now. */
  settle(): void {
    const [first] = this.#chunks;
    if (first === undefined || this.#chunks.length > 1 || this.#block !== undefined) return;
    if (this.#byteLength <= SMALL_BYTES) this.#toBlock(first.subarray(this.#offset), Buffer.alloc(0));
  }

  /** Where this byte first occurs at or after `from`, counted from what can be consumed next; -1 for nowhere. */
  indexOf(byte: number, from: number): number {
    let start = -this.#offset;
    for (const chunk of this.#chunks) {
      const end = start + chunk.length;
      if (end > from) {
        const at = chunk.indexOf(byte, Math.max(from - start, 0));
        if (at !== -1) return start + at;
      }
      start = end;
    }
    return -1;
  }

  /** The next bytes, which have to be here. A view where one chunk has them all, else put together once. */
  consume(length: number): Buffer {
    const bytes = this.#view(length) ?? this.#joined(length);
    this.#advance(length);
    return bytes;
  }

  /** The next bytes, which have to be here, as a string with one character per byte. */
  consumeLatin1(length: number): string {
    const text = this.peekLatin1(length);
    this.#advance(length);
    return text;
  }

  /** The same, without using them up. */
  peekLatin1(length: number): string {
    const [first] = this.#chunks;
    if (first !== undefined && first.length - this.#offset >= length) {
      return first.toString('latin1', this.#offset, this.#offset + length);
    }
    return this.#joined(length).toString('latin1');
  }

  /** Drops so many bytes, those that are here and those that come; nothing of them is held. */
  skip(length: number): void {
    const here = Math.min(length, this.#byteLength);
    this.#advance(here);
    this.#skipBytes = length - here;
  }

  clear(): void {
    this.#advance(this.#byteLength);
    this.#skipBytes = 0;
  }

  #skipIn(chunk: Buffer): Buffer {
    const dropped = Math.min(chunk.length, this.#skipBytes);
    this.#skipBytes -= dropped;
    return chunk.subarray(dropped);
  }

  #append(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#block = undefined;
  }

  #collect(last: Buffer, chunk: Buffer): void {
    const end = last.length + chunk.length;
    if (this.#block !== undefined && end <= this.#block.length) {
      chunk.copy(this.#block, last.length);
      this.#chunks[this.#chunks.length - 1] = this.#block.subarray(0, end);
      return;
    }
    const rest = this.#chunks.length === 1 ? last.subarray(this.#offset) : last;
    if (rest.length <= SMALL_BYTES) this.#toBlock(rest, chunk);
    else this.#append(chunk);
  }

  /** Puts the rest of the last chunk and a new one into a block with room for as much again. */
  #toBlock(rest: Buffer, chunk: Buffer): void {
    const end = rest.length + chunk.length;
    const block = Buffer.allocUnsafeSlow(Math.max(FIRST_BLOCK_BYTES, end * 2));
    rest.copy(block, 0);
    chunk.copy(block, rest.length);
    if (this.#chunks.length === 1) this.#offset = 0;
    this.#chunks[this.#chunks.length - 1] = block.subarray(0, end);
    this.#block = block;
  }

  #view(length: number): Buffer | undefined {
    const [first] = this.#chunks;
    if (first === undefined || first.length - this.#offset < length) return undefined;
    return first.subarray(this.#offset, this.#offset + length);
  }

  #joined(length: number): Buffer {
    const joined = Buffer.allocUnsafe(length);
    let filled = 0;
    let offset = this.#offset;
    for (const chunk of this.#chunks) {
      if (filled === length) break;
      filled += chunk.copy(joined, filled, offset, Math.min(chunk.length, offset + length - filled));
      offset = 0;
    }
    return joined;
  }

  #advance(length: number): void {
    this.#byteLength -= length;
    this.#offset += length;
    let first = this.#chunks[0];
    while (first !== undefined && this.#offset >= first.length) {
      this.#offset -= first.length;
      this.#chunks.shift();
      first = this.#chunks[0];
    }
    if (first === undefined) {
      this.#offset = 0;
      this.#block = undefined;
    }
  }
}
