import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { MagliaError, StoreTooLargeError, StoreUnavailableError } from '../errors.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { memcachedExpiration } from './memcached-expiration.ts';
import type { MemcachedFigures } from './memcached-figures.ts';
import type { MemcachedServer } from './memcached-server.ts';
import { RecordClient } from './record-client.ts';
import { checkStoreKey } from './store-key.ts';
import { StoreLatency, type StoreOperation } from './store-latency.ts';
import type { StoreFigures } from './store-figures.ts';
import type { Store, StoreDescription } from './store.ts';

export interface MemcachedStoreOptions {
  readonly server: MemcachedServer;
  readonly figures: Pick<MemcachedFigures, 'read'>;
  /** The largest value that is sent; another memcached may take another one. */
  readonly maxRecordBytes: () => number;
  /** Whether memcached answers, as its watcher knows. */
  readonly health: () => Pick<StoreDescription, 'state' | 'why' | 'pid' | 'outdated'>;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'observe'>;
  readonly log: Logger;
}

/** Records in a Memcached, through memjs. */
export class MemcachedStore implements Store {
  readonly #client: RecordClient;
  readonly #server: MemcachedServer;
  readonly #figures: Pick<MemcachedFigures, 'read'>;
  readonly #maxRecordBytes: () => number;
  readonly #health: MemcachedStoreOptions['health'];
  readonly #clock: Clock;
  readonly #latency: StoreLatency;

  constructor({ server, figures, maxRecordBytes, health, clock, metrics, log }: MemcachedStoreOptions) {
    this.#client = new RecordClient(server, log);
    this.#server = server;
    this.#figures = figures;
    this.#maxRecordBytes = maxRecordBytes;
    this.#health = health;
    this.#clock = clock;
    this.#latency = new StoreLatency(metrics, clock);
  }

  get(key: string): Promise<Buffer | undefined> {
    return this.#settle<Buffer | null, Buffer | undefined>(
      'get',
      (callback) => {
        checkStoreKey(key);
        this.#client.get(key, callback);
      },
      (value) => value ?? undefined,
    );
  }

  set(key: string, value: Buffer, ttlSeconds: number): Promise<void> {
    return this.#settle<undefined, undefined>(
      'set',
      (callback) => {
        this.#checkRecord(key, value);
        this.#client.put(key, value, this.#expiration(ttlSeconds), (error) => callback(error, undefined));
      },
      () => undefined,
    );
  }

  add(key: string, value: Buffer, ttlSeconds: number): Promise<boolean> {
    return this.#settle<boolean | null, boolean>(
      'add',
      (callback) => {
        this.#checkRecord(key, value);
        this.#client.add(key, value, { expires: this.#expiration(ttlSeconds) }, callback);
      },
      isTrue,
    );
  }

  delete(key: string): Promise<boolean> {
    return this.#settle<boolean | null, boolean>(
      'delete',
      (callback) => {
        checkStoreKey(key);
        this.#client.delete(key, callback);
      },
      isTrue,
    );
  }

  /** An immediate flush. Memcached compares the records' numbers, not only its seconds, so what follows stays. */
  clear(): Promise<void> {
    return this.#settle<unknown, undefined>(
      'clear',
      (callback) => this.#client.flush(callback),
      () => undefined,
    );
  }

  describe(): StoreDescription {
    return { kind: 'memcached', ...this.#health() };
  }

  figures(): Promise<StoreFigures> {
    return this.#figures.read();
  }

  close(): Promise<void> {
    return this.#server.finish();
  }

  #checkRecord(key: string, value: Buffer): void {
    checkStoreKey(key);
    // Memcached would drop the old value of a key whose new one is too large.
    const maxRecordBytes = this.#maxRecordBytes();
    if (value.length <= maxRecordBytes) return;
    throw new StoreTooLargeError(
      `a record of ${value.length} bytes does not fit; this store takes up to ${maxRecordBytes} bytes`,
    );
  }

  #expiration(ttlSeconds: number): number {
    return memcachedExpiration(ttlSeconds, this.#clock.now());
  }

  /** One memjs call with a callback, as a promise that rejects with an error of ours. */
  #settle<V, T>(
    operation: StoreOperation,
    call: (callback: Callback<V>) => void,
    valueOf: (value: V) => T,
  ): Promise<T> {
    const startedAt = this.#latency.begin();
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        const ours = error instanceof MagliaError ? error : asUnavailable(error);
        this.#latency.end(operation, startedAt, ours);
        reject(ours);
      };
      try {
        call((error, value) => {
          if (error !== null) {
            fail(error);
            return;
          }
          this.#latency.end(operation, startedAt);
          resolve(valueOf(value));
        });
      } catch (error) {
        fail(error);
      }
    });
  }
}

type Callback<V> = (error: Error | null, value: V) => void;

function asUnavailable(error: unknown): StoreUnavailableError {
  const why = error instanceof Error ? error.message : String(error);
  return new StoreUnavailableError(why, { cause: error });
}

function isTrue(value: unknown): boolean {
  return value === true;
}
