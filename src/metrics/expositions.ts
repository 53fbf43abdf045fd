/**
 * Makes one text at a time, in a turn of the event loop of its own: one takes milliseconds, and a client may ask for
 * many at once. All who ask while one is made share the next: it has what had happened when they asked.
 */
export class Expositions {
  readonly #make: () => Promise<string>;
  #current: Promise<string> | undefined;
  #next: Promise<string> | undefined;

  constructor(make: () => Promise<string>) {
    this.#make = make;
  }

  take(): Promise<string> {
    if (this.#next !== undefined) return this.#next;
    if (this.#current === undefined) return this.#begin();
    this.#next = this.#after(this.#current);
    return this.#next;
  }

  async #after(current: Promise<string>): Promise<string> {
    // Those who wait for it are told; who comes after it is not concerned.
    await Promise.allSettled([current]);
    await new Promise((resolve) => setImmediate(resolve));
    this.#next = undefined;
    return this.#begin();
  }

  async #begin(): Promise<string> {
    const current = this.#make();
    this.#current = current;
    try {
      return await current;
    } finally {
      if (this.#current === current) this.#current = undefined;
    }
  }
}
