import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { RecordError, StoreInDoubtError, StoreUnavailableError } from '../errors.ts';
import {
  decodeRecord,
  encodeRecord,
  type Grave,
  type SessionRecord,
  type Tombstone,
  type ResetReason,
} from '../session/record.ts';
import { shortenId } from '../session/session-id.ts';
import { whenKnown, type Soon } from '../soon.ts';
import type { Store } from '../store/store.ts';
import { aliasOf, graveOf, newTombstone, type End, type Ends } from './tombstone.ts';
import type { FoundRecord, HotRecords } from './hot-records.ts';
import type { Recall } from './recall.ts';
import type { Floor, VersionFloors } from './version-floors.ts';

/** What stands under an id: a record that proved itself, or the reason why there is none. */
export type Found = FoundRecord | Absent;
export interface Absent {
  readonly kind: 'absent';
  readonly reason: ResetReason;
}

export interface VaultParts {
  readonly store: Store;
  readonly recall: Recall;
  readonly hot: HotRecords;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
  /** Absent on a shelf: nobody stands in for a stand-in. */
  readonly ends?: Ends;
  /** Absent on a shelf, which begins empty with each estate. */
  readonly floors?: VersionFloors;
}

/**
 * Expired records stay in the store for this long, so that a miss can be explained and clocks that disagree by a little
 * do no harm.
 */
const EXPIRED_KEPT_SECONDS = 60;

/** The store as the engine sees it: records in and out, checked against themselves and against what we remember. */
export class Vault {
  readonly #store: Store;
  readonly #recall: Recall;
  readonly #hot: HotRecords;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #log: Logger;
  readonly #ends: Ends | undefined;
  readonly #floors: VersionFloors | undefined;

  constructor({ store, recall, hot, clock, log, ends, floors }: VaultParts) {
    this.#store = store;
    this.#recall = recall;
    this.#hot = hot;
    this.#clock = clock;
    this.#log = log;
    this.#ends = ends;
    this.#floors = floors;
  }

  /**
   * Called in the id's turn. What is hot is found at once.
   *
   * @throws StoreUnavailableError (or rejects with it) where the store does not answer; a read is never in doubt.
   */
  load(id: string): Soon<Found> {
    return this.atHand(id) ?? this.#loadCold(id);
  }

  /** What is hot, but for what has to be buried first. */
  atHand(id: string): Found | undefined {
    const hot = this.#hot.find(id);
    if (hot === undefined) return undefined;
    const now = this.#clock.now();
    return epitaphOf(hot.record, now) === undefined ? this.#inTime(hot, now) : undefined;
  }

  /** The same, but asks the store in any case: what it holds may not be what we know. */
  reload(id: string): Soon<Found> {
    this.#hot.forget(id);
    return this.#loadCold(id);
  }

  #loadCold(id: string): Soon<Found> {
    const { age } = this.#hot;
    return whenKnown(this.#read(id), (bytes) => this.#examine(id, bytes, age));
  }

  #examine(id: string, bytes: Buffer | undefined, age: number): Soon<Found> {
    const now = this.#clock.now();
    if (bytes === undefined) return { kind: 'absent', reason: this.#recall.explainMiss(id, now) };

    let record: SessionRecord;
    try {
      record = decodeRecord(bytes, id);
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      this.#log.error({ id: shortenId(id), err: error }, 'a stored record cannot be trusted; the session is reset');
      return { kind: 'absent', reason: 'store-lost' };
    }
    // A write that we gave up on came late and covered a newer one: never answer the old (S1).
    if (this.#recall.isStale(id, record.version)) {
      this.#log.warn({ id: shortenId(id) }, 'the store went back to an older version; the session is reset');
      return this.#bury(id);
    }
    const floor = this.#floors?.over(record);
    const remains = floor === undefined ? undefined : remainsOf(record, floor, now);
    if (remains !== undefined) return this.#putAway(remains, now);
    this.#recall.saw(record);
    const epitaph = epitaphOf(record, now);
    if (epitaph !== undefined) return this.#putAway(epitaph, now);
    const found: FoundRecord = { kind: 'record', record };
    this.#hot.keep(found, age);
    return this.#inTime(found, now);
  }

