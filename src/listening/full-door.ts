import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics/metrics.ts';

const REPEAT_AFTER_MS = 60_000;

export interface FullDoorParts {
  readonly door: 'http' | 'memcached';
  /** How many connections it takes, and the option that says so. */
  readonly limit: number;
  readonly option: string;
  readonly metrics: Pick<Metrics, 'count'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Pick<Logger, 'warn'>;
}

/** Counts the connections that a door closes as they come, because it has as many as it takes; one line a minute says so. */
export class FullDoor {
  readonly #parts: FullDoorParts;
  #saidAt = Number.NEGATIVE_INFINITY;
  /** Since the last line. */
  #unsaid = 0;

  constructor(parts: FullDoorParts) {
    this.#parts = parts;
    parts.metrics.count('clientsRefused', { door: parts.door }, 0);
  }

  refused(): void {
    const { clock, door, limit, log, metrics, option } = this.#parts;
    metrics.count('clientsRefused', { door });
    this.#unsaid += 1;
    const now = clock.monotonic();
    if (now - this.#saidAt < REPEAT_AFTER_MS) return;
    log.warn(
      { door, count: this.#unsaid, limit },
      `the ${door} door has as many connections as it takes, ${limit}, and closes what comes: see ${option}`,
    );
    this.#saidAt = now;
    this.#unsaid = 0;
  }
}
