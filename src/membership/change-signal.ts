import type { Clock } from '../clock.ts';

/** Wakes those who wait for something to change, or for their deadline. */
export class ChangeSignal {
  readonly #clock: Clock;
  readonly #waiters = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  changed(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }

  /** Resolves to true at the next change, to false when `deadlineAt` (monotonic) comes first. */
  wait(deadlineAt: number): Promise<boolean> {
    const leftMs = deadlineAt - this.#clock.monotonic();
    if (leftMs <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel();
        resolve(true);
      };
      const timer = this.#clock.after(leftMs, () => {
        this.#waiters.delete(wake);
        resolve(false);
      });
      this.#waiters.add(wake);
    });
  }
}
