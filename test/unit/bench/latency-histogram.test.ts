import { describe, expect, test } from 'vitest';
import { LatencyHistogram } from '../../../bench/load/latency-histogram.ts';

describe('the latency histogram', () => {
  test('a quantile is at most 2.2 % more than the latency itself', () => {
    const latencies = new LatencyHistogram();
    for (let ms = 1; ms <= 1000; ms += 1) latencies.record(ms);
    for (const [share, ms] of [
      [0.5, 500],
      [0.99, 990],
      [0.999, 999],
    ] as const) {
      expect(latencies.quantileMs(share)).toBeGreaterThanOrEqual(ms);
      expect(latencies.quantileMs(share)).toBeLessThanOrEqual(ms * 1.022);
    }
  });

  test('the longest is kept as it was, and no quantile goes beyond it', () => {
    const latencies = new LatencyHistogram();
    latencies.record(0.0001);
    latencies.record(123.456);
    expect(latencies.summary()).toMatchObject({ p999: 123.456, longest: 123.456 });
  });

  test('what takes longer than the last bucket counts in it', () => {
    const latencies = new LatencyHistogram();
    latencies.record(10_000_000);
    expect(latencies.total).toBe(1);
    expect(latencies.quantileMs(0.5)).toBeLessThanOrEqual(10_000_000);
  });

  test('cleared, it knows nothing', () => {
    const latencies = new LatencyHistogram();
    latencies.record(5);
    latencies.clear();
    expect(latencies.total).toBe(0);
    expect(latencies.quantileMs(0.5)).toBeNaN();
  });
});
