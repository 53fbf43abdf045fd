import { Writable } from 'node:stream';

/**
 * A standard output that is a file. Where Node's own stream ends with the first write that fails, this one goes on: what cannot be
 * written is lost, and told to `onLost`; what comes when there is room again is written.
 */
export class FileOutput extends Writable {
  readonly #writeSync: (bytes: Buffer) => number;
  readonly #onLost: (error: Error) => void;

  /** @param write as `fs.writeSync`, of the file */
  constructor(write: (bytes: Buffer) => number, onLost: (error: Error) => void) {
    super();
    this.#writeSync = write;
    this.#onLost = onLost;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    try {
      for (let written = 0; written < chunk.length;) written += this.#writeSync(chunk.subarray(written));
    } catch (error) {
      this.#onLost(error instanceof Error ? error : new TypeError(String(error)));
    }
    done();
  }
}
