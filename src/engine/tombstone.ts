import type { Grave, SessionRecord, Tombstone } from '../session/record.ts';
import type { ResetReason } from '../session/reset-reason.ts';

export type Alias = Partial<Pick<Tombstone, 'successor' | 'successorUntil'>>;

/** A tombstone that leads nowhere, and over nothing that could still be read. `expiresAt` is the wall clock. */
export function newTombstone(id: string, version: number, expiresAt: number, reason: ResetReason): Tombstone {
  return { kind: 'tombstone', id, version, expiresAt, reason, successorUntil: 0, readableUntil: 0 };
}

/** Where a record leads a request that opens it: that stays when it is destroyed (S2). */
export function aliasOf(record: SessionRecord): Alias {
  if (record.kind === 'live' || record.successor === undefined) return {};
  return { successor: record.successor, successorUntil: record.successorUntil };
}

/** The grave that a record is, or stands on. */
export function graveOf(record: SessionRecord): Grave | undefined {
  if (record.kind === 'live') return record.grave;
  return record.reason === 'destroyed' ? { version: record.version, until: record.expiresAt } : undefined;
}

/**
 * Whether a write comes from a slower request, that had not heard of the end of the session it writes (S5).
 *
 * @param seen the version that the writer has found here last, of a session or of a tombstone, where that is known
 */
export function isBarred(grave: Grave | undefined, seen: number | undefined): boolean {
  return grave !== undefined && (seen === undefined || seen < grave.version);
}
