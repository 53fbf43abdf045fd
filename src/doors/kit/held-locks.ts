import type { Clock } from '../../clock.ts';
import type { LockGrant } from '../../session/reply.ts';

/** How many locks all clients of a door hold or ask for. */
export class LockPlaces {
  readonly #limit: number;
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts one more; false where there are too many. */
  reserve(): boolean {
    if (this.#taken >= this.#limit) return false;
    this.#taken += 1;
    return true;
  }

  /** One is not held any more, nor asked for. */
  free(): void {
    this.#taken -= 1;
  }
}

/** Where one client is with one session's lock. */
type Holding =
  | { readonly kind: 'asked' }
  /** `until` is monotonic: after that the owner has taken it back. */
  | { readonly kind: 'held'; readonly token: string; readonly until: number };

/** `held`: this client has it, or asks for it. `full`: it, or all clients together, have too many. */
export type Asking = 'asked' | 'held' | 'full';

/** The locks of one client's connection, by the session's id. They end with it. */
export class HeldLocks {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #limit: number;
  readonly #all: Pick<LockPlaces, 'reserve' | 'free'>;
  readonly #holdings = new Map<string, Holding>();

  /** @param limit of this client; @param all counts those of all clients */
  constructor(clock: Pick<Clock, 'monotonic'>, limit: number, all: Pick<LockPlaces, 'reserve' | 'free'>) {
    this.#clock = clock;
    this.#limit = limit;
    this.#all = all;
  }

  has(id: string): boolean {
    const holding = this.#holdings.get(id);
    return holding?.kind === 'held' && this.#clock.monotonic() < holding.until;
  }

  /** Notes that the lock is being asked for. */
  ask(id: string): Asking {
    if (this.#holdings.get(id)?.kind === 'asked' || this.has(id)) return 'held';
    this.#remove(id);
    if (this.#holdings.size >= this.#limit) this.#forgetEnded();
    if (this.#holdings.size >= this.#limit || !this.#all.reserve()) return 'full';
    this.#holdings.set(id, { kind: 'asked' });
    return 'asked';
  }

  /** What the asking came to; no grant: another has it. */
  settle(id: string, grant: LockGrant | undefined): void {
    if (grant === undefined) this.#remove(id);
    else {
      this.#holdings.set(id, { kind: 'held', token: grant.token, until: this.#clock.monotonic() + grant.expiresInMs });
    }
  }

  /** The token to give it back with; undefined where this client does not hold it. It is held no longer. */
  take(id: string): string | undefined {
    const holding = this.#holdings.get(id);
    if (holding?.kind !== 'held') return undefined;
    this.#remove(id);
    return holding.token;
  }

  /** All that are held, each as `take` gives it. */
  takeAll(): { readonly id: string; readonly token: string }[] {
    return [...this.#holdings.keys()].flatMap((id) => {
      const token = this.take(id);
      return token === undefined ? [] : [{ id, token }];
    });
  }

  /** Their owners have taken them back. */
  #forgetEnded(): void {
    for (const [id, { kind }] of this.#holdings) if (kind === 'held' && !this.has(id)) this.#remove(id);
  }

  #remove(id: string): void {
    if (this.#holdings.delete(id)) this.#all.free();
  }
}
