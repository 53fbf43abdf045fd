import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { INSTRUMENTS, type Instrument, type InstrumentName } from './instruments.ts';
import { CounterSeries, HistogramSeries, SeriesTree } from './series.ts';

type NamesOfKind<K extends Instrument['kind']> = {
  [N in InstrumentName]: (typeof INSTRUMENTS)[N]['kind'] extends K ? N : never;
}[InstrumentName];

type UnlabelledCounter = {
  [N in NamesOfKind<'counter'>]: (typeof INSTRUMENTS)[N]['labels'] extends readonly [] ? N : never;
}[NamesOfKind<'counter'>];

type LabelsOf<N extends InstrumentName> = Record<(typeof INSTRUMENTS)[N]['labels'][number], string>;

const TABLE: readonly [string, Instrument][] = Object.entries(INSTRUMENTS);

/** prom-client's gauges that are called totals, which Prometheus's own checker complains of. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/**
 * One daemon's instruments, typed by their table; nothing here is global. What is counted and timed on a request's way is
 * kept in series of our own: prom-client hashes the labels each time, which costs as much as the request itself.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, SeriesTree<CounterSeries>>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, SeriesTree<LabelledHistogram>>();
  readonly #updates: (() => void | Promise<void>)[] = [];
  readonly #expositions = new Expositions(() => this.#expose());

  constructor() {
    for (const [key, { kind, name, help, labels, buckets }] of TABLE) {
      const shape = { name, help, labelNames: [...labels], registers: [this.#registry] };
      if (kind === 'counter') this.#counters.set(key, counted(shape));
      else if (kind === 'gauge') this.#gauges.set(key, new Gauge(shape));
      else this.#histograms.set(key, timed(labels, buckets ?? []));
    }
    collectDefaultMetrics({ register: this.#registry });
    for (const name of MISNAMED) this.#registry.removeSingleMetric(name);
  }

  count<N extends NamesOfKind<'counter'>>(name: N, labels: LabelsOf<N>, by = 1): void {
    this.#counters.get(name)?.of(labels).add(by);
  }

  set<N extends NamesOfKind<'gauge'>>(name: N, labels: LabelsOf<N>, value: number): void {
    this.#gauges.get(name)?.set(labels, value);
  }

  observe<N extends NamesOfKind<'histogram'>>(name: N, labels: LabelsOf<N>, seconds: number): void {
    this.#histograms.get(name)?.of(labels).series.observe(seconds);
  }

  /** Has a counter without labels follow what is counted elsewhere, from 0 on. */
  follow(name: UnlabelledCounter, total: () => number): void {
    const series = this.#counters.get(name)?.of({});
    let told = 0;
    this.beforeExpose(() => {
      const now = total();
      series?.add(now - told);
      told = now;
    });
  }

  /** Has gauges that nobody keeps up to date set just before each exposition. */
  beforeExpose(update: () => void | Promise<void>): void {
    this.#updates.push(update);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The Prometheus text exposition of all of them. */
  expose(): Promise<string> {
    return this.#expositions.take();
  }

  async #expose(): Promise<string> {
    await Promise.all(this.#updates.map(async (update) => update()));
    const histograms = TABLE.flatMap(([key, { name, help }]) => {
      const tree = this.#histograms.get(key);
      return tree === undefined ? [] : [exposeHistogram(name, help, tree.all())];
    });
    return [await this.#registry.metrics(), ...histograms].join('\n');
  }
}

interface CounterShape {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
  readonly registers: Registry[];
}

function counted(shape: CounterShape): SeriesTree<CounterSeries> {
  const { labelNames } = shape;
  const tree = new SeriesTree(labelNames, (values) => new CounterSeries(Object.fromEntries(pairs(labelNames, values))));
  new Counter({
    ...shape,
    collect() {
      for (const series of tree.all()) this.inc(series.labels, series.take());
    },
  });
  return tree;
}

function timed(names: readonly string[], bounds: readonly number[]): SeriesTree<LabelledHistogram> {
  return new SeriesTree(names, (values) => ({ labels: pairs(names, values), series: new HistogramSeries(bounds) }));
}

function pairs(names: readonly string[], values: readonly string[]): [string, string][] {
  return names.map((name, at) => [name, values[at] ?? '']);
}

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

/** A series with its labels, as pairs of name and value. */
interface LabelledHistogram {
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly series: HistogramSeries;
}

/** One histogram in Prometheus's text format (its "Exposition formats", version 0.0.4). */
function exposeHistogram(name: string, help: string, all: Iterable<LabelledHistogram>): string {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`];
  for (const { labels, series } of all) {
    const own = labels.map(([label, value]) => `${label}="${escaped(value)}"`);
    const { sum, upTo } = series.tally;
    for (const [bound, count] of upTo) {
      const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound);
      lines.push(`${name}_bucket{${[`le="${le}"`, ...own].join(',')}} ${count}`);
    }
    const braces = own.length > 0 ? `{${own.join(',')}}` : '';
    lines.push(`${name}_sum${braces} ${sum}`, `${name}_count${braces} ${upTo.at(-1)?.[1] ?? 0}`);
  }
  return `${lines.join('\n')}\n`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
