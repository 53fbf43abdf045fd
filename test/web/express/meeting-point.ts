/** Where so many have to arrive before any of them goes on. */
export class MeetingPoint {
  readonly #count: number;
  readonly #complete: Promise<void>;
  #arrived = 0;
  #open: () => void = () => undefined;

  constructor(count: number) {
    this.#count = count;
    this.#complete = new Promise((resolve) => (this.#open = resolve));
  }

  async meet(): Promise<void> {
    this.#arrived += 1;
    if (this.#arrived === this.#count) this.#open();
    await this.#complete;
  }
}
