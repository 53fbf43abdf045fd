import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../clock.ts';
import { MemcachedConnection } from './memcached-connection.ts';

/** From one answer to the next question. */
const REST_MS = 1_000;
/** Far above what a loaded memcached takes, as being taken for dead costs it all sessions. */
const ANSWER_MS = 1_000;
const RETRY_MS = 100;
/** So many questions in a row without an answer are silence: a good 3 s for a frozen memcached. */
const SILENT_AFTER = 3;

export type MemcachedHealth = 'up' | 'down';

export interface MemcachedKeeperOptions {
  /** What is known of it already. */
  readonly health: MemcachedHealth;
  readonly dial: () => Duplex;
  readonly clock: Clock;
  /** The connection that stays open between questions was closed: it may have died just now. */
  readonly onClosed: () => void;
  /** It has answered nothing for seconds; called again for as long as that goes on. */
  readonly onSilent: () => void;
}

/**
 * Asks one memcached over and over whether it answers, each time over a new connection, as a store would that has lost
 * its own. The last one stays open: it closes the moment memcached dies.
 */
export class MemcachedKeeper {
  readonly #options: MemcachedKeeperOptions;
  #health: MemcachedHealth;
  #work: 'none' | 'asking' | 'resting' | 'stopped' = 'none';
  #tether: MemcachedConnection | undefined;
  #asking: MemcachedConnection | undefined;
  #rest: Timer | undefined;
  #failures = 0;

  constructor(options: MemcachedKeeperOptions) {
    this.#options = options;
    this.#health = options.health;
  }

  get health(): MemcachedHealth {
    return this.#health;
  }

  start(): void {
    if (this.#work === 'none') this.#ask();
  }

  stop(): void {
    this.#work = 'stopped';
    this.#rest?.cancel();
    void this.#tether?.finish();
    void this.#asking?.finish();
  }

  #ask(): void {
    const { dial, clock } = this.#options;
    this.#work = 'asking';
    const connection = new MemcachedConnection({
      dial,
      clock,
      deadlineMs: ANSWER_MS,
      predecessor: Promise.resolve(),
      onReady: () => this.#answered(connection),
      onUnusable: () => this.#lost(connection),
    });
    this.#asking = connection;
  }

  #answered(connection: MemcachedConnection): void {
    if (this.#work === 'stopped') return;
    void this.#tether?.finish();
    this.#tether = connection;
    this.#asking = undefined;
    this.#health = 'up';
    this.#failures = 0;
    this.#restFor(REST_MS);
  }

  #lost(connection: MemcachedConnection): void {
    if (this.#work === 'stopped') return;
    this.#health = 'down';
    if (connection === this.#tether) this.#tetherLost();
    else this.#unanswered();
  }

  #tetherLost(): void {
    this.#tether = undefined;
    this.#options.onClosed();
    if (this.#work !== 'resting') return;
    this.#rest?.cancel();
    this.#ask();
  }

  #unanswered(): void {
    this.#asking = undefined;
    this.#failures += 1;
    this.#restFor(this.#failures < SILENT_AFTER ? RETRY_MS : REST_MS);
    if (this.#failures % SILENT_AFTER === 0) this.#options.onSilent();
  }

  #restFor(ms: number): void {
    this.#work = 'resting';
    this.#rest = this.#options.clock.after(ms, () => this.#ask());
  }
}
