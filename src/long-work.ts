/** From here on a text takes milliseconds to parse or to write. */
const LONG_BYTES = 32_768;

export function isLongWork(bytes: number): boolean {
  return bytes >= LONG_BYTES;
}

/**
 * Work that takes the event loop for milliseconds, done a piece at a time: one piece in each turn of the loop, first come
 * first served. So a ping waits for one piece, not for those of all requests that came in together.
 *
 * Only a request that came in whole waits here, so there are never more than the doors let in.
 */
export class LongWork {
  readonly #waiting: (() => void)[] = [];
  #isGoingOn = false;

  /** Resolves when the next piece may be done: the caller does it at once, and asks again for one more. */
  piece(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#isGoingOn) return;
      this.#isGoingOn = true;
      setImmediate(() => this.#next());
    });
  }

  #next(): void {
    this.#waiting.shift()?.();
    this.#isGoingOn = this.#waiting.length > 0;
    // One that is set here is for the next turn.
    if (this.#isGoingOn) setImmediate(() => this.#next());
  }
}
