import type { Clock, Timer } from '../clock.ts';
import { NoSpareIdError } from './client-errors.ts';
import type { MintedId } from './daemon-sessions.ts';

/*
 * express-session asks for an id in the middle of a function that cannot wait, and only a daemon can mint one. So some
 * lie ready:
 *
 *   minted, reserved in the store for 180 s ─► spare, at most 90 s ─► drawn, and then at least 90 s to be written
 *
 * which is longer than the longest request (the 60 s that a destroyed session's tombstone stands). One that was drawn
 * never comes back here, even if nothing was written under it: somebody may have seen it.
 */
const SPARE_MS = 90_000;

/** How often those are replaced that would get too old before the next time. */
const RENEW_MS = 45_000;

/** How long after a failure it is tried again, if nobody asks before. */
const RETRY_MS = 500;

/** Ids minted at the same time. */
const WAVE = 8;

/** Requests that wait for an id. */
const MAX_WAITERS = 1024;

export interface SpareIdsParts {
  readonly mint: () => Promise<MintedId>;
  /** How many lie ready. */
  readonly count: number;
  /** How long a request waits for one. */
  readonly patienceMs: number;
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
}

type Phase =
  | { readonly kind: 'minting' }
  /** Until the timer fires, or somebody wants more. */
  | { readonly kind: 'resting'; readonly timer: Timer }
  | { readonly kind: 'closed' };

interface Waiter {
  readonly settle: (error?: Error) => void;
  readonly timer: Timer;
}

/** Minted ids that wait for new sessions. */
export class SpareIds {
  readonly #parts: SpareIdsParts;
  #spare: { readonly minted: MintedId; readonly at: number }[] = [];
  readonly #waiters = new Set<Waiter>();
  #phase: Phase;
  /** Why there are none, since the last time that minting worked. */
  #failure: Error | undefined;

  constructor(parts: SpareIdsParts) {
    this.#parts = parts;
    this.#phase = this.#resting(0);
  }

  /**
   * An id that nobody has seen.
   *
   * @throws NoSpareIdError, or why none could be minted.
   */
  draw(): MintedId {
    this.#discardOlderThan(SPARE_MS);
    const drawn = this.#spare.shift();
    if (this.#spare.length < this.#parts.count / 2) this.#refill();
    if (drawn !== undefined) return drawn.minted;
    throw this.#failure ?? this.#exhausted();
  }

  /** Calls back when `draw` has one, at once if it has one now; with an error if none comes. */
  whenReady(settle: (error?: Error) => void): void {
    this.#discardOlderThan(SPARE_MS);
    if (this.#spare.length > 0) {
      settle();
      return;
    }
    if (this.#phase.kind === 'closed' || this.#waiters.size >= MAX_WAITERS) {
      settle(this.#exhausted());
      return;
    }
    const timer = this.#parts.clock.after(this.#parts.patienceMs, () => {
      this.#waiters.delete(waiter);
      settle(this.#failure ?? this.#exhausted());
    });
    const waiter = { settle, timer };
    this.#waiters.add(waiter);
    this.#refill();
  }

  /** The daemon that minted them is gone, or has lost them: none is handed out any more. */
  discard(failure?: Error): void {
    if (this.#phase.kind === 'closed') return;
    this.#spare = [];
    this.#failure = failure;
    if (this.#phase.kind === 'minting') return;
    this.#phase.timer.cancel();
    this.#phase = this.#resting(failure === undefined ? 0 : RETRY_MS);
  }

  close(): void {
    if (this.#phase.kind === 'resting') this.#phase.timer.cancel();
    this.#phase = { kind: 'closed' };
    this.#spare = [];
    this.#dismiss(this.#exhausted());
  }

  #refill(): void {
    if (this.#phase.kind !== 'resting') return;
    this.#phase.timer.cancel();
    this.#phase = { kind: 'minting' };
    void this.#mintMissing();
  }

  async #mintMissing(): Promise<void> {
    let restMs = RENEW_MS;
    try {
      for (let missing = this.#missing(); missing > 0; missing = this.#missing()) {
        // After a failure a single one tries whether it works again.
        const wave = this.#failure === undefined ? Math.min(missing, WAVE) : 1;
        await Promise.all(Array.from({ length: wave }, () => this.#mintOne()));
      }
    } catch (error) {
      this.#failure = error instanceof Error ? error : this.#exhausted();
      this.#dismiss(this.#failure);
      restMs = RETRY_MS;
    }
    if (this.#isOpen()) this.#phase = this.#resting(restMs);
  }

  async #mintOne(): Promise<void> {
    // Its reservation runs from some moment after this one.
    const at = this.#parts.clock.monotonic();
    const minted = await this.#parts.mint();
    this.#failure = undefined;
    if (!this.#isOpen()) return;
    this.#spare.push({ minted, at });
    this.#admit();
  }

  /** Whoever is let in draws at once, or does not need one: so they go in one by one, each in a tick of its own. */
  #admit(): void {
    process.nextTick(() => {
      const [waiter] = this.#waiters;
      if (waiter === undefined || this.#spare.length === 0) return;
      this.#waiters.delete(waiter);
      waiter.timer.cancel();
      this.#admit();
      waiter.settle();
    });
  }

  #dismiss(error: Error): void {
    for (const waiter of this.#waiters) {
      this.#waiters.delete(waiter);
      waiter.timer.cancel();
      process.nextTick(waiter.settle, error);
    }
  }

  #resting(forMs: number): Phase {
    const timer = this.#parts.clock.after(forMs, () => {
      this.#discardOlderThan(SPARE_MS - RENEW_MS);
      this.#refill();
    });
    return { kind: 'resting', timer };
  }

  #missing(): number {
    return this.#isOpen() ? this.#parts.count + this.#waiters.size - this.#spare.length : 0;
  }

  #isOpen(): boolean {
    return this.#phase.kind !== 'closed';
  }

  #discardOlderThan(ms: number): void {
    const oldestAt = this.#parts.clock.monotonic() - ms;
    while (this.#spare[0] !== undefined && this.#spare[0].at < oldestAt) this.#spare.shift();
  }

  #exhausted(): NoSpareIdError {
    return new NoSpareIdError(
      `more visitors came at once than ids lay ready (${this.#parts.count}), or the store is closed: mount ` +
        '`store.ready` right before the session middleware, which then waits for one, or raise `spareIds`',
    );
  }
}
