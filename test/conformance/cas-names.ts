/**
 * Which cas of ours stands for which of memcached's. The numbers differ by nature: memcached counts from 1 for each
 * process, a record's version never repeats, not even after a restart. But one has to go with one.
 */
export class CasNames {
  readonly #ours = new Map<bigint, bigint>();
  readonly #theirs = new Map<bigint, bigint>();

  /** Notes that both said this of the same item; false where one of the two goes with another already. */
  bind(theirs: bigint, ours: bigint): boolean {
    if (!this.#ours.has(theirs) && !this.#theirs.has(ours)) {
      this.#ours.set(theirs, ours);
      this.#theirs.set(ours, theirs);
    }
    return this.#ours.get(theirs) === ours && this.#theirs.get(ours) === theirs;
  }

  /** Ours for one of memcached's. One that nothing had yet is larger than all, an unknown former one smaller. */
  oursFor(theirs: bigint, theirLast: bigint): bigint {
    const known = this.#ours.get(theirs);
    if (known !== undefined) return known;
    return theirs > theirLast ? 2n ** 64n - 1n : theirs;
  }

  theirsFor(ours: bigint): bigint | undefined {
    return this.#theirs.get(ours);
  }
}
