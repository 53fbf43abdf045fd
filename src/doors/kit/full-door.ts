import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { LineLimit } from './line-limit.ts';

export interface FullDoorParts {
  /** The door as logs and metrics call it. */
  readonly door: string;
  /** How many connections it takes, and the option that says so. */
  readonly limit: number;
  readonly option: string;
  readonly metrics: Pick<Metrics, 'count'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Pick<Logger, 'warn'>;
}

/** Counts the connections that a door closes, because it has as many as it takes; one line a minute says so. */
export class FullDoor {
  readonly #parts: FullDoorParts;
  readonly #lines: LineLimit;

  constructor(parts: FullDoorParts) {
    this.#parts = parts;
    this.#lines = new LineLimit(parts.clock);
    parts.metrics.count('clientsRefused', { door: parts.door }, 0);
  }

  refused(): void {
    const { door, limit, log, metrics, option } = this.#parts;
    metrics.count('clientsRefused', { door });
    const count = this.#lines.happened();
    if (count === undefined) return;
    log.warn(
      { door, count, limit },
      `the ${door} door has as many connections as it takes, ${limit}, and closes what comes: see ${option}`,
    );
  }
}
