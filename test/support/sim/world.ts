import type { Timer } from '../../../src/clock.ts';
import { settled } from '../fake-clock.ts';

interface Happening {
  readonly at: number;
  readonly sequence: number;
  /** Taken away when it is cancelled. */
  fire: (() => void) | undefined;
}

/** The one time that all simulated things share, in milliseconds, and what is still to happen in it. */
export class World {
  /** A binary heap by time, and among equals by the order in which they were set. */
  readonly #heap: Happening[] = [];
  #now = 0;
  #sequence = 0;

  get now(): number {
    return this.#now;
  }

  after(delayMs: number, fire: () => void): Timer {
    this.#sequence += 1;
    const happening: Happening = { at: this.#now + Math.max(0, delayMs), sequence: this.#sequence, fire };
    this.#push(happening);
    return { cancel: () => (happening.fire = undefined) };
  }

  /** Lets everything happen that falls due until then; promises settle between one thing and the next. */
  async runUntil(end: number): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.at <= end; next = this.#heap[0]) {
      this.#pop();
      if (next.fire === undefined) continue;
      this.#now = next.at;
      next.fire();
      await settled();
    }
    this.#now = end;
  }

  /** Runs on, step by step, until the condition holds; false where that did not come about in time. */
  async runUntilTrue(condition: () => boolean, limitMs: number, stepMs = 20): Promise<boolean> {
    const end = this.#now + limitMs;
    while (!condition()) {
      if (this.#now >= end) return false;
      await this.runUntil(Math.min(end, this.#now + stepMs));
    }
    return true;
  }

  #push(happening: Happening): void {
    const heap = this.#heap;
    let at = heap.push(happening) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(heap[at], heap[above])) break;
      this.#swap(at, above);
      at = above;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let first = at;
      if (isBefore(heap[left], heap[first])) first = left;
      if (isBefore(heap[right], heap[first])) first = right;
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a === undefined || b === undefined) return;
    this.#heap[one] = b;
    this.#heap[other] = a;
  }
}

function isBefore(one: Happening | undefined, other: Happening | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.at < other.at || (one.at === other.at && one.sequence < other.sequence);
}
