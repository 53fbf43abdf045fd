import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { ResetReason } from '../session/record.ts';
import { shortenId } from '../session/session-id.ts';

const WINDOW_MS = 60_000;
/** Lines a minute for ids that a visitor can make up, so that nobody fills the disk from outside. */
const MADE_UP_LINES = 10;
/** The same for each other reason: with a host's death come many of them, and the first say it all. */
const LINES = 1000;

const CAN_BE_MADE_UP: ReadonlySet<ResetReason> = new Set(['unknown', 'malformed']);

interface Window {
  readonly since: number;
  lines: number;
  more: number;
}

/** The log's line of each reset (S9): at most so many a minute for each reason, and then how many more there were. */
export class ResetLog {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #windows = new Map<ResetReason, Window>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  note(id: string, reason: ResetReason): void {
    const window = this.#windowOf(reason);
    if (window.lines >= (CAN_BE_MADE_UP.has(reason) ? MADE_UP_LINES : LINES)) {
      window.more += 1;
      return;
    }
    window.lines += 1;
    this.#log.info({ id: shortenId(id), reason }, 'session is gone');
  }

  #windowOf(reason: ResetReason): Window {
    const now = this.#clock.monotonic();
    const known = this.#windows.get(reason);
    if (known !== undefined && now - known.since < WINDOW_MS) return known;
    const window = { since: now, lines: 0, more: 0 };
    this.#windows.set(reason, window);
    // Ends by itself, so that the last of a flood are told as well.
    this.#clock.after(WINDOW_MS, () => this.#close(reason, window));
    return window;
  }

  #close(reason: ResetReason, window: Window): void {
    if (this.#windows.get(reason) === window) this.#windows.delete(reason);
    if (window.more === 0) return;
    this.#log.info({ reason, more: window.more }, 'and %d more sessions are gone', window.more);
  }
}
