import type { Clock, Timer } from '../clock.ts';

/** From one look to the next. */
const LOOK_MS = 1_000;
/** A look that comes later was held up: this process stood still, and as a rule the whole machine with it. */
const LONGEST_LOOK_MS = 2_000;

export interface SilenceOptions {
  readonly clock: Clock;
  /** About once a second while it lasts; not before it has lasted for one. */
  readonly onLook: (silentMs: number) => void;
}

/**
 * For how long somebody who was asked has answered nothing. Only time in which this process could have heard an answer
 * counts: after a pause of the whole machine nobody has been silent for longer than we have.
 */
export class Silence {
  readonly #options: SilenceOptions;
  #countedMs = 0;
  #countedAt = 0;
  #timer: Timer | undefined;

  constructor(options: SilenceOptions) {
    this.#options = options;
  }

  /** 0 where there is none. */
  get ms(): number {
    if (this.#timer === undefined) return 0;
    const sinceMs = this.#options.clock.monotonic() - this.#countedAt;
    return this.#countedMs + Math.min(sinceMs, LONGEST_LOOK_MS);
  }

  /** Something was asked. One that lasts goes on. */
  begin(): void {
    if (this.#timer !== undefined) return;
    this.#countedMs = 0;
    this.#countedAt = this.#options.clock.monotonic();
    this.#lookLater();
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #lookLater(): void {
    // When this process was late, an answer may have arrived: it is read first.
    const timer = this.#options.clock.after(LOOK_MS, () => setImmediate(() => this.#look(timer)));
    this.#timer = timer;
  }

  #look(timer: Timer): void {
    if (this.#timer !== timer) return;
    this.#countedMs = this.ms;
    this.#countedAt = this.#options.clock.monotonic();
    this.#lookLater();
    this.#options.onLook(this.#countedMs);
  }
}
