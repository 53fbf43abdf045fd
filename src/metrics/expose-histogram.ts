import type { HistogramSeries } from './histogram-series.ts';

/** A series with its labels, as pairs of name and value. */
export interface LabelledHistogram {
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly series: HistogramSeries;
}

/** One histogram in Prometheus's text format (its "Exposition formats", version 0.0.4). */
export function exposeHistogram(name: string, help: string, all: Iterable<LabelledHistogram>): string {
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
