import { spreadText } from './comparison-table.ts';
import type { Comparison } from './measure.ts';
import type { ResultTable } from './section-result.ts';

/** Which of the processes behind each contender the CPU goes to. Idle ones are left out. */
export function cpuTable(title: string, comparisons: readonly Comparison[]): ResultTable {
  return {
    title,
    columns: ['row', 'contender', 'process', 'CPU µs'],
    rows: comparisons.flatMap(({ row, contenders }) =>
      contenders.flatMap(({ name, servers = [], rounds }) =>
        servers.flatMap((server, at) => {
          const micros = rounds.map(
            ({ serverCpuSecondsEach = [], operations }) => ((serverCpuSecondsEach[at] ?? 0) / operations) * 1e6,
          );
          return micros.every((value) => value === 0) ? [] : [[row, name, server, spreadText(micros)]];
        }),
      ),
    ),
  };
}
