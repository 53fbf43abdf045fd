/** The middle of some values, and the furthest from it on either side. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Between two values it goes in proportion, so that the median of an even number of them is the usual one. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * One value by another, round by round: what disturbs a round disturbs both. The ratio of two medians would compare
 * rounds that were minutes apart.
 */
export function pairwiseRatios(of: readonly number[], by: readonly number[]): number[] {
  const rounds = Math.min(of.length, by.length);
  return Array.from({ length: rounds }, (_, round) => (of[round] ?? Number.NaN) / (by[round] ?? Number.NaN));
}
