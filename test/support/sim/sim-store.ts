import type { Timer } from '../../../src/clock.ts';
import { StoreInDoubtError, StoreUnavailableError, type MagliaError } from '../../../src/errors.ts';
import type { StoreFigures, Store, StoreDescription } from '../../../src/store/store.ts';
import type { Random } from './random.ts';
import type { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

/** The Memcached of one node: its records outlive the daemon. */
export class SimMemcached {
  readonly #world: World;
  readonly #records = new Map<string, { readonly value: Buffer; readonly expiresAt: number }>();
  /** Each operation takes up to this much longer. */
  slownessMs = 0;
  isDown = false;

  constructor(world: World) {
    this.#world = world;
  }

  get(key: string): Buffer | undefined {
    const record = this.#records.get(key);
    return record === undefined || record.expiresAt <= this.#world.now ? undefined : record.value;
  }

  set(key: string, value: Buffer, ttlSeconds: number): void {
    this.#records.set(key, { value: Buffer.from(value), expiresAt: this.#world.now + ttlSeconds * 1000 });
  }

  delete(key: string): boolean {
    const isThere = this.get(key) !== undefined;
    this.#records.delete(key);
    return isThere;
  }

  clear(): void {
    this.#records.clear();
  }

  figures(): StoreFigures {
    const bytes = [...this.#records.values()].reduce((sum, { value }) => sum + value.length, 0);
    return { items: this.#records.size, bytes, limitBytes: Infinity, evictions: 0 };
  }
}

/** One connection: what was sent on it is carried out in order. */
interface Connection {
  lastAt: number;
  /** Nothing that is sent on it is carried out before. */
  stalledUntil: number;
  readonly inFlight: Set<Operation>;
}

interface Operation {
  isApplied: boolean;
  /** The bytes went down with the connection. */
  isLost: boolean;
  readonly fail: (error: MagliaError) => void;
}

const FASTEST_MS = 0.05;
const SLOWEST_MS = 0.6;

/**
 * A daemon's side of its Memcached, with the manners of `store/memcached-connection.ts`: a missed deadline costs the connection,
 * and its successor is held until Memcached has worked off what it got. So a write that was given up may be carried out, and
 * never after a later one; else a daemon that restarts before it has looked could not know of the later one
 * (src/engine/DESIGN.md#a-store-that-fails).
 */
export class SimStore implements Store {
  readonly #memcached: SimMemcached;
  readonly #process: SimProcess;
  readonly #world: World;
  readonly #random: Random;
  readonly #storeMs: number;
  #connection: Connection = { lastAt: 0, stalledUntil: 0, inFlight: new Set() };

  constructor(memcached: SimMemcached, process: SimProcess, world: World, random: Random, storeMs: number) {
    this.#memcached = memcached;
    this.#process = process;
    this.#world = world;
    this.#random = random;
    this.#storeMs = storeMs;
  }

  /** Whether it was asked for something and has not answered. */
  get isBusy(): boolean {
    return this.#connection.inFlight.size > 0;
  }

  get(key: string): Promise<Buffer | undefined> {
    return this.#run(() => this.#memcached.get(key));
  }

  set(key: string, value: Buffer, ttlSeconds: number): Promise<void> {
    return this.#run(() => this.#memcached.set(key, value, ttlSeconds));
  }

  add(key: string, value: Buffer, ttlSeconds: number): Promise<boolean> {
    return this.#run(() => {
      if (this.#memcached.get(key) !== undefined) return false;
      this.#memcached.set(key, value, ttlSeconds);
      return true;
    });
  }

  delete(key: string): Promise<boolean> {
    return this.#run(() => this.#memcached.delete(key));
  }

  clear(): Promise<void> {
    return this.#run(() => this.#memcached.clear());
  }

  figures(): Promise<StoreFigures> {
    return this.#run(() => this.#memcached.figures());
  }

  describe(): StoreDescription {
    return { kind: 'memcached', state: this.#memcached.isDown ? 'down' : 'up' };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** What is sent from now on over the present connection waits so long, and the daemon gives up on it before. */
  stall(forMs: number): void {
    this.#connection.stalledUntil = this.#world.now + forMs;
  }

  /** The connection ends, with everything in flight on it in doubt. */
  breakConnection(): void {
    const { inFlight, lastAt, stalledUntil } = this.#connection;
    this.#connection = { lastAt, stalledUntil, inFlight: new Set() };
    for (const operation of inFlight) {
      operation.isLost = this.#random.chance(0.5);
      operation.fail(new StoreInDoubtError('memcached was asked and has not answered'));
    }
  }

  #run<T>(apply: () => T): Promise<T> {
    if (this.#memcached.isDown) return Promise.reject(new StoreUnavailableError('memcached is down'));
    const connection = this.#connection;
    return new Promise((resolve, reject) => {
      const deadline: Timer = this.#process.clock.after(this.#storeMs, () => {
        if (this.#connection === connection) this.breakConnection();
      });
      const operation: Operation = {
        isApplied: false,
        isLost: false,
        fail: (error) => {
          deadline.cancel();
          reject(error);
        },
      };
      connection.inFlight.add(operation);
      this.#whenServed(connection, () => {
        if (operation.isLost || this.#memcached.isDown) return;
        operation.isApplied = true;
        const result = apply();
        this.#world.after(this.#delayMs(), () =>
          this.#process.deliver('input', () => {
            if (!connection.inFlight.delete(operation)) return;
            deadline.cancel();
            if (this.#connection === connection) resolve(result);
          }),
        );
      });
    });
  }

  #whenServed(connection: Connection, serve: () => void): void {
    const at = Math.max(connection.lastAt, connection.stalledUntil, this.#world.now + this.#delayMs());
    connection.lastAt = at;
    this.#world.after(at - this.#world.now, serve);
  }

  #delayMs(): number {
    return this.#random.between(FASTEST_MS, SLOWEST_MS) + this.#random.between(0, this.#memcached.slownessMs);
  }
}
