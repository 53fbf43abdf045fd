import type { Clock, Timer } from '../../src/clock.ts';

interface Alarm {
  readonly at: number;
  readonly fire: () => void;
}

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  readonly #alarms = new Set<Alarm>();
  #monotonic = 0;
  #now: number;

  constructor(now = 1_700_000_000_000) {
    this.#now = now;
  }

  /** Timers that are set and have not fired. */
  get pending(): number {
    return this.#alarms.size;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(delayMs: number, fire: () => void): Timer {
    const alarm = { at: this.#monotonic + Math.max(0, delayMs), fire };
    this.#alarms.add(alarm);
    return { cancel: () => void this.#alarms.delete(alarm) };
  }

  /** Moves on by `ms` and fires what falls due, in order of time, each at its own moment. */
  advance(ms: number): void {
    const end = this.#monotonic + ms;
    for (let next = this.#nextUntil(end); next !== undefined; next = this.#nextUntil(end)) {
      this.#alarms.delete(next);
      this.#moveTo(Math.max(next.at, this.#monotonic));
      next.fire();
    }
    this.#moveTo(end);
  }

  /** The same, and promises settle before it begins, between one alarm and the next, and at the end. */
  async advanceSettling(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await settled();
    for (let next = this.#nextUntil(end); next !== undefined; next = this.#nextUntil(end)) {
      this.advance(Math.max(0, next.at - this.#monotonic));
      await settled();
    }
    this.advance(end - this.#monotonic);
    await settled();
  }

  /** Time passes and nothing fires, as while a process is stopped; what fell due fires with the next move, late. */
  stopFor(ms: number): void {
    this.#moveTo(this.#monotonic + ms);
  }

  /** Lets the wall clock jump, as when somebody sets it; no timer notices. */
  jump(ms: number): void {
    this.#now += ms;
  }

  #moveTo(monotonic: number): void {
    this.#now += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }

  #nextUntil(end: number): Alarm | undefined {
    let first: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (alarm.at <= end && (first === undefined || alarm.at < first.at)) first = alarm;
    }
    return first;
  }
}

/** Resolves when every promise that can settle without time passing has done so. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
