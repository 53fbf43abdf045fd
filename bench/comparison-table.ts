import {
  cpuMicrosPerOperation,
  opsPerSecond,
  ratiosOf,
  type Comparison,
  type Contender,
  type Measure,
} from './measure.ts';
import type { ResultTable } from './section-result.ts';
import { median, spread } from './statistics.ts';

/** Above this share of a core in use, the load tool and not the server may have been the limit. */
const TOOL_IS_BUSY = 0.9;

export function comparisonTable(title: string, comparisons: readonly Comparison[]): ResultTable {
  const rows = comparisons.flatMap((comparison) =>
    comparison.contenders.map((contender) => contenderRow(comparison, contender)),
  );
  return {
    title,
    columns: ['row', 'tool', 'contender', 'per second', 'CPU µs', 'p50 ms', 'p99 ms', 'p99.9 ms', '× rate', '× CPU'],
    rows,
    ...(rows.some((row) => row[3]?.endsWith('*')) && {
      notes: ['\\* The load tool used over 90 % of a core: it was the limit, and not the server.'],
    }),
  };
}

function contenderRow(comparison: Comparison, { name, rounds }: Contender): string[] {
  const { row, tool, against } = comparison;
  const latency = (pick: (latencies: NonNullable<Measure['latencyMs']>) => number): string => {
    const values = rounds.map(({ latencyMs }) => (latencyMs === undefined ? Number.NaN : pick(latencyMs)));
    return values.some(Number.isNaN) ? '' : digits(median(values));
  };
  const isToolBusy = median(rounds.map(({ loadCpuSeconds, seconds }) => loadCpuSeconds / seconds)) > TOOL_IS_BUSY;
  const ratio = (value: (measure: Measure) => number): string =>
    name === against ? '1' : spreadText(ratiosOf(comparison, value, name, against) ?? []);
  return [
    ...[row, tool, name],
    spreadText(rounds.map(opsPerSecond)) + (isToolBusy ? '*' : ''),
    spreadText(rounds.map(cpuMicrosPerOperation)),
    ...[latency(({ p50 }) => p50), latency(({ p99 }) => p99), latency(({ p999 }) => p999)],
    ...[ratio(opsPerSecond), ratio(cpuMicrosPerOperation)],
  ];
}

/** The median, and in parentheses the least and the most where there are several. */
export function spreadText(values: readonly number[]): string {
  if (values.length === 0) return '';
  const { median: middle, min, max } = spread(values);
  if (values.length === 1) return digits(middle);
  return `${digits(middle)} (${digits(min)}–${digits(max)})`;
}

/** Three digits are more than a noisy machine knows. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toString();
  return Number(value.toPrecision(3)).toString();
}
