import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';

const REPEAT_AFTER_MS = 60_000;
const MAX_COMPLAINTS = 256;

/**
 * Warns about callers that are turned away: each reason at once, then once a minute. Somebody who knocks twice a second
 * with a wrong secret, or scans ports, does not fill the log.
 */
export class Complaints {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #saidAt = new Map<string, number>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** `kind` is what counts as the same reason: texts have numbers in them. */
  warn(about: string, kind: string, text: string, fields: object): void {
    const key = `${about}: ${kind}`;
    const now = this.#clock.monotonic();
    const saidAt = this.#saidAt.get(key);
    if (saidAt !== undefined && now - saidAt < REPEAT_AFTER_MS) {
      this.#log.debug(fields, text);
      return;
    }
    this.#forgetOldest();
    this.#saidAt.delete(key);
    this.#saidAt.set(key, now);
    this.#log.warn(fields, text);
  }

  #forgetOldest(): void {
    if (this.#saidAt.size < MAX_COMPLAINTS) return;
    const [oldest] = this.#saidAt.keys();
    if (oldest !== undefined) this.#saidAt.delete(oldest);
  }
}
