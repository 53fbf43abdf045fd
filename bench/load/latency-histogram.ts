import type { Latencies } from '../measure.ts';

/** Each bucket ends 2^(1/32), 2.2 %, above the one before. */
const BUCKETS_PER_OCTAVE = 32;

/** From 1 µs to over two minutes. */
const OCTAVES = 27;

/** Counts latencies in buckets that grow with them, so that recording one costs next to nothing. */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS_PER_OCTAVE * OCTAVES);
  #total = 0;
  #longestMs = 0;

  get total(): number {
    return this.#total;
  }

  get longestMs(): number {
    return this.#longestMs;
  }

  record(ms: number): void {
    const bucket = Math.min(
      this.#counts.length - 1,
      Math.floor(Math.log2(Math.max(1, ms * 1000)) * BUCKETS_PER_OCTAVE),
    );
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total += 1;
    if (ms > this.#longestMs) this.#longestMs = ms;
  }

  /** The latency that this share of all did not exceed: the end of its bucket, so at most 2.2 % too much. */
  quantileMs(share: number): number {
    if (this.#total === 0) return Number.NaN;
    const wanted = Math.ceil(share * this.#total);
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= wanted && count > 0)
        return Math.min(this.#longestMs, 2 ** ((bucket + 1) / BUCKETS_PER_OCTAVE) / 1000);
    }
    return this.#longestMs;
  }

  summary(): Latencies {
    return {
      p50: this.quantileMs(0.5),
      p99: this.quantileMs(0.99),
      p999: this.quantileMs(0.999),
      longest: this.#longestMs,
    };
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.#longestMs = 0;
  }
}
