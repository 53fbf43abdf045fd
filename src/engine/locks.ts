import { nanoid } from 'nanoid';
import type { Clock, Timer } from '../clock.ts';
import type { LockGrant, RefusalCode } from '../session/reply.ts';

interface Waiter {
  readonly grant: (grant: LockGrant) => void;
  readonly timeout: Timer;
}

interface HeldLock {
  token: string;
  expiry: Timer;
  readonly waiters: Waiter[];
}

/**
 * The locks of the sessions that this node answers for, in memory: first come first served, each wait and each hold
 * bounded. A lock tells well-behaved requests whose turn it is; what protects the data from the others is `ifVersion`.
 */
export class Locks {
  readonly #clock: Clock;
  readonly #holdMs: number;
  readonly #waiterLimit: number;
  readonly #held = new Map<string, HeldLock>();

  constructor(clock: Clock, holdMs: number, waiterLimit: number) {
    this.#clock = clock;
    this.#holdMs = holdMs;
    this.#waiterLimit = waiterLimit;
  }

  /** Resolves when the lock is ours, or to why it is not. */
  acquire(id: string, waitMs: number): Promise<LockGrant | RefusalCode> {
    const held = this.#held.get(id);
    if (held === undefined) return Promise.resolve(this.#hold(id, []));
    if (held.waiters.length >= this.#waiterLimit) return Promise.resolve('SESSION_BUSY');
    return new Promise((resolve) => {
      const timeout = this.#clock.after(waitMs, () => {
        held.waiters.splice(held.waiters.indexOf(waiter), 1);
        resolve('LOCK_TIMEOUT');
      });
      const waiter: Waiter = { grant: resolve, timeout };
      held.waiters.push(waiter);
    });
  }

  /** Gives the lock to the next in line; false where it is not held under this token. */
  release(id: string, token: string): boolean {
    const held = this.#held.get(id);
    if (held?.token !== token) return false;
    this.#passOn(id, held);
    return true;
  }

  #hold(id: string, waiters: Waiter[]): LockGrant {
    const lock: HeldLock = {
      token: nanoid(),
      expiry: this.#clock.after(this.#holdMs, () => this.#passOn(id, lock)),
      waiters,
    };
    this.#held.set(id, lock);
    return { token: lock.token, expiresInMs: this.#holdMs };
  }

  #passOn(id: string, held: HeldLock): void {
    held.expiry.cancel();
    this.#held.delete(id);
    const next = held.waiters.shift();
    if (next === undefined) return;
    next.timeout.cancel();
    next.grant(this.#hold(id, held.waiters));
  }
}
