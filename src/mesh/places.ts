/** Something that takes a place, and counts for an address. */
export interface Placed {
  readonly address: string;
}

/**
 * A limited number of places. Where one too many is in, somebody has to go: of the address that has most the one that came
 * first. So an address that has few keeps them, whatever crowd comes from elsewhere; and in a crowd from one address the
 * one that came last has the most time.
 */
export class Places<T extends Placed> {
  readonly #limit: number;
  readonly #perAddress: number;
  readonly #byAddress = new Map<string, Set<T>>();
  readonly #all = new Set<T>();

  constructor(limit: number, perAddress = limit) {
    this.#limit = limit;
    this.#perAddress = perAddress;
  }

  get size(): number {
    return this.#all.size;
  }

  get isFull(): boolean {
    return this.#all.size >= this.#limit;
  }

  get newest(): T | undefined {
    return [...this.#all].at(-1);
  }

  get oldest(): T | undefined {
    const [first] = this.#all;
    return first;
  }

  /** Who has to go, if anybody has: never the one that is added. */
  add(one: T): T | undefined {
    const neighbours = this.#byAddress.get(one.address) ?? new Set();
    const isCrowded = neighbours.size >= this.#perAddress;
    const leaving = isCrowded ? first(neighbours) : this.isFull ? first(this.#mostCrowded(neighbours)) : undefined;
    if (leaving !== undefined) this.delete(leaving);
    neighbours.add(one);
    this.#byAddress.set(one.address, neighbours);
    this.#all.add(one);
    return leaving;
  }

  delete(one: T): boolean {
    if (!this.#all.delete(one)) return false;
    const neighbours = this.#byAddress.get(one.address);
    neighbours?.delete(one);
    if (neighbours?.size === 0) this.#byAddress.delete(one.address);
    return true;
  }

  /** Of two that have as many: `preferred`, whose number is about to grow. */
  #mostCrowded(preferred: Set<T>): Set<T> {
    let most = preferred;
    for (const neighbours of this.#byAddress.values()) if (neighbours.size > most.size) most = neighbours;
    return most;
  }
}

function first<T>(all: ReadonlySet<T>): T | undefined {
  const [one] = all;
  return one;
}
