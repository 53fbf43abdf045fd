import type { Clock, Timer } from '../clock.ts';
import type { MagliaError } from '../errors.ts';
import { isAnswerTo } from './answer-match.ts';
import type { PeerAnswer, PeerRequest } from './message.ts';
import { classOf, type TrafficClass } from './traffic-class.ts';

/** Who asked, and is told what came of it: one of the two, once. Neither may throw. */
export interface Asker {
  onAnswer(answer: PeerAnswer): void;
  onFailed(error: MagliaError): void;
}

interface Waiting {
  readonly number: number;
  readonly request: PeerRequest;
  readonly deadlineAt: number;
  readonly asker: Asker;
}

/** What an answer turned out to be. Anything but `expected` means that the connection cannot be believed (S0). */
export type Match = 'expected' | 'unknown-number' | 'wrong-kind-or-id';

const LAST_NUMBER = 0xffff_ffff;

/** A power of two, as it stays when it grows. */
const FIRST_SLOTS = 64;

/**
 * Requests sent and not yet answered, by number. Numbers go on from one connection of a link to the next, so that no two
 * connections use the same one within four thousand million requests.
 *
 * A request lies in the slot that the last bits of its number say; a number whose slot is taken is left out. (In a Map,
 * each table that was full keeps the next one alive: once one is old, V8 frees none of those after it, nor what was in
 * them, until it collects the old space. That was a fifth of the asking node's time on the link.)
 *
 * One timer watches the earliest deadline. An answer leaves it as it is: firing for nothing once per deadline's length is
 * cheaper than setting it anew for each request.
 */
export class InFlight {
  readonly #clock: Clock;
  readonly #onDeadline: () => void;
  #slots: (Waiting | undefined)[] = emptySlots(FIRST_SLOTS);
  #size = 0;
  #sizes = noneOfAny();
  #lastNumber = 0;
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  /** `onDeadline` is called when a request has not been answered by its deadline; what then becomes of it is the link's. */
  constructor(clock: Clock, onDeadline: () => void) {
    this.#clock = clock;
    this.#onDeadline = onDeadline;
  }

  get size(): number {
    return this.#size;
  }

  sizeOf(trafficClass: TrafficClass): number {
    return this.#sizes[trafficClass];
  }

  /** @returns the number under which it is asked */
  add(request: PeerRequest, deadlineAt: number, asker: Asker): number {
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    const number = this.#nextNumber();
    this.#slots[this.#slotOf(number)] = { number, request, deadlineAt, asker };
    this.#size++;
    this.#sizes[classOf(request)]++;
    if (deadlineAt < this.#timerAt) this.#watch(deadlineAt);
    return number;
  }

  /** Hands the answer to the asker that waits for it, if it can be the answer to that. */
  settle(number: number, answer: PeerAnswer): Match {
    const waiting = this.#find(number);
    if (waiting === undefined) return 'unknown-number';
    if (!isAnswerTo(waiting.request, answer)) return 'wrong-kind-or-id';
    this.#remove(waiting);
    waiting.asker.onAnswer(answer);
    return 'expected';
  }

  /** Fails one request; false where there is none of this number. */
  fail(number: number, error: MagliaError): boolean {
    const waiting = this.#find(number);
    if (waiting === undefined) return false;
    this.#remove(waiting);
    waiting.asker.onFailed(error);
    return true;
  }

  /** Fails everything; the timer is stopped. */
  failAll(makeError: () => MagliaError): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    const slots = this.#slots;
    this.#slots = emptySlots(FIRST_SLOTS);
    this.#size = 0;
    this.#sizes = noneOfAny();
    for (const waiting of slots) waiting?.asker.onFailed(makeError());
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

  #slotOf(number: number): number {
    return number & (this.#slots.length - 1);
  }

  #find(number: number): Waiting | undefined {
    const waiting = this.#slots[this.#slotOf(number)];
    return waiting?.number === number ? waiting : undefined;
  }

  #remove({ number, request }: Waiting): void {
    this.#slots[this.#slotOf(number)] = undefined;
    this.#size--;
    this.#sizes[classOf(request)]--;
  }

  /** Two numbers that differ in their last bits differ in one bit more, too. */
  #grow(): void {
    const slots = this.#slots;
    this.#slots = emptySlots(slots.length * 2);
    for (const waiting of slots) {
      if (waiting !== undefined) this.#slots[this.#slotOf(waiting.number)] = waiting;
    }
  }

  /** At least half of the slots are free. */
  #nextNumber(): number {
    do this.#lastNumber = this.#lastNumber === LAST_NUMBER ? 1 : this.#lastNumber + 1;
    while (this.#slots[this.#slotOf(this.#lastNumber)] !== undefined);
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
    for (const waiting of this.#slots) {
      if (waiting !== undefined && waiting.deadlineAt < earliest) earliest = waiting.deadlineAt;
    }
    return earliest;
  }
}

function noneOfAny(): Record<TrafficClass, number> {
  return { probe: 0, control: 0, bulk: 0, execute: 0 };
}

function emptySlots(count: number): (Waiting | undefined)[] {
  return new Array<Waiting | undefined>(count).fill(undefined);
}
