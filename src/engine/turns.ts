/**
 * Puts the commands on one session in order: for each id one at a time, first come first served; different ids do not
 * wait for each other.
 */
export class Turns {
  readonly #limit: number;
  readonly #lines = new Map<string, { last: Promise<void>; length: number }>();

  /** @param limit how many may be in one id's line, the one whose turn it is included */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many ids have a line. */
  get size(): number {
    return this.#lines.size;
  }

  /** Whether one more fits into this id's line. */
  hasRoom(id: string): boolean {
    return (this.#lines.get(id)?.length ?? 0) < this.#limit;
  }

  /** Runs `task` when all that came before it for this id have finished. */
  async take<T>(id: string, task: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(id) ?? { last: Promise.resolve(), length: 0 };
    const before = line.last;
    let finish: () => void = () => undefined;
    line.last = new Promise((resolve) => (finish = resolve));
    line.length += 1;
    this.#lines.set(id, line);
    try {
      if (line.length > 1) await before;
      return await task();
    } finally {
      line.length -= 1;
      if (line.length === 0) this.#lines.delete(id);
      finish();
    }
  }
}
