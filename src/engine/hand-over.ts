import type { Clock } from '../clock.ts';
import type { SessionConfig } from '../config/config.ts';
import { RecordError } from '../errors.ts';
import { isLongWork, type LongWork } from '../long-work.ts';
import type { EstateEntry } from '../session/estate-entry.ts';
import { decodeRecord, encodeRecord, type LiveRecord, type ResetReason } from '../session/record.ts';
import { MAX_VERSION, type Versions } from '../session/version.ts';
import { withHonestType } from './json-content.ts';
import { graveOf, newTombstone } from './tombstone.ts';
import type { Turns } from './turns.ts';
import type { Found, Vault } from './vault.ts';

type Kept = Extract<EstateEntry, { kind: 'kept' }>;

export interface HandOverParts {
  readonly vault: Vault;
  readonly turns: Turns;
  readonly versions: Versions;
  readonly session: Pick<SessionConfig, 'tombstoneSeconds' | 'maxBytes' | 'maxTtlSeconds'>;
  readonly work: LongWork;
  readonly clock: Pick<Clock, 'now'>;
}

/** What a stand-in did with sessions, on its way from the shelf back to their owner. In the id's turn, on both sides. */
export class HandOver {
  readonly #parts: HandOverParts;

  constructor(parts: HandOverParts) {
    this.#parts = parts;
  }

  /** What somebody destroyed here stays so, whatever was kept elsewhere (S5). Rejects as the store does. */
  async settle(entry: EstateEntry): Promise<void> {
    const { clock, session, turns, vault, versions, work } = this.#parts;
    await turns.take(entry.id, async () => {
      if (entry.kind === 'kept' && isLongWork(entry.record.length)) await work.piece();
      const found = await vault.load(entry.id);
      const kept = entry.kind === 'kept' ? this.#settled(entry) : undefined;
      const end = vault.endOf(entry.id, found, kept && graveOf(kept));
      if (kept !== undefined && end === undefined) return vault.save(kept);
      const previous = Math.max(found.kind === 'record' ? found.record.version : 0, kept?.version ?? 0);
      const isDestroyed = end === 'buried' || (entry.kind === 'succeeded' && entry.isDestroyed === true);
      const because = isDestroyed ? 'destroyed' : lossIn(found);
      const reason = entry.kind === 'buried' ? entry.reason : because;
      const expiresAt = clock.now() + session.tombstoneSeconds * 1000;
      return vault.save({
        ...newTombstone(entry.id, versions.next(previous), expiresAt, reason),
        ...(entry.kind === 'succeeded' && {
          successor: entry.successor,
          successorUntil: clock.now() + Math.min(entry.aliasMs, session.tombstoneSeconds * 1000),
        }),
      });
    });
  }

  /** Rejects as the store does. */
  async handBack(id: string): Promise<EstateEntry> {
    const { clock, turns, vault } = this.#parts;
    return turns.take(id, async () => {
      const found = await vault.load(id);
      if (vault.isDestroyed(id, found)) return { kind: 'buried', id, reason: 'destroyed' };
      if (found.kind === 'absent') return { kind: 'reset', id };
      if (found.record.kind === 'tombstone') return { kind: 'buried', id, reason: found.record.reason };
      const lifeMs = found.record.expiresAt - clock.now();
      return { kind: 'kept', id, record: encodeRecord(found.record), lifeMs };
    });
  }

  /**
   * The session as it is kept from now on, with nothing in it that no door lets in. None where what the peer has sent is no
   * session's record: the session is reset then, which costs nobody else anything.
   */
  #settled({ id, record: bytes, lifeMs }: Kept): LiveRecord | undefined {
    const { clock, session, versions } = this.#parts;
    const record = recordIn(bytes, id);
    if (record === undefined || record.content.payload.length > session.maxBytes) return undefined;
    if (record.version > MAX_VERSION) return undefined;
    // Above all that was given under this id, also above a write of ours that may still come late (S1).
    const version = versions.next(record.version);
    const settled: LiveRecord = {
      ...record,
      version,
      content: withHonestType(record.content),
      ttlSeconds: Math.min(record.ttlSeconds, session.maxTtlSeconds),
      expiresAt: clock.now() + Math.min(lifeMs, session.maxTtlSeconds * 1000),
    };
    if (settled.grave === undefined) return settled;
    // The grave's end was by the stand-in's clock.
    const until = clock.now() + session.tombstoneSeconds * 1000;
    return { ...settled, grave: { ...settled.grave, until } };
  }
}

function recordIn(bytes: Buffer, id: string): LiveRecord | undefined {
  try {
    const record = decodeRecord(bytes, id);
    return record.kind === 'live' ? record : undefined;
  } catch (error) {
    if (error instanceof RecordError) return undefined;
    throw error;
  }
}

/** Why a session that a stand-in answered as gone is gone: with the store, where that is known; else with its owner's life. */
function lossIn(found: Found): ResetReason {
  const isKnown = found.kind === 'absent' && (found.reason === 'restarted' || found.reason === 'store-lost');
  return isKnown ? found.reason : 'owner-dead';
}
