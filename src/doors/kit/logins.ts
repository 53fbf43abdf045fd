import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { networkOf, plainAddress } from '../../listening/caller-address.ts';
import { LineLimit } from './line-limit.ts';

/** Addresses whose failures are told apart; of more, those that failed last. */
const MAX_ADDRESSES = 1_024;

/** Wrong guesses of one address that are answered at once: a person's slips, an application with an old password. */
const FREE_GUESSES = 3;
/** Each guess after them waits twice as long for its answer as the one before, up to the longest delay. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;
/** An address that has guessed nothing wrong for so long begins anew. */
const FORGIVE_AFTER_MS = 600_000;

/** Answers of one door that are held back at a time. Of more guesses than that, the answers go at once. */
const MAX_HELD = 1_024;

export interface LoginsParts {
  /** The door as logs and metrics call it. */
  readonly door: string;
  readonly metrics: Pick<Metrics, 'count'>;
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly log: Pick<Logger, 'warn'>;
}

interface Failures {
  readonly lines: LineLimit;
  guesses: number;
  guessedAt: number;
}

/**
 * Counts who was let in at one door and who was not, and warns of failures: of each address at once, then once a minute.
 *
 * What was guessed wrong is answered late, and later with each guess. What is right is answered at once, wherever it comes
 * from: behind one address there may be a whole office, and on loopback all applications of the host.
 */
export class Logins {
  readonly #parts: LoginsParts;
  readonly #failures = new LRUCache<string, Failures>({ max: MAX_ADDRESSES });
  /** Each lets one answer go. */
  readonly #held = new Set<() => void>();
  #isClosed = false;

  constructor(parts: LoginsParts) {
    this.#parts = parts;
    for (const outcome of ['accepted', 'refused']) parts.metrics.count('auth', { door: parts.door, outcome }, 0);
  }

  accepted(): void {
    const { door, metrics } = this.#parts;
    metrics.count('auth', { door, outcome: 'accepted' });
  }

  /** Nothing was shown where something is demanded. @param from an IP address; none on a unix socket */
  refused(from: string | undefined): void {
    this.#note(from);
  }

  /** Something wrong was shown. Resolves when it may be answered; undefined where that is now. */
  guessedWrong(from: string | undefined): Promise<void> | undefined {
    const failures = this.#note(from);
    const now = this.#parts.clock.monotonic();
    failures.guesses = this.#isForgiven(failures) ? 1 : failures.guesses + 1;
    failures.guessedAt = now;
    const turn = failures.guesses - FREE_GUESSES;
    if (turn <= 0 || this.#isClosed || this.#held.size >= MAX_HELD) return undefined;
    return this.#hold(Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (turn - 1)));
  }

  /** Whether the next wrong guess from there would be answered late. */
  isSlowed(from: string | undefined): boolean {
    const failures = this.#failures.get(callerOf(from));
    return failures !== undefined && failures.guesses >= FREE_GUESSES && !this.#isForgiven(failures);
  }

  /** The door closes: holds nothing back any more. */
  close(): void {
    this.#isClosed = true;
    for (const release of this.#held) release();
  }

  #isForgiven({ guessedAt }: Failures): boolean {
    return this.#parts.clock.monotonic() - guessedAt >= FORGIVE_AFTER_MS;
  }

  #hold(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const release = (): void => {
        timer.cancel();
        this.#held.delete(release);
        resolve();
      };
      const timer = this.#parts.clock.after(delayMs, release);
      this.#held.add(release);
    });
  }

  #note(from: string | undefined): Failures {
    const { clock, door, log, metrics } = this.#parts;
    metrics.count('auth', { door, outcome: 'refused' });
    const address = callerOf(from);
    const known = this.#failures.get(address) ?? { lines: new LineLimit(clock), guesses: 0, guessedAt: -Infinity };
    const count = known.lines.happened();
    if (count !== undefined) {
      log.warn({ door, from: address, count }, 'a login failed: a wrong or missing password or token');
    }
    this.#failures.set(address, known);
    return known;
  }
}

/** What counts as one caller. The host itself is none of a network. @param from none on a unix socket */
function callerOf(from: string | undefined): string {
  if (from === undefined) return 'a unix socket';
  const address = plainAddress(from);
  return address === '::1' ? address : networkOf(address);
}
