import type { Content } from './command.ts';
import type { ItemAnswer } from './item-operation.ts';
import type { ResetReason } from './reset-reason.ts';

/** A session's lock, granted to the request that opened it. */
export interface LockGrant {
  readonly token: string;
  readonly expiresInMs: number;
}

/**
 * What a command came to. Exactly one of: done, miss, refused, in doubt, unavailable (S3); `moved` answers only `open`
 * and `succeed`, where the session has a successor; `answered` only `item` and `lock`, in place of done and miss.
 */
export type Reply =
  | {
      readonly kind: 'done';
      /** The session's id; after `rotate` the new one. */
      readonly id: string;
      readonly version: number;
      /** How long it lives if nobody touches it. */
      readonly ttlSeconds: number;
      /** For `get` and `open`. */
      readonly content?: Content;
      readonly lock?: LockGrant;
    }
  | { readonly kind: 'moved'; readonly to: string }
  | { readonly kind: 'miss'; readonly reason: ResetReason }
  | {
      readonly kind: 'answered';
      /** To `lock`: `stored`. */
      readonly answer: ItemAnswer;
      /** To `lock`. */
      readonly lock?: LockGrant;
      /** Where nothing is there because the owner is dead: a session was reset. Any other absence is told by `answer` alone. */
      readonly reason?: ResetReason;
    }
  /** Surely not done. `version` is the current one where a condition failed on it. */
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly version?: number }
  /** It may or may not have been done. */
  | { readonly kind: 'in-doubt'; readonly code: FailureCode }
  /** Nobody could be asked; surely not done. */
  | { readonly kind: 'unavailable'; readonly code: FailureCode };

/** Why a command was refused. */
export const REFUSAL_CODES = [
  /** `ifVersion` names another version than the current one */
  'VERSION_CONFLICT',
  /** merge patch asked of a session that is not a JSON object */
  'NOT_JSON',
  /** the session would be larger than `session.maxBytes` */
  'TOO_LARGE',
  /** too many commands or lock waiters queue for this one session */
  'SESSION_BUSY',
  /** the lock was not free within `waitMs` */
  'LOCK_TIMEOUT',
  /** the lock is not held under this token: it expired or was never granted */
  'LOCK_LOST',
  /** the id was destroyed and stays so (S5) */
  'DESTROYED',
  /** the session and its merge patch have more keys and values than may be merged */
  'TOO_MANY_KEYS',
  /** to `flush`: the node that was asked does not allow it, whatever the one does that asks */
  'FLUSH_NOT_ALLOWED',
  /** to a peer: no door would have let this in */
  'UNACCEPTABLE',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** Why nobody could answer. */
export const FAILURE_CODES = [
  /** the owner's store does not answer */
  'STORE_UNAVAILABLE',
  /** the owner cannot be reached and is not (yet) declared dead */
  'OWNER_UNREACHABLE',
  /** this node is starting, or was declared dead, and is asking its peers what happened meanwhile */
  'JOINING',
  /** too many requests are in flight to the owner */
  'PEER_BACKPRESSURE',
  /** the deadline passed before it could be done */
  'DEADLINE',
  /** the request was addressed to a former life of the owner */
  'STALE_INCARNATION',
  /** the daemon is shutting down */
  'CLOSING',
  /** to `succeed`: the owner came back meanwhile and answers for the id again; open it once more */
  'OWNER_RETURNED',
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];
