import type { SessionConfig } from '../config/config.ts';
import type { ItemAnswer } from '../session/item-operation.ts';
import type { Grave, LiveRecord } from '../session/record.ts';
import type { Access } from './item-accesses.ts';
import type { Alias } from './tombstone.ts';

/** All that an operation on an item depends on, at the moment when its turn has come. */
export interface Situation {
  readonly id: string;
  readonly isSession: boolean;
  readonly item: LiveRecord | undefined;
  /** Of a session that was rotated: what can still be read, and no longer be written. */
  readonly rotated: LiveRecord | undefined;
  /**
   * Of a session that was destroyed here, whether its tombstone still stands or somebody has begun anew since: who has seen
   * neither stores nothing (S5).
   */
  readonly grave: Grave | undefined;
  /** Of an orphan that has a successor: where it leads. */
  readonly alias: Alias;
  /** When the item was used before. */
  readonly access: Access;
  /** The wall clock, in milliseconds. */
  readonly now: number;
  /** Draws a version above all that were given under this id. */
  readonly nextVersion: () => number;
  readonly limits: Pick<SessionConfig, 'ttlSeconds' | 'maxTtlSeconds' | 'maxBytes'>;
}

/** What has to be done before the answer may leave. */
export type Change =
  | { readonly kind: 'none' }
  | { readonly kind: 'save'; readonly record: LiveRecord }
  /** The item goes, and another may take its place at once. */
  | { readonly kind: 'drop'; readonly version: number }
  /** The session goes and stays gone. */
  | { readonly kind: 'bury'; readonly version: number; readonly alias: Alias };

export interface Outcome {
  readonly answer: ItemAnswer | 'too-large';
  readonly change: Change;
  /** Worth remembering, of the item as it is from now on. */
  readonly used?: { readonly record: LiveRecord; readonly access: Access } | undefined;
}

const NONE: Change = { kind: 'none' };

const MISS: ItemAnswer = { kind: 'miss' };
const NOT_STORED: ItemAnswer = { kind: 'not-stored' };
const NOT_FOUND: ItemAnswer = { kind: 'not-found' };
const EXISTS: ItemAnswer = { kind: 'exists' };
const NON_NUMERIC: ItemAnswer = { kind: 'non-numeric' };

export const missed = unchanged(MISS);
export const notStored = unchanged(NOT_STORED);
export const notFound = unchanged(NOT_FOUND);
export const exists = unchanged(EXISTS);
export const nonNumeric = unchanged(NON_NUMERIC);
export const tooLarge = unchanged('too-large');

export function unchanged(answer: Outcome['answer'], used?: Outcome['used']): Outcome {
  return { answer, change: NONE, used };
}

/**
 * The item is like this from now on; where its life is over already, it goes. That counts also where nothing was here:
 * a stand-in may keep something under this id, of which the client that asks knows. A tombstone says so already, and stays.
 */
export function changed(situation: Situation, record: LiveRecord, access: Access, answer: ItemAnswer): Outcome {
  const { grave, item, now } = situation;
  if (record.expiresAt > now) return { answer, change: { kind: 'save', record }, used: { record, access } };
  const isBuried = item === undefined && grave !== undefined;
  return isBuried ? unchanged(answer) : { answer, change: { kind: 'drop', version: record.version } };
}

/** With this life from now on: 0 is the default one, since nothing lives without end; what is negative is over. */
export function withLife(record: LiveRecord, seconds: number, { limits, now }: Situation): LiveRecord {
  if (seconds < 0) return { ...record, ttlSeconds: 0, expiresAt: now };
  const ttlSeconds = Math.min(seconds === 0 ? limits.ttlSeconds : seconds, limits.maxTtlSeconds);
  return { ...record, ttlSeconds, expiresAt: now + ttlSeconds * 1000 };
}

export function secondsLeft({ expiresAt }: LiveRecord, { now }: Situation): number {
  return Math.max(0, Math.ceil((expiresAt - now) / 1000));
}
