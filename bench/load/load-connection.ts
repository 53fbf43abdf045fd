import { connect, type Socket } from 'node:net';
import type { LatencyHistogram } from './latency-histogram.ts';
import type { LoadJob } from './load-job.ts';
import { NumberQueue } from './number-queue.ts';
import type { Random } from './random.ts';
import type { Replies, ReplySink } from './replies.ts';
import type { Requests } from './requests.ts';
import type { Tally } from './tally.ts';

/**
 * Every socket reads into the same memory: what it holds is taken in before the next one reads. Large enough for the
 * replies of a deep pipeline.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);

export interface LoadConnectionParts {
  readonly job: Pick<LoadJob, 'target' | 'getShare'>;
  readonly requests: Requests;
  readonly random: Random;
  readonly tally: Tally;
  readonly latencies: LatencyHistogram;
  readonly repliesFor: (sink: ReplySink) => Replies;
  /** The next requests, so many as were answered. */
  readonly onAnswered?: (connection: LoadConnection, count: number) => void;
}

/** One client: sends requests and takes in what comes back, as cheaply as Node.js can. */
export class LoadConnection {
  readonly #parts: LoadConnectionParts;
  readonly #replies: Replies;
  readonly #sentAt = new NumberQueue();
  readonly #opened: Promise<void>;
  readonly #socket: Socket;
  #answered = 0;
  #isClosed = false;

  constructor(parts: LoadConnectionParts) {
    this.#parts = parts;
    this.#replies = parts.repliesFor({
      right: () => this.#count(),
      miss: () => {
        parts.tally.misses += 1;
        this.#count();
      },
      wrong: (what) => {
        parts.tally.wrong(what);
        this.#count();
      },
    });
    const { target } = parts.job;
    const onread = { buffer: READ_BUFFER, callback: (length: number): boolean => this.#take(length) };
    this.#socket = connect({ ...target, onread, noDelay: true });
    this.#opened = new Promise((resolve, reject) => {
      this.#socket.once('connect', () => resolve());
      this.#socket.once('error', reject);
    });
    this.#socket.on('error', (error) => this.#lose(error.message));
    this.#socket.on('close', () => this.#lose('the connection was closed'));
  }

  get waiting(): number {
    return this.#sentAt.length;
  }

  async opened(): Promise<void> {
    await this.#opened;
  }

  /** So many requests, drawn at random, in one write. */
  send(count: number): void {
    if (this.#isClosed) return;
    const now = performance.now();
    if (count === 1) {
      this.#socket.write(this.#draw(now));
      return;
    }
    this.#socket.write(Buffer.concat(Array.from({ length: count }, () => this.#draw(now))));
  }

  /** Sets every key, a few at a time. */
  async fill(): Promise<void> {
    const { sets } = this.#parts.requests;
    for (let from = 0; from < sets.length; from += FILLED_AT_ONCE) {
      const some = sets.slice(from, from + FILLED_AT_ONCE);
      some.forEach((_, at) => {
        this.#replies.expectSet(from + at);
        this.#sentAt.push(performance.now());
      });
      this.#socket.write(Buffer.concat(some));
      while (this.waiting > 0 && !this.#isClosed) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.destroy();
  }

  #draw(now: number): Buffer {
    const { requests, random, job } = this.#parts;
    const key = random.below(requests.gets.length);
    this.#sentAt.push(now);
    const isGet = random.share() < job.getShare;
    if (isGet) this.#replies.expectGet(key);
    else this.#replies.expectSet(key);
    const request = (isGet ? requests.gets : requests.sets)[key];
    if (request === undefined) throw new RangeError(`no key ${key}`);
    return request;
  }

  #take(length: number): boolean {
    this.#answered = 0;
    this.#replies.take(READ_BUFFER.subarray(0, length));
    const { tally, latencies, onAnswered } = this.#parts;
    const now = performance.now();
    for (let count = 0; count < this.#answered; count += 1) latencies.record(now - this.#sentAt.shift());
    tally.operations += this.#answered;
    if (this.#answered > 0) onAnswered?.(this, this.#answered);
    return true;
  }

  #count(): void {
    this.#answered += 1;
  }

  #lose(why: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#parts.tally.wrong(why);
  }
}

const FILLED_AT_ONCE = 64;
