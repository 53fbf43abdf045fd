/** Xorshift: cheap, and the same numbers from the same seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761) >>> 0 || 1;
  }

  /** From 0 to 1, without 1. */
  share(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state >>> 0;
    return this.#state / 4_294_967_296;
  }

  /** A whole number from 0 to below this one. */
  below(end: number): number {
    return Math.floor(this.share() * end);
  }
}