  /**
   * What is told to be over is taken out of the store before that is told: else it could come back with a daemon that counts
   * from another moment.
   */
  async #putAway(epitaph: Tombstone, now: number): Promise<Found> {
    try {
      await this.save(epitaph);
    } catch (error) {
      // This daemon knows that it is over; the next reader tries again.
      this.#log.warn({ id: shortenId(epitaph.id), err: error }, 'what is over could not be taken out of the store');
    }
    return this.#inTime({ kind: 'record', record: epitaph }, now);
  }

  #inTime(found: FoundRecord, now: number): Found {
    const { record } = found;
    if (record.expiresAt > now) return found;
    return { kind: 'absent', reason: record.kind === 'live' ? 'expired' : record.reason };
  }

  /** Whether its tombstone holds, in the store or, where that has lost it, in our memory (S5). */
  isDestroyed(id: string, found: Found): boolean {
    if (found.kind === 'absent') return this.graveOf(id) !== undefined;
    return found.record.kind === 'tombstone' && found.record.reason === 'destroyed';
  }

  /**
   * How this id ended here, where somebody who did not know of it may have gone on under it.
   *
   * @param from the grave on which stands what that one hands over: it knew of that end
   */
  endOf(id: string, found: Found, from?: Grave): End | undefined {
    if (this.isDestroyed(id, found)) return 'buried';
    const grave = found.kind === 'record' ? graveOf(found.record) : undefined;
    const isNews = grave !== undefined && grave.until > this.#clock.now() && grave.version !== from?.version;
    return isNews ? 'buried' : this.#ends?.of(id);
  }

  /** What still counts of this id's end, although the store has lost it. */
  graveOf(id: string): Grave | undefined {
    return this.#recall.graveOf(id, this.#clock.now());
  }

  /** Rejects as `Store.set` does. */
  save(record: SessionRecord): Promise<void> {
    return this.saveAnd(record, () => undefined);
  }

  /** The same, and comes to what `saved` returns, with one promise less. */
  saveAnd<T>(record: SessionRecord, saved: () => T): Promise<T> {
    const { age } = this.#hot;
    return this.#store.set(record.id, encodeRecord(record), this.#secondsToKeep(record)).then(
      () => {
        this.#wrote(record, age);
        return saved();
      },
      (error: unknown) => {
        this.#hot.forget(record.id);
        throw error;
      },
    );
  }

  /**
   * Takes away what stands under an id and leaves nothing. `grave` is not stored, only remembered: whatever older comes
   * back is not answered. Rejects as `Store.delete` does.
   */
  async drop(grave: Tombstone): Promise<void> {
    this.#hot.forget(grave.id);
    await this.#store.delete(grave.id);
    this.#recall.wrote(grave);
    this.#ends?.note(grave.id, 'dropped', 0);
  }

  /**
   * Drops everything. What was destroyed stays so as long as it must. Rejects as `Store.clear` does.
   *
   * @param reason why whatever was there is gone
   * @param recentUntil wall clock: until then, ids that we do not remember are held to have gone with it
   */
  async clear(reason: ResetReason, recentUntil = this.#clock.now()): Promise<void> {
    this.#hot.forgetAll();
    await this.#store.clear();
    this.#hot.forgetAll();
    this.#recall.lostAll(reason, recentUntil);
    if (reason === 'destroyed') this.#ends?.noteAll();
  }

  /** What stands under ids that no node minted, and is older than this version, counts as gone; its tombstones hold. */
  resetUnminted(version: number): void {
    this.#floors?.raiseUnminted(version);
    this.#hot.forgetAll();
  }

  /** Whether nothing was written under this id after this version. */
  isLatest(id: string, version: number): boolean {
    return this.#recall.latestVersion(id) === version;
  }

  /** Rejects as `Store.add` does; false where the id is taken. */
  async reserve(record: SessionRecord): Promise<boolean> {
    const { age } = this.#hot;
    const isFree = await this.#store.add(record.id, encodeRecord(record), this.#secondsToKeep(record));
    if (isFree) this.#wrote(record, age);
    return isFree;
  }

  #wrote(record: SessionRecord, age: number): void {
    this.#recall.wrote(record);
    this.#hot.keep({ kind: 'record', record }, age);
    if (record.kind !== 'tombstone' || record.reason !== 'destroyed') return;
    const lifeMs = record.expiresAt - this.#clock.now();
    if (lifeMs > 0) this.#ends?.note(record.id, 'buried', lifeMs);
  }

  /** In the place of a record that is too old: else a daemon that does not remember the newer one would answer it. */
  async #bury(id: string): Promise<Absent> {
    const reason = this.#recall.explainStale(id);
    const now = this.#clock.now();
    const grave = this.#recall.graveOf(id, now);
    const tombstone = newTombstone(id, this.#recall.latestVersion(id) ?? 0, grave?.until ?? now, reason);
    try {
      await this.save(tombstone);
    } catch (error) {
      // We know that it is old for as long as we remember; the next reader tries again.
      this.#log.warn({ id: shortenId(id), err: error }, 'what is too old could not be taken out of the store');
    }
    return { kind: 'absent', reason };
  }

  #read(id: string): Promise<Buffer | undefined> {
    return this.#store.get(id).catch((error: unknown) => {
      if (!(error instanceof StoreInDoubtError)) throw error;
      throw new StoreUnavailableError('the store did not answer a read; surely nothing was done', { cause: error });
    });
  }

  #secondsToKeep(record: SessionRecord): number {
    const lifeSeconds = Math.ceil((record.expiresAt - this.#clock.now()) / 1000);
    return Math.max(1, lifeSeconds + EXPIRED_KEPT_SECONDS);
  }
}

/** What has to take the place of a record that holds data which nobody may be answered any more; undefined where none has to. */
function epitaphOf(record: SessionRecord, now: number): Tombstone | undefined {
  const { expiresAt, id, version } = record;
  if (record.kind === 'live') {
    // The grave that it stands on holds off slower requests, and would go with it.
    const isNeeded = record.grave !== undefined && record.grave.until > now;
    return expiresAt > now || isNeeded ? undefined : newTombstone(id, version, expiresAt, 'expired');
  }
  const { content, readableUntil, reason } = record;
  if (content === undefined || readableUntil > now) return undefined;
  return { ...newTombstone(id, version, expiresAt, reason), ...aliasOf(record) };
}

/**
 * What stays of a record that was reset with all of its kind: that the session was destroyed, where it was. Undefined where
 * the record is no more than that.
 *
 * @param floor its version is above the record's, so that who has seen the record is told from who has heard of its end
 */
function remainsOf(record: SessionRecord, floor: Floor, now: number): Tombstone | undefined {
  const { expiresAt, id, version } = record;
  if (record.kind === 'tombstone') {
    const isBare = record.content === undefined && record.successor === undefined;
    return isBare ? undefined : newTombstone(id, version, expiresAt, record.reason);
  }
  const { grave } = record;
  if (grave === undefined || grave.until <= now) return newTombstone(id, floor.version, now, floor.reason);
  return newTombstone(id, floor.version, grave.until, 'destroyed');
}
