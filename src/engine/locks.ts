import { LRUCache } from 'lru-cache';
import { nanoid } from 'nanoid';
import type { Clock, Timer } from '../clock.ts';
import type { Letter } from '../session/letter.ts';
import type { LockGrant, RefusalCode } from '../session/reply.ts';

/** For how long, and for whom, a lock is asked for. */
export interface LockClaim {
  /** Cut to the longest hold; 0 or none: that. */
  readonly holdMs?: number;
  /** The node with whose death it ends. */
  readonly holder?: Letter;
  /** Chosen by who asks, so that it can take back what it never hears of. */
  readonly token?: string | undefined;
}

/** Unlocks that fitted nothing are remembered, up to so many: what they take back may still be under way. */
const WITHDRAWALS_REMEMBERED = 1000;

interface Waiter {
  readonly claim: LockClaim;
  readonly grant: (grant: LockGrant | RefusalCode) => void;
  readonly timeout: Timer;
}

interface HeldLock {
  readonly token: string;
  readonly holder: Letter | undefined;
  readonly expiry: Timer;
  readonly waiters: Waiter[];
}

/**
 * The locks of the sessions that this node answers for, in memory: first come first served, each wait and each hold
 * bounded. A lock tells well-behaved requests whose turn it is; what protects the data from the others is `ifVersion`.
 */
export class Locks {
  readonly #clock: Clock;
  readonly #longestHoldMs: number;
  readonly #waiterLimit: number;
  readonly #held = new Map<string, HeldLock>();
  readonly #withdrawn = new LRUCache<string, true>({ max: WITHDRAWALS_REMEMBERED });

  constructor(clock: Clock, longestHoldMs: number, waiterLimit: number) {
    this.#clock = clock;
    this.#longestHoldMs = longestHoldMs;
    this.#waiterLimit = waiterLimit;
  }

  /** Resolves when the lock is ours, or to why it is not. */
  acquire(id: string, waitMs: number, claim: LockClaim = {}): Promise<LockGrant | RefusalCode> {
    if (claim.token !== undefined && this.#withdrawn.has(claim.token)) return Promise.resolve('LOCK_LOST');
    const held = this.#held.get(id);
    if (held === undefined) return Promise.resolve(this.#hold(id, claim, []));
    if (held.waiters.length >= this.#waiterLimit) return Promise.resolve('SESSION_BUSY');
    return new Promise((resolve) => {
      const timeout = this.#clock.after(waitMs, () => {
        held.waiters.splice(held.waiters.indexOf(waiter), 1);
        resolve('LOCK_TIMEOUT');
      });
      const waiter: Waiter = { claim, grant: resolve, timeout };
      held.waiters.push(waiter);
    });
  }

  /**
   * Gives the lock to the next in line, or takes who asked under this token out of the line; false where it is neither held
   * nor waited for under this token, and then it never will be.
   */
  release(id: string, token: string): boolean {
    const held = this.#held.get(id);
    if (held?.token === token) {
      this.#passOn(id, held);
      return true;
    }
    const waiter = held?.waiters.find(({ claim }) => claim.token === token);
    if (held === undefined || waiter === undefined) {
      // The asking was sent over a link that is gone, and may come after this: nobody would ever give that lock back.
      this.#withdrawn.set(token, true);
      return false;
    }
    leaveLine(held, waiter, 'LOCK_LOST');
    return true;
  }

  /** Nobody is left at this node to give anything back: its locks go to the next in line, none of whom is its own. */
  releaseOf(holder: Letter): void {
    for (const [id, held] of [...this.#held]) {
      for (const waiter of held.waiters.filter(({ claim }) => claim.holder === holder)) {
        leaveLine(held, waiter, 'LOCK_TIMEOUT');
      }
      if (held.holder === holder) this.#passOn(id, held);
    }
  }

  #hold(id: string, { holdMs = 0, holder, token = nanoid() }: LockClaim, waiters: Waiter[]): LockGrant {
    const expiresInMs = holdMs > 0 ? Math.min(holdMs, this.#longestHoldMs) : this.#longestHoldMs;
    const lock: HeldLock = {
      token,
      holder,
      expiry: this.#clock.after(expiresInMs, () => this.#passOn(id, lock)),
      waiters,
    };
    this.#held.set(id, lock);
    return { token: lock.token, expiresInMs };
  }

  #passOn(id: string, held: HeldLock): void {
    held.expiry.cancel();
    this.#held.delete(id);
    const next = held.waiters.shift();
    if (next === undefined) return;
    next.timeout.cancel();
    next.grant(this.#hold(id, next.claim, held.waiters));
  }
}

function leaveLine(held: HeldLock, waiter: Waiter, why: RefusalCode): void {
  held.waiters.splice(held.waiters.indexOf(waiter), 1);
  waiter.timeout.cancel();
  waiter.grant(why);
}
