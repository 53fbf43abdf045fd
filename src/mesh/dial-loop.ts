import pRetry from 'p-retry';
import type { Clock } from '../clock.ts';
import { ClosedError, type HandshakeRefusedError, type LinkDownError } from '../errors.ts';
import { DIAL_SPACING_MS, redialDelayMs } from './backoff.ts';

/** What an attempt came to: the error for which it is to be repeated, or nothing where it succeeded. */
export type Attempt = (signal: AbortSignal) => Promise<LinkDownError | HandshakeRefusedError | undefined>;

export interface DialLoopParts {
  readonly attempt: Attempt;
  readonly clock: Clock;
  /** From [0, 1), for the jitter. */
  readonly random: () => number;
}

/**
 * Dials until it succeeds or is closed. p-retry drives the attempts. Its own delays are set to nothing, because at their
 * ceiling they have no jitter, and because nobody could cut them short: the waiting is done here, on our clock.
 */
export class DialLoop {
  readonly #parts: DialLoopParts;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #dialledAt = Number.NEGATIVE_INFINITY;
  #wasRefused = false;
  /** Ends the wait that is going on. */
  #wake: (() => void) | undefined;
  /** The same, where a nudge may do it. */
  #nudge: (() => void) | undefined;
  /** Somebody nudged while a dial was under way: if that fails, the next one does not wait. */
  #isNudged = false;

  constructor(parts: DialLoopParts) {
    this.#parts = parts;
  }

  /** Resolves when an attempt has succeeded; rejects with ClosedError once closed. */
  run(): Promise<void> {
    this.#wasRefused = false;
    this.#isNudged = false;
    this.#running = pRetry((attemptNumber) => this.#attempt(attemptNumber), {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: 0,
      signal: this.#closing.signal,
    });
    return this.#running;
  }

  /** Dials now instead of waiting any longer. */
  nudge(): void {
    if (this.#nudge === undefined) this.#isNudged = true;
    else this.#nudge();
  }

  /** Gives up for good. Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#closing.abort(new ClosedError('the link is closed'));
    this.#wake?.();
    await Promise.allSettled([this.#running]);
  }

  async #attempt(attemptNumber: number): Promise<void> {
    const { attempt, clock, random } = this.#parts;
    const delayMs = redialDelayMs(attemptNumber - 1, this.#wasRefused, random());
    await this.#pause(this.#isNudged ? 0 : delayMs, true);
    this.#isNudged = false;
    await this.#pause(this.#dialledAt + DIAL_SPACING_MS - clock.monotonic(), false);
    this.#closing.signal.throwIfAborted();
    this.#dialledAt = clock.monotonic();
    const error = await attempt(this.#closing.signal);
    this.#wasRefused = error?.code === 'HANDSHAKE_REFUSED';
    if (error !== undefined) throw error;
  }

  #pause(delayMs: number, canBeNudged: boolean): Promise<void> {
    if (delayMs <= 0 || this.#closing.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#parts.clock.after(Math.ceil(delayMs), () => this.#wake?.());
      this.#wake = () => {
        timer.cancel();
        this.#wake = undefined;
        this.#nudge = undefined;
        resolve();
      };
      if (canBeNudged) this.#nudge = this.#wake;
    });
  }
}
