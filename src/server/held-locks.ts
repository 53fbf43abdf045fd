import type { Clock } from '../clock.ts';
import type { LockGrant } from '../session/reply.ts';

/** Where one client is with one session's lock. */
type Holding =
  | { readonly kind: 'asked' }
  /** `until` is monotonic: after that the owner has taken it back. */
  | { readonly kind: 'held'; readonly token: string; readonly until: number };

/** The locks of one client's connection, by the session's id. They end with it. */
export class HeldLocks {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #holdings = new Map<string, Holding>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  has(id: string): boolean {
    const holding = this.#holdings.get(id);
    return holding?.kind === 'held' && this.#clock.monotonic() < holding.until;
  }

  /** Notes that the lock is being asked for; false where it is already, or is held. */
  ask(id: string): boolean {
    if (this.#holdings.get(id)?.kind === 'asked' || this.has(id)) return false;
    this.#holdings.set(id, { kind: 'asked' });
    return true;
  }

  /** What the asking came to; no grant: another has it. */
  settle(id: string, grant: LockGrant | undefined): void {
    if (grant === undefined) this.#holdings.delete(id);
    else {
      this.#holdings.set(id, { kind: 'held', token: grant.token, until: this.#clock.monotonic() + grant.expiresInMs });
    }
  }

  /** The token to give it back with; undefined where this client does not hold it. It is held no longer. */
  take(id: string): string | undefined {
    const holding = this.#holdings.get(id);
    if (holding?.kind !== 'held') return undefined;
    this.#holdings.delete(id);
    return holding.token;
  }

  /** All that are held, each as `take` gives it. */
  takeAll(): { readonly id: string; readonly token: string }[] {
    return [...this.#holdings.keys()].flatMap((id) => {
      const token = this.take(id);
      return token === undefined ? [] : [{ id, token }];
    });
  }
}
