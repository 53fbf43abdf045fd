/** First in, first out, without an object for each: what a connection waits for. */
export class NumberQueue {
  #values = new Float64Array(16);
  #first = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) this.#grow();
    this.#values[(this.#first + this.#length) & (this.#values.length - 1)] = value;
    this.#length += 1;
  }

  /** NaN when empty. */
  first(): number {
    return this.#length === 0 ? Number.NaN : (this.#values[this.#first] ?? Number.NaN);
  }

  shift(): number {
    const value = this.first();
    if (this.#length > 0) {
      this.#first = (this.#first + 1) & (this.#values.length - 1);
      this.#length -= 1;
    }
    return value;
  }

  #grow(): void {
    const grown = new Float64Array(this.#values.length * 2);
    for (let at = 0; at < this.#length; at += 1) {
      grown[at] = this.#values[(this.#first + at) & (this.#values.length - 1)] ?? 0;
    }
    this.#values = grown;
    this.#first = 0;
  }
}
