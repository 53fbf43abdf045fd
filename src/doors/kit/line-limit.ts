import type { Clock } from '../../clock.ts';

const REPEAT_AFTER_MS = 60_000;

/** When the log says again what happens over and over: at once, then once a minute, with how often it has happened since. */
export class LineLimit {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #saidAt = Number.NEGATIVE_INFINITY;
  #unsaid = 0;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** It has happened once more. Returns how often since the last line where it is time for one, else undefined. */
  happened(): number | undefined {
    this.#unsaid += 1;
    const now = this.#clock.monotonic();
    if (now - this.#saidAt < REPEAT_AFTER_MS) return undefined;
    const count = this.#unsaid;
    this.#saidAt = now;
    this.#unsaid = 0;
    return count;
  }
}
