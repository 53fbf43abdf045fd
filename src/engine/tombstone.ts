import type { Tombstone } from '../session/record.ts';
import type { ResetReason } from '../session/reset-reason.ts';

/** A tombstone that leads nowhere, and over nothing that could still be read. `expiresAt` is the wall clock. */
export function newTombstone(id: string, version: number, expiresAt: number, reason: ResetReason): Tombstone {
  return { kind: 'tombstone', id, version, expiresAt, reason, successorUntil: 0, readableUntil: 0 };
}
