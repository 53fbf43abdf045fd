/** One counter under one set of label values. prom-client learns of it when it is asked. */
export class CounterSeries {
  readonly labels: Readonly<Record<string, string>>;
  #untold = 0;

  constructor(labels: Readonly<Record<string, string>>) {
    this.labels = labels;
  }

  add(by = 1): void {
    this.#untold += by;
  }

  /** What has come since this was asked last. */
  take(): number {
    const untold = this.#untold;
    this.#untold = 0;
    return untold;
  }
}
