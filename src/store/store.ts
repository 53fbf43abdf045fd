import type { StoreFigures } from './store-figures.ts';

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
