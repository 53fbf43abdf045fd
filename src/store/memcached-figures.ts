import type { Duplex } from 'node:stream';
import type { Response } from 'memjs';
import type { Clock } from '../clock.ts';
import { StoreUnavailableError } from '../errors.ts';
import { OPCODES, STATUSES, statRequest, ResponseDecoder } from './memcached-protocol.ts';
import type { StoreFigures } from './store.ts';

/** A memcached has some 80 figures; a server that sends more than this is none. */
const MAX_ANSWERS = 1_000;

export interface MemcachedFiguresOptions {
  readonly dial: () => Duplex;
  readonly clock: Clock;
  /** From the dial to the last answer. */
  readonly deadlineMs: number;
}

/**
 * Asks a memcached for its own figures, each time over a connection of its own: its `stat` has many answers, and those
 * that wait for records must not wait for them. A caller that asks meanwhile gets the answer to the question that is out.
 */
export class MemcachedFigures {
  readonly #options: MemcachedFiguresOptions;
  #reading: Promise<StoreFigures> | undefined;

  constructor(options: MemcachedFiguresOptions) {
    this.#options = options;
  }

  /** Rejects with `StoreUnavailableError`. */
  read(): Promise<StoreFigures> {
    this.#reading ??= this.#ask().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  #ask(): Promise<StoreFigures> {
    const { dial, clock, deadlineMs } = this.#options;
    return new Promise((resolve, reject) => {
      const socket = dial();
      const stats = new Map<string, string>();
      const fail = (why: string, cause?: unknown): void => {
        timer.cancel();
        reject(new StoreUnavailableError(`memcached's figures cannot be had: ${why}`, { cause }));
        socket.destroy();
      };
      const timer = clock.after(deadlineMs, () => fail(`no answer within ${deadlineMs} ms`));
      const decoder = new ResponseDecoder({
        malformed: fail,
        response: ({ header, key, val }: Response) => {
          if (header.opcode !== OPCODES.stat || header.status !== STATUSES.done) fail('it refused to tell them');
          else if (header.keyLength > 0) stats.set(key.toString('latin1'), val.toString('latin1'));
          else {
            const figures = figuresIn(stats);
            if (figures === undefined) fail('some are missing');
            else resolve(figures);
            timer.cancel();
            socket.destroy();
          }
          if (stats.size > MAX_ANSWERS) fail('it has too many');
        },
      });
      socket.once('connect', () => socket.write(statRequest()));
      socket.on('data', (chunk: Buffer) => decoder.push(chunk));
      socket.on('error', (error) => fail(error.message, error));
      socket.once('end', () => fail('it closed the connection'));
      socket.once('close', () => fail('it closed the connection'));
    });
  }
}

function figuresIn(stats: ReadonlyMap<string, string>): StoreFigures | undefined {
  const figureOf = (name: string): number => Number(stats.get(name) ?? Number.NaN);
  const figures = {
    items: figureOf('curr_items'),
    bytes: figureOf('bytes'),
    limitBytes: figureOf('limit_maxbytes'),
    evictions: figureOf('evictions'),
  };
  return Object.values(figures).every(Number.isFinite) ? figures : undefined;
}
