import type { Clock } from '../clock.ts';
import { StoreInDoubtError, StoreTooLargeError } from '../errors.ts';
import type { Metrics } from '../metrics/metrics.ts';

export type StoreOperation = 'get' | 'set' | 'add' | 'delete' | 'clear';

/** Observes how long each store operation took and what came of it, as `storeSeconds`. */
export class StoreLatency {
  readonly #metrics: Pick<Metrics, 'observe'>;
  readonly #clock: Clock;

  constructor(metrics: Pick<Metrics, 'observe'>, clock: Clock) {
    this.#metrics = metrics;
    this.#clock = clock;
  }

  /** Runs one operation at once and settles as it does; what it throws becomes a rejection. */
  async measure<T>(operation: StoreOperation, run: () => T | Promise<T>): Promise<T> {
    const startedAt = this.#clock.monotonic();
    let outcome = 'done';
    try {
      return await run();
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      const seconds = (this.#clock.monotonic() - startedAt) / 1000;
      this.#metrics.observe('storeSeconds', { operation, outcome }, seconds);
    }
  }
}

function outcomeOf(error: unknown): string {
  if (error instanceof StoreInDoubtError) return 'in-doubt';
  if (error instanceof StoreTooLargeError) return 'too-large';
  return 'unavailable';
}
