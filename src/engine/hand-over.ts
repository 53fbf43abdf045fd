import type { Clock } from '../clock.ts';
import type { SessionConfig } from '../config/config.ts';
import type { EstateEntry } from '../session/estate-entry.ts';
import { decodeRecord, encodeRecord, type SessionRecord } from '../session/record.ts';
import type { ResetReason } from '../session/reset-reason.ts';
import type { Versions } from '../session/version.ts';
import { graveOf, newTombstone } from './tombstone.ts';
import type { Turns } from './turns.ts';
import type { Found, Vault } from './vault.ts';

type Kept = Extract<EstateEntry, { kind: 'kept' }>;

export interface HandOverParts {
  readonly vault: Vault;
  readonly turns: Turns;
  readonly versions: Versions;
  readonly session: Pick<SessionConfig, 'tombstoneSeconds'>;
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
    const { clock, session, turns, vault, versions } = this.#parts;
    await turns.take(entry.id, async () => {
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
          successorUntil: clock.now() + entry.aliasMs,
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

  #settled({ id, record: bytes, lifeMs }: Kept): SessionRecord {
    const { clock, session, versions } = this.#parts;
    const record = decodeRecord(bytes, id);
    // Above all that was given under this id, also above a write of ours that may still come late (S1).
    const version = versions.next(record.version);
    const settled = { ...record, version, expiresAt: clock.now() + lifeMs };
    if (settled.kind === 'tombstone' || settled.grave === undefined) return settled;
    // The grave's end was by the stand-in's clock.
    const until = clock.now() + session.tombstoneSeconds * 1000;
    return { ...settled, grave: { ...settled.grave, until } };
  }
}

/** Why a session that a stand-in answered as gone is gone: with the store, where that is known; else with its owner's life. */
function lossIn(found: Found): ResetReason {
  const isKnown = found.kind === 'absent' && (found.reason === 'restarted' || found.reason === 'store-lost');
  return isKnown ? found.reason : 'owner-dead';
}
