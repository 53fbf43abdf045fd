/** No daemon can be told to keep sessions for longer: ten years. */
const ANY_DAEMONS_LONGEST_SECONDS = 315_360_000;

/**
 * The longest life that the daemon gives (its `session.maxTtlSeconds`), as far as is known. Longer ones are cut to that:
 * a page does not fail for a cookie of ten years. It is said once.
 */
export class LongestLife {
  readonly #warn: (text: string) => void;
  #seconds = ANY_DAEMONS_LONGEST_SECONDS;
  #hasWarned = false;

  constructor(warn: (text: string) => void) {
    this.#warn = warn;
  }

  cut(wantedSeconds: number): number {
    if (wantedSeconds <= this.#seconds) return wantedSeconds;
    if (!this.#hasWarned) {
      this.#hasWarned = true;
      this.#warn(
        `a session was to live ${wantedSeconds} seconds; the maglia daemon gives at most ${this.#seconds}, and such lives ` +
          "are cut to that: shorten the cookie's maxAge, or raise session.maxTtlSeconds of the daemons",
      );
    }
    return this.#seconds;
  }

  /** The daemon has said what its longest is. */
  learn(seconds: number): void {
    this.#seconds = seconds;
  }
}
