import type { Clock } from '../clock.ts';
import { StoreUnavailableError, StoreInDoubtError, StoreTooLargeError } from '../errors.ts';
import type { Metrics } from '../metrics/metrics.ts';

/**
 * Where a node keeps its sessions' records, as opaque bytes under a key of 1 to 250 printable characters.
 *
 * Every method settles within the store's own deadline. They reject with `StoreUnavailableError` (surely not done),
 * `StoreInDoubtError` (asked, no answer), and for writes `StoreTooLargeError`.
 */
export interface Store {
  get(key: string): Promise<Buffer | undefined>;
  /** `ttlSeconds` is relative, whole and at least 1, however large. */
  set(key: string, value: Buffer, ttlSeconds: number): Promise<void>;
  /** Resolves to false, and changes nothing, where the key is taken. */
  add(key: string, value: Buffer, ttlSeconds: number): Promise<boolean>;
  /** Resolves to whether the key was there. */
  delete(key: string): Promise<boolean>;
  /** Drops everything. What is set after it has resolved stays. */
  clear(): Promise<void>;
  /** For `status` and `/readyz`. */
  describe(): StoreDescription;
  /** How full it is, as far as it tells within its deadline. */
  figures(): Promise<StoreFigures>;
  close(): Promise<void>;
}

export interface StoreDescription {
  readonly kind: 'memcached' | 'memory';
  readonly state: 'up' | 'down';
  /** Why it is down, where more is known. */
  readonly why?: string;
  /** The Memcached process, where we started it. */
  readonly pid?: number;
  /** In what it differs from one that would be started now: `-I 1048576 instead of -I 2097152`. */
  readonly outdated?: readonly string[];
}

/** How full a store is, and what it had to drop. */
export interface StoreFigures {
  readonly items: number;
  /** What the items take up of `limitBytes`. */
  readonly bytes: number;
  readonly limitBytes: number;
  /** Items dropped for want of memory before their life was over, since the store began. */
  readonly evictions: number;
}

/** Memcached's own limit. */
export const MAX_KEY_BYTES = 250;

const PRINTABLE = /^[\x21-\x7e]+$/;

/** Refuses a key that no store can hold: 1 to 250 printable ASCII characters, no spaces. Surely nothing was done. */
export function checkStoreKey(key: string): void {
  if (key.length <= MAX_KEY_BYTES && PRINTABLE.test(key)) return;
  throw new StoreUnavailableError(
    `a store key has 1 to ${MAX_KEY_BYTES} printable ASCII characters and no spaces; this one has ${key.length} characters`,
  );
}

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
