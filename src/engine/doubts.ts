import type { Clock } from '../clock.ts';
import type { Turns } from './turns.ts';
import type { Vault } from './vault.ts';

/** By then a write that the store was given has been carried out, or never will be, but for a store that hangs. */
const LOOK_AFTER_MS = 1000;

/** Beyond these nobody looks: a store that fails so often is looked at by the next request that finds a session not at hand. */
const MOST_LOOKS = 1000;

/**
 * A write that was given up in doubt may still be carried out, after a later one that was acknowledged. We know it for old
 * as long as we remember the later one, which a restarted daemon does not: so we look once more, and what is old goes.
 */
export class Doubts {
  readonly #vault: Pick<Vault, 'reload'>;
  readonly #turns: Turns;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #awaited = new Set<string>();

  constructor(vault: Pick<Vault, 'reload'>, turns: Turns, clock: Pick<Clock, 'after'>) {
    this.#vault = vault;
    this.#turns = turns;
    this.#clock = clock;
  }

  note(id: string): void {
    if (this.#awaited.has(id) || this.#awaited.size >= MOST_LOOKS) return;
    this.#awaited.add(id);
    this.#clock.after(LOOK_AFTER_MS, () => {
      this.#awaited.delete(id);
      // A store that fails again says so to the next request for the session.
      Promise.resolve(this.#turns.take(id, () => this.#vault.reload(id))).catch(() => undefined);
    });
  }
}
