import type { Clock, Timer } from '../clock.ts';
import { Allowances, IDS_PER_REQUEST, type Allowance } from './allowances.ts';
import { NoSpareIdError } from './client-errors.ts';
import type { MintedId } from './daemon-sessions.ts';
import { IdWaiters, type IdWaiter } from './id-waiters.ts';

/*
 * express-session asks for an id in the middle of a function that cannot wait, and only a daemon can mint one. So some
 * lie ready:
 *
 *   minted, reserved in the store for 180 s ─► spare, at most 90 s ─► drawn, and then at least 90 s to be written
 *
 * which is longer than the longest request (the 60 s that a destroyed session's tombstone stands). One that was drawn
 * never comes back here, even if nothing was written under it: somebody may have seen it.
 *
 * How many are enough? A request is held back until two are set apart for it: a new visitor's first, and the one of the
 * login. What it draws is set apart for it anew, before any further request is let in. So there are as many as
 * requests under way can draw, however many these are.
 */
const SPARE_MS = 90_000;

/** How often those are replaced that would get too old before the next time. */
const RENEW_MS = 45_000;

/** For a page that takes longer, none are kept: it may be a stream that stays open for hours. */
const ALLOWANCE_MS = 45_000;

/** How long after a failure it is tried again, if nobody asks before. */
const RETRY_MS = 500;

/** Ids minted at the same time. */
const WAVE = 32;

/** Requests that wait for an id. */
const MAX_WAITERS = 8192;

export interface SpareIdsParts {
  /** Ends by itself: with an id, or with an error. */
  readonly mint: () => Promise<MintedId>;
  /** How many lie ready, besides those that are set apart. */
  readonly count: number;
  /** How long a request waits for one while ids do come, but for others before it. */
  readonly patienceMs: number;
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
}

type Phase =
  | { readonly kind: 'minting' }
  /** Until the timer fires, or somebody wants more. */
  | { readonly kind: 'resting'; readonly timer: Timer }
  | { readonly kind: 'closed' };

/** Minted ids that wait for new sessions. */
export class SpareIds {
  readonly #parts: SpareIdsParts;
  readonly #allowances = new Allowances();
  /** For those that have been let in. They go first. */
  readonly #owed: IdWaiters;
  readonly #arriving: IdWaiters;
  #spare: { readonly minted: MintedId; readonly at: number }[] = [];
  #phase: Phase;
  /** Why there are none, since the last time that minting worked. */
  #failure: Error | undefined;

  constructor(parts: SpareIdsParts) {
    this.#parts = parts;
    this.#owed = new IdWaiters(parts.clock);
    this.#arriving = new IdWaiters(parts.clock);
    this.#phase = this.#resting(0);
  }

  /**
   * An id that nobody has seen: of those that are set apart for the request, or else of those that are for everybody.
   *
   * @throws NoSpareIdError, or why none could be minted.
   */
  draw(request?: object): MintedId {
    this.#discardOlderThan(SPARE_MS);
    const allowance = this.#allowances.of(request);
    const isAllowed = (allowance !== undefined && this.#allowances.take(allowance)) || this.#available > 0;
    const drawn = isAllowed ? this.#spare.shift() : undefined;
    if (allowance !== undefined && drawn !== undefined) this.#repay(allowance);
    if (this.#available < this.#parts.count / 2) this.#refill();
    if (drawn !== undefined) return drawn.minted;
    throw this.#failure ?? this.#exhausted();
  }

  /** Calls back when ids are set apart for this request, at once if that can be done now; with an error if none come. */
  admit(request: object, settle: (error?: Error) => void): void {
    if (this.#allowances.of(request) !== undefined) {
      settle();
      return;
    }
    this.#arrive(IDS_PER_REQUEST, (error) => {
      if (error === undefined) {
        this.#allowances.give(this.#allowances.begin(request, this.#parts.clock.monotonic()), IDS_PER_REQUEST);
      }
      settle(error);
    });
  }

  /** The request is over, and what is set apart for it is anybody's. */
  release(request: object): void {
    this.#allowances.end(request);
    this.#letIn();
  }

  /** Calls back when `draw` has one for this request, at once if it has one now; with an error if none comes. */
  whenReady(settle: (error?: Error) => void, request?: object): void {
    const allowance = this.#allowances.of(request);
    if (allowance === undefined) this.#arrive(1, settle);
    else if (allowance.left > 0) settle();
    else {
      const letIn = (error?: Error): void => {
        if (error === undefined) this.#allowances.give(allowance, 1);
        settle(error);
      };
      this.#enqueue(this.#owed, { wants: () => 1, settle: letIn });
    }
  }

