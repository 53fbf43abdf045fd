import type { Soon } from '../soon.ts';

/** Requests for the same id: the one that has its turn, and those that wait for it. */
interface Line {
  length: number;
  /** What is being done in this turn. */
  work: Promise<unknown> | undefined;
  readonly waiting: (() => void)[];
}

/** A Map that loses an entry with every request lays out its table anew each time, so lines are left standing for a while. */
const MOST_EMPTY_LINES = 256;

/**
 * Puts the commands on one session in order: for each id one at a time, first come first served; different ids do not
 * wait for each other. What is done at once leaves no trace here.
 */
export class Turns {
  readonly #limit: number;
  readonly #lines = new Map<string, Line>();
  #empty = 0;
  /** While one has all turns to itself: until it has finished. */
  #pause: Promise<void> | undefined;

  /** @param limit how many may be in one id's line, the one whose turn it is included */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many ids have a line. */
  get size(): number {
    return this.#lines.size - this.#empty;
  }

  /** Whether one more fits into this id's line. */
  hasRoom(id: string): boolean {
    return (this.#lines.get(id)?.length ?? 0) < this.#limit;
  }

  /**
   * Runs `task` when all that came before it for this id have finished.
   *
   * @param rescue what a task comes to that throws or rejects
   */
  take<T>(id: string, task: () => Soon<T>, rescue: (error: unknown) => T = rethrow): Soon<T> {
    const line = this.#lines.get(id);
    if ((line?.length ?? 0) > 0 || this.#pause !== undefined) return this.#queue(id, task).catch(rescue);
    try {
      const work = task();
      return work instanceof Promise ? this.#occupy(id, work, rescue) : work;
    } catch (error) {
      return rescue(error);
    }
  }

  /** Runs `task` when whatever has begun has finished; nothing else begins until it has finished itself. */
  async alone<T>(task: () => Promise<T>): Promise<T> {
    while (this.#pause !== undefined) await this.#pause;
    let resume: () => void = () => undefined;
    this.#pause = new Promise((resolve) => (resume = resolve));
    try {
      await Promise.allSettled([...this.#lines.values()].map(async ({ work }) => work));
      return await task();
    } finally {
      this.#pause = undefined;
      resume();
    }
  }

  /** The turn of an id that nobody else wanted, for as long as the work takes. */
  #occupy<T>(id: string, work: Promise<T>, rescue: (error: unknown) => T): Promise<T> {
    const line = this.#enter(id);
    line.work = work;
    return work.then(
      (value) => {
        this.#leave(line);
        return value;
      },
      (error: unknown) => {
        this.#leave(line);
        return rescue(error);
      },
    );
  }

  async #queue<T>(id: string, task: () => Soon<T>): Promise<T> {
    const line = this.#enter(id);
    if (line.length > 1) await new Promise<void>((resolve) => line.waiting.push(resolve));
    while (this.#pause !== undefined) await this.#pause;
    try {
      const work = task();
      if (!(work instanceof Promise)) return work;
      line.work = work;
      return await work;
    } finally {
      this.#leave(line);
    }
  }

  #enter(id: string): Line {
    const standing = this.#lines.get(id);
    const line = standing ?? { length: 0, work: undefined, waiting: [] };
    if (standing === undefined) this.#lines.set(id, line);
    else if (standing.length === 0) this.#empty -= 1;
    line.length += 1;
    return line;
  }

  #leave(line: Line): void {
    line.work = undefined;
    line.length -= 1;
    if (line.length > 0) line.waiting.shift()?.();
    else {
      this.#empty += 1;
      if (this.#empty > MOST_EMPTY_LINES) this.#sweep();
    }
  }

  #sweep(): void {
    if (this.#empty === this.#lines.size) this.#lines.clear();
    for (const [id, line] of this.#lines) if (line.length === 0) this.#lines.delete(id);
    this.#empty = 0;
  }
}

function rethrow(error: unknown): never {
  throw error;
}
