/** One histogram under one set of label values. */
export class HistogramSeries {
  readonly #bounds: readonly number[];
  /** Observations by the first bucket that they fit in; one more at the end for those that fit in none. */
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = [...bounds, Number.POSITIVE_INFINITY].map(() => 0);
  }

  observe(seconds: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && seconds > (bounds[at] ?? 0)) at += 1;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += seconds;
  }

  /** What Prometheus wants to see: of each bound, how many were not above it; then all of them, and their sum. */
  get tally(): { readonly upTo: readonly (readonly [bound: number, count: number])[]; readonly sum: number } {
    let count = 0;
    const upTo = this.#counts.map((of, at): [number, number] => {
      count += of;
      return [this.#bounds[at] ?? Number.POSITIVE_INFINITY, count];
    });
    return { upTo, sum: this.#sum };
  }
}
