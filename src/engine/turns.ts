import type { Soon } from '../soon.ts';

/** Whoever wants the same id's turn: the one who has it, and those who wait for it. */
interface Line {
  length: number;
  readonly waiting: (() => void)[];
}

/**
 * Puts the commands on one session in order: for each id one at a time, first come first served; different ids do not
 * wait for each other. What is done at once leaves no trace here.
 */
export class Turns {
  readonly #limit: number;
  readonly #lines = new Map<string, Line>();
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
  take<T>(id: string, task: () => Soon<T>): Soon<T> {
    const line = this.#lines.get(id);
    if (line !== undefined || this.#pause !== undefined) return this.#queue(id, task);
    const work = task();
    if (work instanceof Promise) this.#occupy(id, work);
    return work;
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

  /** The turn of an id that nobody else wanted, for as long as the work takes. */
  #occupy(id: string, work: Promise<unknown>): void {
    const line: Line = { length: 1, waiting: [] };
    this.#lines.set(id, line);
    this.#running.add(work);
    const leave = (): void => {
      this.#running.delete(work);
      this.#leave(id, line);
    };
    work.then(leave, leave);
  }

  async #queue<T>(id: string, task: () => Soon<T>): Promise<T> {
    const line = this.#lines.get(id) ?? { length: 0, waiting: [] };
    this.#lines.set(id, line);
    line.length += 1;
    if (line.length > 1) await new Promise<void>((resolve) => line.waiting.push(resolve));
    while (this.#pause !== undefined) await this.#pause;
    try {
      return await this.#run(task);
    } finally {
      this.#leave(id, line);
    }
  }

  #leave(id: string, line: Line): void {
    line.length -= 1;
    if (line.length === 0) this.#lines.delete(id);
    else line.waiting.shift()?.();
  }

  async #run<T>(task: () => Soon<T>): Promise<T> {
    const work = task();
    if (!(work instanceof Promise)) return work;
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }
}
