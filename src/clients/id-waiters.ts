import type { Clock, Timer } from '../clock.ts';

/** Waits until there are as many ids as it wants. */
export interface IdWaiter {
  /** How many; 0 where it only wants its turn. */
  readonly wants: () => number;
  /** Called when it is let in; with an error where it is not. */
  readonly settle: (error?: Error) => void;
}

interface Entry {
  readonly waiter: IdWaiter;
  readonly timer: Timer | undefined;
}

/** Those who wait for ids, in the order in which they came. */
export class IdWaiters {
  readonly #entries = new Set<Entry>();
  readonly #clock: Pick<Clock, 'after'>;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The next one, who stays there. */
  get first(): IdWaiter | undefined {
    const [entry] = this.#entries;
    return entry?.waiter;
  }

  /** How many ids all of them want together. */
  get wanted(): number {
    let wanted = 0;
    for (const { waiter } of this.#entries) wanted += waiter.wants();
    return wanted;
  }

  /** @param patience how long it waits, and what it is told when that is over; without, until it is let in or dismissed */
  add(waiter: IdWaiter, patience?: { readonly ms: number; readonly failure: () => Error }): void {
    const timer =
      patience === undefined
        ? undefined
        : this.#clock.after(patience.ms, () => {
            this.#entries.delete(entry);
            waiter.settle(patience.failure());
          });
    const entry: Entry = { waiter, timer };
    this.#entries.add(entry);
  }

  takeFirst(): IdWaiter | undefined {
    const [entry] = this.#entries;
    if (entry === undefined) return undefined;
    this.#remove(entry);
    return entry.waiter;
  }

  /** Sends all of them away, each in a tick of its own. */
  dismiss(error: Error): void {
    for (const entry of this.#entries) {
      this.#remove(entry);
      process.nextTick(entry.waiter.settle, error);
    }
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry);
    entry.timer?.cancel();
  }
}
