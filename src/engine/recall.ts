import { LRUCache } from 'lru-cache';
import type { ResetReason, Grave, SessionRecord } from '../session/record.ts';
import { graveOf } from './tombstone.ts';

/** Changed in place with every write. */
interface Trace {
  version: number;
  expiresAt: number;
  /** Why the session is gone, where this was a tombstone. */
  burial: ResetReason | undefined;
  grave: Grave | undefined;
  /** How many times the store had been lost when this was written. */
  losses: number;
}

/**
 * The owner's bounded memory of what it wrote or read last under each id. It does two things that the store cannot: it
 * explains a miss (S9), and it knows a record that is older than one already answered (S1), such as a write that
 * Memcached carried out long after we had given up on it.
 */
export class Recall {
  readonly #traces: LRUCache<string, Trace>;
  #losses = 0;
  #lossReason: ResetReason = 'store-lost';
  /** Until then we take it that an id without a trace was in the lost store. */
  #lossRecentUntil = 0;

  constructor(limit: number) {
    this.#traces = new LRUCache({ max: limit });
  }

  /** Remembers an acknowledged write. */
  wrote(record: SessionRecord): void {
    const { expiresAt, version } = record;
    const burial = record.kind === 'tombstone' ? record.reason : undefined;
    const grave = graveOf(record);
    const trace = this.#traces.get(record.id);
    if (trace === undefined) {
      this.#traces.set(record.id, { version, expiresAt, burial, grave, losses: this.#losses });
      return;
    }
    trace.version = version;
    trace.expiresAt = expiresAt;
    trace.burial = burial;
    trace.grave = grave;
    trace.losses = this.#losses;
  }

  /** Remembers what was found, such as a write that was left in doubt: once answered, it counts as acknowledged. */
  saw(record: SessionRecord): void {
    const known = this.#traces.peek(record.id);
    if (known === undefined || known.version < record.version) this.wrote(record);
  }

  /** Everything in the store is gone, because of this; nothing there lived longer than until `recentUntil`. */
  lostAll(reason: ResetReason, recentUntil: number): void {
    this.#losses += 1;
    this.#lossReason = reason;
    this.#lossRecentUntil = recentUntil;
  }

  /** Whether a record with this version is older than what was answered under its id. */
  isStale(id: string, version: number): boolean {
    return version < (this.#traces.peek(id)?.version ?? 0);
  }

  /** Where a session was destroyed: what must still hold, though it is gone from the store. */
  graveOf(id: string, now: number): Grave | undefined {
    const grave = this.#traces.peek(id)?.grave;
    return grave !== undefined && grave.until > now ? grave : undefined;
  }

  /** Why a record that is stale is no session any more: its burial's reason, or that the store cannot be trusted. */
  explainStale(id: string): ResetReason {
    return this.#traces.peek(id)?.burial ?? 'store-lost';
  }

  /** Why the store has nothing under this id. */
  explainMiss(id: string, now: number): ResetReason {
    const trace = this.#traces.get(id);
    if (trace === undefined) return now < this.#lossRecentUntil ? this.#lossReason : 'unknown';
    if (trace.burial !== undefined) return trace.burial;
    if (trace.expiresAt <= now) return 'expired';
    return trace.losses < this.#losses ? this.#lossReason : 'evicted';
  }

  /** The version last written under this id, as far as we remember. */
  latestVersion(id: string): number | undefined {
    return this.#traces.peek(id)?.version;
  }
}
