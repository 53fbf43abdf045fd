import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { INSTRUMENTS, type Instrument, type InstrumentName } from './instruments.ts';

type NamesOfKind<K extends Instrument['kind']> = {
  [N in InstrumentName]: (typeof INSTRUMENTS)[N]['kind'] extends K ? N : never;
}[InstrumentName];

type LabelsOf<N extends InstrumentName> = Record<(typeof INSTRUMENTS)[N]['labels'][number], string>;

/** An instrument with its series by label values: looking a series up in prom-client costs as much as a store operation. */
interface Bindable<Series> {
  readonly names: readonly string[];
  readonly labels: (labels: Record<string, string>) => Series;
  readonly series: Map<string, Series>;
}

function bindable<Series>(
  names: readonly string[],
  instrument: { labels: (labels: Record<string, string>) => Series },
): Bindable<Series> {
  return { names, labels: (labels) => instrument.labels(labels), series: new Map() };
}

function bound<Series>(
  instruments: ReadonlyMap<string, Bindable<Series>>,
  name: string,
  labels: Record<string, string>,
): Series | undefined {
  const instrument = instruments.get(name);
  if (instrument === undefined) return undefined;
  const key = instrument.names.map((label) => labels[label]).join('\n');
  const known = instrument.series.get(key);
  if (known !== undefined) return known;
  const series = instrument.labels(labels);
  instrument.series.set(key, series);
  return series;
}

/** One daemon's instruments, typed by their table; nothing here is global. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Bindable<Counter.Internal>>();
  readonly #gauges = new Map<string, Bindable<Gauge.Internal<string>>>();
  readonly #histograms = new Map<string, Bindable<Histogram.Internal<string>>>();
  readonly #updates: (() => void)[] = [];

  constructor() {
    const table: Record<string, Instrument> = INSTRUMENTS;
    for (const [key, { kind, name, help, labels, buckets }] of Object.entries(table)) {
      const shape = { name, help, labelNames: [...labels], registers: [this.#registry] };
      if (kind === 'counter') this.#counters.set(key, bindable(labels, new Counter(shape)));
      else if (kind === 'gauge') this.#gauges.set(key, bindable(labels, new Gauge(shape)));
      else this.#histograms.set(key, bindable(labels, new Histogram({ ...shape, buckets: [...(buckets ?? [])] })));
    }
    collectDefaultMetrics({ register: this.#registry });
  }

  count<N extends NamesOfKind<'counter'>>(name: N, labels: LabelsOf<N>, by = 1): void {
    bound(this.#counters, name, labels)?.inc(by);
  }

  set<N extends NamesOfKind<'gauge'>>(name: N, labels: LabelsOf<N>, value: number): void {
    bound(this.#gauges, name, labels)?.set(value);
  }

  observe<N extends NamesOfKind<'histogram'>>(name: N, labels: LabelsOf<N>, seconds: number): void {
    bound(this.#histograms, name, labels)?.observe(seconds);
  }

  /** Has gauges that nobody keeps up to date set just before each exposition. */
  beforeExpose(update: () => void): void {
    this.#updates.push(update);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** The Prometheus text exposition of all of them. */
  expose(): Promise<string> {
    for (const update of this.#updates) update();
    return this.#registry.metrics();
  }
}
