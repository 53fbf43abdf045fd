import { spreadText } from './comparison-table.ts';
import { ratiosOf, type Comparison, type Latencies, type Measure } from './measure.ts';
import type { ResultTable } from './section-result.ts';

const QUANTILES: readonly { readonly name: string; readonly pick: (latencies: Latencies) => number }[] = [
  { name: 'p50', pick: ({ p50 }) => p50 },
  { name: 'p99', pick: ({ p99 }) => p99 },
  { name: 'p99.9', pick: ({ p999 }) => p999 },
];

/** The latencies of a comparison with their spread, and divided round by round by the contender that all are held against. */
export function latencyTable(comparison: Comparison): ResultTable {
  const { row, against, contenders } = comparison;
  return {
    title: `latency, ms: ${row}`,
    columns: ['contender', ...QUANTILES.flatMap(({ name }) => [name, `× ${name}`])],
    rows: contenders.map(({ name, rounds }) => [
      name,
      ...QUANTILES.flatMap(({ pick }) => {
        const value = ({ latencyMs }: Measure): number => (latencyMs === undefined ? Number.NaN : pick(latencyMs));
        return [
          spreadText(rounds.map(value)),
          name === against ? '1' : spreadText(ratiosOf(comparison, value, name, against) ?? []),
        ];
      }),
    ]),
  };
}
