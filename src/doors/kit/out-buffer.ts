import type { Writable } from 'node:stream';

/** Chunks below this are put together; larger ones, values mostly, are passed on without a copy. */
const COPIED_BYTES = 16 * 1024;

/** What leaves at the end of a turn. */
export class OutBuffer {
  #chunks: Buffer[] = [];
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  push(chunks: readonly Buffer[]): void {
    for (const chunk of chunks) {
      this.#chunks.push(chunk);
      this.#byteLength += chunk.length;
    }
  }

  /** Hands everything over in one write. */
  flush(socket: Pick<Writable, 'write' | 'cork' | 'uncork'>): void {
    const pieces = joinSmall(this.#chunks);
    this.clear();
    if (pieces.length > 1) socket.cork();
    for (const piece of pieces) socket.write(piece);
    if (pieces.length > 1) socket.uncork();
  }

  clear(): void {
    this.#chunks = [];
    this.#byteLength = 0;
  }
}

function joinSmall(chunks: readonly Buffer[]): Buffer[] {
  const pieces: Buffer[] = [];
  let small: Buffer[] = [];
  const close = (): void => {
    const [only] = small;
    if (only === undefined) return;
    pieces.push(small.length === 1 ? only : Buffer.concat(small));
    small = [];
  };
  for (const chunk of chunks) {
    if (chunk.length < COPIED_BYTES) small.push(chunk);
    else {
      close();
      pieces.push(chunk);
    }
  }
  close();
  return pieces;
}