  /** Calls back when what requests have drawn till now is set apart for them anew, or when that is not to be had. */
  whenRepaid(settle: () => void, deadline: AbortSignal): void {
    if (this.#owed.size === 0 || deadline.aborted) {
      settle();
      return;
    }
    let isSettled = false;
    const once = (): void => {
      if (isSettled) return;
      isSettled = true;
      deadline.removeEventListener('abort', once);
      settle();
    };
    deadline.addEventListener('abort', once);
    this.#owed.add({ wants: () => 0, settle: once });
  }

  /** The daemon that minted them is gone, or has lost them: none is handed out any more. */
  discard(failure?: Error): void {
    if (this.#phase.kind === 'closed') return;
    this.#spare = [];
    this.#failure = failure;
    const allowances = this.#allowances.empty();
    if (this.#phase.kind === 'resting') {
      this.#phase.timer.cancel();
      this.#phase = this.#resting(failure === undefined ? 0 : RETRY_MS);
    }
    if (failure === undefined) for (const allowance of allowances) this.#repay(allowance);
  }

  close(): void {
    if (this.#phase.kind === 'resting') this.#phase.timer.cancel();
    this.#phase = { kind: 'closed' };
    this.#spare = [];
    this.#allowances.endAll();
    this.#dismiss(this.#exhausted());
  }

  /** How many are there for any caller. */
  get #available(): number {
    return this.#spare.length - this.#allowances.setApart;
  }

  #arrive(wanted: number, settle: (error?: Error) => void): void {
    this.#discardOlderThan(SPARE_MS);
    this.#enqueue(this.#arriving, { wants: () => wanted, settle });
  }

  /** Nobody waits where it is there already, and nobody is before them. */
  #enqueue(queue: IdWaiters, waiter: IdWaiter): void {
    const isNext = queue.size === 0 && (queue === this.#owed || this.#owed.size === 0);
    if (isNext && this.#phase.kind !== 'closed' && this.#available >= waiter.wants()) waiter.settle();
    else if (this.#phase.kind === 'closed' || this.#arriving.size + this.#owed.size >= MAX_WAITERS) {
      waiter.settle(this.#exhausted());
    } else {
      queue.add(waiter, { ms: this.#parts.patienceMs, failure: () => this.#failure ?? this.#exhausted() });
      this.#refill();
    }
  }

  /** Sets apart anew what the request has drawn. One that ends meanwhile wants it no longer. */
  #repay(allowance: Allowance): void {
    const count = IDS_PER_REQUEST - allowance.left - allowance.owed;
    if (this.#owed.size === 0 && this.#available >= count) {
      this.#allowances.give(allowance, count);
      return;
    }
    allowance.owed += count;
    const settle = (error?: Error): void => {
      allowance.owed -= count;
      if (error === undefined) this.#allowances.give(allowance, count);
    };
    this.#owed.add({ wants: () => (allowance.isOver ? 0 : count), settle });
    this.#refill();
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
    this.#letIn();
  }

  /** One by one, each in a tick of its own: those without an allowance draw in that tick, or do not need one. */
  #letIn(): void {
    process.nextTick(() => {
      const queue = this.#owed.size > 0 ? this.#owed : this.#arriving;
      const { first } = queue;
      if (first === undefined || first.wants() > this.#available) return;
      queue.takeFirst();
      this.#letIn();
      first.settle();
    });
  }

  #dismiss(error: Error): void {
    this.#owed.dismiss(error);
    this.#arriving.dismiss(error);
  }

  #resting(forMs: number): Phase {
    const timer = this.#parts.clock.after(forMs, () => {
      this.#allowances.endThoseBefore(this.#parts.clock.monotonic() - ALLOWANCE_MS);
      this.#discardOlderThan(SPARE_MS - RENEW_MS);
      this.#refill();
    });
    return { kind: 'resting', timer };
  }

  #missing(): number {
    if (!this.#isOpen()) return 0;
    return this.#parts.count + this.#owed.wanted + this.#arriving.wanted - this.#available;
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
      `more ids were wanted at once than lay ready (${this.#parts.count}), or the store is closed: mount ` +
        '`store.ready` right before the session middleware, which then waits for them, or raise `spareIds`',
    );
  }
}
