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
