import { describe, expect, test } from 'vitest';
import { readmissionDelayMs } from '../../../src/membership/flapping.ts';

/** So many deaths, a second apart, the latest of them now. */
function deaths(count: number, now = 100_000): number[] {
  return Array.from({ length: count }, (_, at) => now - (count - 1 - at) * 1000);
}

describe('letting a node in that comes and goes', () => {
  test('the first two deaths in a minute cost nothing', () => {
    expect(readmissionDelayMs([], 100_000)).toBe(0);
    expect(readmissionDelayMs(deaths(1), 100_000)).toBe(0);
    expect(readmissionDelayMs(deaths(2), 100_000)).toBe(0);
  });

  test('from the third on the delay doubles, up to two seconds: who is well again is out for no longer', () => {
    const delays = [3, 4, 5, 6, 16].map((count) => readmissionDelayMs(deaths(count), 100_000));
    expect(delays).toEqual([500, 1000, 2000, 2000, 2000]);
  });

  test('the delay counts from the latest death, and what has passed of it is taken off', () => {
    expect(readmissionDelayMs(deaths(3), 100_000 + 200)).toBe(300);
    expect(readmissionDelayMs(deaths(3), 100_000 + 500)).toBe(0);
    expect(readmissionDelayMs(deaths(3), 100_000 + 5000)).toBe(0);
  });

  test('deaths more than a minute ago are forgotten', () => {
    expect(readmissionDelayMs([1000, 2000, 100_000], 100_000)).toBe(0);
    expect(readmissionDelayMs([40_001, 40_002, 100_000], 100_000)).toBe(500);
  });
});
