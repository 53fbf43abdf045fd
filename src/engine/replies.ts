import { StoreInDoubtError, StoreTooLargeError, StoreUnavailableError } from '../errors.ts';
import type { Reply } from '../session/reply.ts';
import type { Absent } from './vault.ts';

export function miss(absent: Absent): Reply {
  return { kind: 'miss', reason: absent.reason };
}

export function secondsLeft(until: number, now: number): number {
  return Math.max(0, Math.ceil((until - now) / 1000));
}

/** What to answer where the store has failed. @throws what is no failure of the store. */
export function storeFailure(error: unknown): Reply {
  if (error instanceof StoreTooLargeError) return { kind: 'refused', code: 'TOO_LARGE' };
  if (error instanceof StoreUnavailableError) return { kind: 'unavailable', code: 'STORE_UNAVAILABLE' };
  if (error instanceof StoreInDoubtError) return { kind: 'in-doubt', code: 'STORE_UNAVAILABLE' };
  throw error;
}
