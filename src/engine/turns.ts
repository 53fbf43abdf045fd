/**
 * Puts the commands on one session in order: for each id one at a time, first come first served; different ids do not
 * wait for each other.
 */
export class Turns {
  readonly #limit: number;
  readonly #lines = new Map<string, { last: Promise<void>; length: number }>();
  readonly #running = new Set<Promise<unknown>>();
  /** While one has all turns to itself: until it has finished. */
  #pause: Promise<void> | undefined;

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
      while (this.#pause !== undefined) await this.#pause;
      return await this.#run(task);
    } finally {
      line.length -= 1;
      if (line.length === 0) this.#lines.delete(id);
      finish();
    }
  }

  /** Runs `task` when whatever has begun has finished; nothing else begins until it has finished itself. */
  async alone<T>(task: () => Promise<T>): Promise<T> {
    while (this.#pause !== undefined) await this.#pause;
    let resume: () => void = () => undefined;
    this.#pause = new Promise((resolve) => (resume = resolve));
    try {
      await Promise.allSettled(this.#running);
      return await task();
    } finally {
      this.#pause = undefined;
      resume();
    }
  }

  async #run<T>(task: () => Promise<T>): Promise<T> {
    const work = task();
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }
}
