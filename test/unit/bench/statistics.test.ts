import { describe, expect, test } from 'vitest';
import { median, pairwiseRatios, quantile, spread } from '../../../bench/statistics.ts';

describe('the statistics of the bench', () => {
  test('a median is the middle value, and of an even number half-way between the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([1, 2, 4, 100])).toBe(3);
    expect(median([])).toBeNaN();
  });

  test('a quantile lies between its neighbours in proportion', () => {
    expect(quantile([0, 10, 20, 30, 40], 0.25)).toBe(10);
    expect(quantile([0, 100], 0.99)).toBe(99);
    expect(quantile([3, 1, 2], 1)).toBe(3);
  });

  test('values come with how far they go to either side', () => {
    expect(spread([2, 9, 3])).toEqual({ median: 3, min: 2, max: 9 });
  });

  test('ratios are taken within each round, so that a slow round speaks against nobody', () => {
    expect(pairwiseRatios([50, 5, 40], [100, 10, 80])).toEqual([0.5, 0.5, 0.5]);
  });
});
