import { Writable } from 'node:stream';
import type { Clock, Timer } from '../clock.ts';

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

/** Where log lines go. Neither throws, nor waits: a log must not end, or stop, the daemon that writes it. */
export interface LogSink {
  /** How much of the text it took, as text; less than all where there is no room, or nobody reads. */
  write(text: string): 'all' | 'part' | 'none';
}

/** A file: what does not fit on the disk is refused at once. @param write as `fs.writeSync`, of the file */
export function fileSink(write: (bytes: Buffer) => number): LogSink {
  return {
    write(text) {
      const bytes = Buffer.from(text);
      let written = 0;
      try {
        while (written < bytes.length) {
          const count = write(bytes.subarray(written));
          if (count === 0) break;
          written += count;
        }
      } catch {
        // A full disk, most of all; the next line tries again.
      }
      if (written === bytes.length) return 'all';
      return written === 0 ? 'none' : 'part';
    },
  };
}

/** What a pipe or socket holds for a reader that does not read. */
const HELD_BYTES = 1024 * 1024;

export interface HoldingStream {
  readonly writableLength: number;
  readonly writable: boolean;
  write(text: string): unknown;
}

/** A pipe, a socket, a terminal: what its reader has not read yet is held, up to 1 MiB. */
export function streamSink(stream: HoldingStream): LogSink {
  return {
    write(text) {
      if (!stream.writable || stream.writableLength > HELD_BYTES) return 'none';
      stream.write(text);
      return 'all';
    },
  };
}

/** The daemon's log. What cannot be written is dropped and counted; one line says so once there is room again. */
export class LogOutput {
  readonly #sink: LogSink;
  #dropped = 0;
  /** Of these nobody has been told. */
  #untold = 0;
  /** Half a line stands at the end, which the next one must not continue. */
  #isTorn = false;

  constructor(sink: LogSink) {
    this.#sink = sink;
  }

  /** Lines that were dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  write(line: string): void {
    if (this.#untold > 0 && !this.#tell(line)) return;
    if (!this.#put(line)) this.#drop();
  }

  /** The line that tells of those before it has the time, name and letter of the one that made it possible. */
  #tell(line: string): boolean {
    const msg = `${this.#untold} lines of this log could not be written and were dropped: is its disk full, or its reader stuck?`;
    if (!this.#put(`${JSON.stringify({ ...headOf(line), level: WARN, dropped: this.#untold, msg })}\n`)) {
      this.#drop();
      return false;
    }
    this.#untold = 0;
    return true;
  }

  #put(text: string): boolean {
    const outcome = this.#sink.write(this.#isTorn ? `\n${text}` : text);
    this.#isTorn = outcome === 'part' || (this.#isTorn && outcome === 'none');
    return outcome === 'all';
  }

  #drop(): void {
    this.#dropped += 1;
    this.#untold += 1;
  }
}

/** pino's level of a warning. */
const WARN = 40;

function headOf(line: string): Record<string, unknown> {
  const { time, name, letter } = JSON.parse(line) as Record<string, unknown>;
  return { time, name, letter };
}

export interface DrainingStream {
  readonly writable: boolean;
  readonly writableLength: number;
  write(text: string, done: () => void): unknown;
}

/**
 * Whether what was written before has left, as far as anybody is there to read it. A slow reader is waited for as long as it
 * reads; one that has taken nothing for `patienceMs` is not waited for any longer.
 */
export function drained(stream: DrainingStream, clock: Clock, patienceMs: number): Promise<boolean> {
  if (!stream.writable) return Promise.resolve(true);
  return new Promise((resolve) => {
    let timer: Timer | undefined;
    let before = stream.writableLength;
    const look = (): void => {
      const now = stream.writableLength;
      if (now === before) resolve(false);
      else timer = clock.after(patienceMs, look);
      before = now;
    };
    timer = clock.after(patienceMs, look);
    // Called also where it cannot be written any more: then there is nobody to wait for.
    stream.write('', () => {
      timer?.cancel();
      resolve(true);
    });
  });
}
