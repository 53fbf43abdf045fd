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
    const startedAt = this.begin();
    try {
      const value = await run();
      this.end(operation, startedAt);
      return value;
    } catch (error) {
      this.end(operation, startedAt, error);
      throw error;
    }
  }

  /** The beginning of one operation, for `end`. */
  begin(): number {
    return this.#clock.monotonic();
  }

  end(operation: StoreOperation, startedAt: number, error?: unknown): void {
    const outcome = error === undefined ? 'done' : outcomeOf(error);
    this.#metrics.observe('storeSeconds', { operation, outcome }, (this.#clock.monotonic() - startedAt) / 1000);
  }
}

function outcomeOf(error: unknown): string {
  if (error instanceof StoreInDoubtError) return 'in-doubt';
  if (error instanceof StoreTooLargeError) return 'too-large';
  return 'unavailable';
}
