import type { Clock, Timer } from '../clock.ts';
import type { MagliaError } from '../errors.ts';
import { isAnswerTo } from './answer-match.ts';
import type { PeerAnswer, PeerRequest } from './message.ts';

interface Waiting {
  readonly request: PeerRequest;
  readonly deadlineAt: number;
  readonly resolve: (answer: PeerAnswer) => void;
  readonly reject: (error: MagliaError) => void;
}

/** What an answer turned out to be. Anything but `expected` means that the connection cannot be believed (S0). */
export type Match = 'expected' | 'unknown-number' | 'wrong-kind-or-id';

const LAST_NUMBER = 0xffff_ffff;

/**
 * Requests sent and not yet answered, by number. Numbers go on from one connection of a link to the next, so that no two
 * connections use the same one within four thousand million requests.
 *
 * One timer watches the earliest deadline. An answer leaves it as it is: firing in vain once per deadline's length is
 * cheaper than setting it anew for each request.
 */
export class InFlight {
  readonly #clock: Clock;
  readonly #onDeadline: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #controls = 0;
  #lastNumber = 0;
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  /** `onDeadline` is called when a request has not been answered by its deadline; what then becomes of it is the link's. */
  constructor(clock: Clock, onDeadline: () => void) {
    this.#clock = clock;
    this.#onDeadline = onDeadline;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Those that execute a session's command. */
  get executes(): number {
    return this.#waiting.size - this.#controls;
  }

  /** The others, by which the nodes keep in touch. */
  get controls(): number {
    return this.#controls;
  }

  add(request: PeerRequest, deadlineAt: number): { readonly number: number; readonly answer: Promise<PeerAnswer> } {
    const number = this.#nextNumber();
    const answer = new Promise<PeerAnswer>((resolve, reject) => {
      this.#waiting.set(number, { request, deadlineAt, resolve, reject });
    });
    if (isControl(request)) this.#controls++;
    if (deadlineAt < this.#timerAt) this.#watch(deadlineAt);
    return { number, answer };
  }

  /** Hands the answer to whoever waits for it, if it can be the answer to that. */
  settle(number: number, answer: PeerAnswer): Match {
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return 'unknown-number';
    if (!isAnswerTo(waiting.request, answer)) return 'wrong-kind-or-id';
    this.#remove(number, waiting);
    waiting.resolve(answer);
    return 'expected';
  }

  /** Fails one request; false where there is none of this number. */
  fail(number: number, error: MagliaError): boolean {
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return false;
    this.#remove(number, waiting);
    waiting.reject(error);
    return true;
  }

  /** Fails everything; the timer is stopped. */
  failAll(makeError: () => MagliaError): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const failed = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#controls = 0;
    for (const waiting of failed) waiting.reject(makeError());
  }

  /** Whether any request is unanswered at its deadline, now. */
  get hasExpired(): boolean {
    return this.#earliestDeadlineAt() <= this.#clock.monotonic();
  }

  /** Goes on after `onDeadline` has found that nothing is late any more. */
  watchOn(): void {
    const earliest = this.#earliestDeadlineAt();
    if (earliest < this.#timerAt) this.#watch(earliest);
  }

  #remove(number: number, waiting: Waiting): void {
    this.#waiting.delete(number);
    if (isControl(waiting.request)) this.#controls--;
  }

  #nextNumber(): number {
    do this.#lastNumber = this.#lastNumber === LAST_NUMBER ? 1 : this.#lastNumber + 1;
    while (this.#waiting.has(this.#lastNumber));
    return this.#lastNumber;
  }

  #watch(deadlineAt: number): void {
    this.#timer?.cancel();
    this.#timerAt = deadlineAt;
    const delayMs = Math.max(0, Math.ceil(deadlineAt - this.#clock.monotonic()));
    this.#timer = this.#clock.after(delayMs, () => this.#look());
  }

  #look(): void {
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const earliest = this.#earliestDeadlineAt();
    if (earliest === Number.POSITIVE_INFINITY) return;
    if (earliest <= this.#clock.monotonic()) this.#onDeadline();
    else this.#watch(earliest);
  }

  #earliestDeadlineAt(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { deadlineAt } of this.#waiting.values()) earliest = Math.min(earliest, deadlineAt);
    return earliest;
  }
}

export function isControl(request: PeerRequest): boolean {
  return request.kind !== 'execute';
}
