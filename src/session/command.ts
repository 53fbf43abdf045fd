import { isItemRead, type ItemOperation } from './item-operation.ts';
import type { Letter } from './letter.ts';

/** The longest grace that a door or the configuration lets anybody ask for: no request that began with the old id takes as long. */
export const MAX_GRACE_SECONDS = 3600;

/** The longest life that any configuration allows: ten years. Below it the owner cuts to its own limit. */
export const MAX_LIFE_SECONDS = 315_360_000;

/** A session's bytes as an application gave them. */
export interface Content {
  readonly contentType: string;
  /** Opaque client flags of the memcached protocols; 0 elsewhere. */
  readonly flags: number;
  readonly payload: Buffer;
}

/** What can be asked of the node that answers for an id. Times are relative: absolute times never cross nodes. */
export type SessionCommand =
  | { readonly kind: 'get'; readonly id: string }
  /** A `get` at the start of a web request: follows a successor, may take the session's lock. */
  | { readonly kind: 'open'; readonly id: string; readonly lock?: LockRequest }
  | {
      readonly kind: 'put';
      readonly id: string;
      readonly content: Content;
      readonly ttlSeconds?: number;
      readonly ifVersion?: number;
    }
  /** Stores under an id whether it is known or not, for clients that keep the id they have. */
  | { readonly kind: 'keep'; readonly id: string; readonly content: Content; readonly ttlSeconds?: number }
  /** JSON merge patch (RFC 7396); `patch` is its JSON text. */
  | {
      readonly kind: 'patch';
      readonly id: string;
      readonly patch: Buffer;
      readonly ttlSeconds?: number;
      readonly ifVersion?: number;
    }
  | { readonly kind: 'touch'; readonly id: string; readonly ttlSeconds?: number }
  /** A new id for the same data; the old one stays readable, not writable, for the grace. */
  | { readonly kind: 'rotate'; readonly id: string; readonly graceSeconds?: number }
  | { readonly kind: 'destroy'; readonly id: string }
  | { readonly kind: 'unlock'; readonly id: string; readonly token: string }
  /** To a stand-in: record `successor` for this orphan unless it has one (other than `insteadOf`); answers which. */
  | { readonly kind: 'succeed'; readonly id: string; readonly successor: string; readonly insteadOf?: string }
  /**
   * What a memcached client asks about one key; `id` is the key without its known prefix. `isSession`: the key had such a
   * prefix, or has the form of a minted id, so that what is deleted stays deleted (S5).
   */
  | { readonly kind: 'item'; readonly id: string; readonly isSession: boolean; readonly operation: ItemOperation }
  /**
   * The session's lock by itself, whether there is such a session or not. `unlock` gives it back, or takes back the asking;
   * it is freed also when `holder`, the node whose client it is, dies. `holdMs` is cut to the longest hold; 0 asks for that.
   */
  | {
      readonly kind: 'lock';
      readonly id: string;
      readonly waitMs: number;
      readonly holdMs: number;
      readonly holder: Letter;
      /** As in `LockRequest`. */
      readonly token?: string;
    }
  /** Drops all that the node which answers for this id has. Commands that are under way may outlive it. */
  | { readonly kind: 'flush'; readonly id: string };

export type CommandKind = SessionCommand['kind'];

export interface LockRequest {
  /** How long to queue for the lock. */
  readonly waitMs: number;
  /** Chosen by who asks, so that it can give back what it never heard to be granted; none: the owner chooses one. */
  readonly token?: string;
}

/** Whether doing it twice does the same as doing it once, so that it may be asked again after a lost answer. */
export function isRead(command: SessionCommand): boolean {
  if (command.kind === 'item') return isItemRead(command.operation);
  return command.kind === 'get' || (command.kind === 'open' && command.lock === undefined);
}

/** The same, but it queues for no lock: it gets the lock at once or not at all. */
export function withoutLockWait(command: SessionCommand): SessionCommand {
  if (command.kind === 'lock') return { ...command, waitMs: 0 };
  if (command.kind !== 'open' || command.lock === undefined) return command;
  return { ...command, lock: { ...command.lock, waitMs: 0 } };
}

/** How much longer than any other command this one may take, because it queues for a lock. */
export function lockWaitMs(command: SessionCommand): number {
  if (command.kind === 'lock') return command.waitMs;
  return command.kind === 'open' ? (command.lock?.waitMs ?? 0) : 0;
}
