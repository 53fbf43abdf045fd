import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { INSTRUMENTS, type Instrument, type InstrumentName } from './instruments.ts';

type NamesOfKind<K extends Instrument['kind']> = {
  [N in InstrumentName]: (typeof INSTRUMENTS)[N]['kind'] extends K ? N : never;
}[InstrumentName];

type LabelsOf<N extends InstrumentName> = Record<(typeof INSTRUMENTS)[N]['labels'][number], string>;

/** One daemon's instruments, typed by their table; nothing here is global. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #updates: (() => void)[] = [];

  constructor() {
    const table: Record<string, Instrument> = INSTRUMENTS;
    for (const [key, { kind, name, help, labels, buckets }] of Object.entries(table)) {
      const shape = { name, help, labelNames: [...labels], registers: [this.#registry] };
      if (kind === 'counter') this.#counters.set(key, new Counter(shape));
      else if (kind === 'gauge') this.#gauges.set(key, new Gauge(shape));
      else this.#histograms.set(key, new Histogram({ ...shape, buckets: [...(buckets ?? [])] }));
    }
    collectDefaultMetrics({ register: this.#registry });
  }

  count<N extends NamesOfKind<'counter'>>(name: N, labels: LabelsOf<N>, by = 1): void {
    this.#counters.get(name)?.inc(labels, by);
  }

  set<N extends NamesOfKind<'gauge'>>(name: N, labels: LabelsOf<N>, value: number): void {
    this.#gauges.get(name)?.set(labels, value);
  }

  observe<N extends NamesOfKind<'histogram'>>(name: N, labels: LabelsOf<N>, seconds: number): void {
    this.#histograms.get(name)?.observe(labels, seconds);
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
