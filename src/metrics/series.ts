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

type Branch<Series> = Map<string, Branch<Series> | Series>;

/** For an instrument without labels: nobody gives this one, so its only series lies where the value is ''. */
const NO_LABELS = [''];

/**
 * The series of one instrument by their label values, made when they are asked for first. Looked up on the way of every
 * request, so without making a key of the labels.
 */
export class SeriesTree<Series extends object> {
  readonly #names: readonly string[];
  readonly #make: (values: readonly string[]) => Series;
  readonly #root: Branch<Series> = new Map();

  constructor(names: readonly string[], make: (values: readonly string[]) => Series) {
    this.#names = names.length === 0 ? NO_LABELS : names;
    this.#make = make;
    // What has no labels has one series, and is exposed also when it is never used.
    if (names.length === 0) this.of({});
  }

  of(labels: Readonly<Record<string, string>>): Series {
    let node: Branch<Series> | Series | undefined = this.#root;
    for (const name of this.#names) node = branchOf(node)?.get(labels[name] ?? '');
    return node === undefined || node instanceof Map ? this.#add(labels) : node;
  }

  *all(): Generator<Series> {
    yield* leavesOf(this.#root);
  }

  #add(labels: Readonly<Record<string, string>>): Series {
    const values = this.#names.map((name) => labels[name] ?? '');
    const series = this.#make(values);
    let branch = this.#root;
    for (const value of values.slice(0, -1)) {
      const next = branchOf(branch.get(value)) ?? new Map<string, Branch<Series> | Series>();
      branch.set(value, next);
      branch = next;
    }
    branch.set(values.at(-1) ?? '', series);
    return series;
  }
}

function branchOf<Series extends object>(node: Branch<Series> | Series | undefined): Branch<Series> | undefined {
  return node instanceof Map ? node : undefined;
}

function* leavesOf<Series extends object>(branch: Branch<Series>): Generator<Series> {
  for (const node of branch.values()) {
    if (node instanceof Map) yield* leavesOf(node);
    else yield node;
  }
}
