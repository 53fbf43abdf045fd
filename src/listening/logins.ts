import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics/metrics.ts';

const REPEAT_AFTER_MS = 60_000;

/** Addresses whose failures are told apart; of more, those that failed last. */
const MAX_ADDRESSES = 1_024;

export interface LoginsParts {
  readonly door: 'http' | 'memcached';
  readonly metrics: Pick<Metrics, 'count'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Pick<Logger, 'warn'>;
}

interface Failures {
  saidAt: number;
  /** Since the last line. */
  unsaid: number;
}

/** Counts who was let in at one door and who was not, and warns of failures: of each address at once, then once a minute. */
export class Logins {
  readonly #parts: LoginsParts;
  readonly #failures = new LRUCache<string, Failures>({ max: MAX_ADDRESSES });

  constructor(parts: LoginsParts) {
    this.#parts = parts;
    for (const outcome of ['accepted', 'refused']) parts.metrics.count('auth', { door: parts.door, outcome }, 0);
  }

  accepted(): void {
    const { door, metrics } = this.#parts;
    metrics.count('auth', { door, outcome: 'accepted' });
  }

  /** @param from an IP address; none on a unix socket */
  refused(from: string | undefined): void {
    const { clock, door, log, metrics } = this.#parts;
    metrics.count('auth', { door, outcome: 'refused' });
    const address = from ?? 'a unix socket';
    const now = clock.monotonic();
    const known = this.#failures.get(address) ?? { saidAt: -Infinity, unsaid: 0 };
    known.unsaid += 1;
    if (now - known.saidAt >= REPEAT_AFTER_MS) {
      log.warn({ door, from: address, count: known.unsaid }, 'a login failed: a wrong or missing password or token');
      known.saidAt = now;
      known.unsaid = 0;
    }
    this.#failures.set(address, known);
  }
}
