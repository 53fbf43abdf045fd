import { describe, expect, test } from 'vitest';
import { comparisonTable, digits } from '../../../bench/comparison-table.ts';
import { cpuTable } from '../../../bench/cpu-table.ts';
import { figuresTable } from '../../../bench/figures.ts';
import { markdownTable } from '../../../bench/markdown-table.ts';
import type { Comparison, Measure } from '../../../bench/measure.ts';
import type { SectionResult } from '../../../bench/section-result.ts';

function measure(operations: number, serverCpuSeconds: number, loadCpuSeconds = 0.5): Measure {
  return { operations, seconds: 1, serverCpuSeconds, loadCpuSeconds };
}

const COMPARISON: Comparison = {
  row: 'text, tcp, 50 conn',
  tool: 'bench/load',
  against: 'twemproxy',
  contenders: [
    { name: 'maglia', rounds: [measure(90_000, 0.9), measure(40_000, 0.4), measure(80_000, 0.8)] },
    { name: 'twemproxy', rounds: [measure(100_000, 0.8), measure(50_000, 0.4), measure(100_000, 0.8, 0.95)] },
  ],
};

describe('a comparison', () => {
  test('each contender has a row, with medians, their spread, and ratios to the one that it is held against', () => {
    const [maglia, twemproxy] = comparisonTable('door', [COMPARISON]).rows;
    expect(maglia?.slice(2, 5)).toEqual(['maglia', '80000 (40000–90000)', '10 (10–10)']);
    expect(maglia?.slice(-2)).toEqual(['0.8 (0.8–0.9)', '1.25 (1.25–1.25)']);
    expect(twemproxy?.slice(-2)).toEqual(['1', '1']);
  });

  test('a contender that the load tool may have held back has a mark', () => {
    const contenders = [{ name: 'twemproxy', rounds: [measure(100_000, 0.8, 0.95)] }];
    const { rows, notes } = comparisonTable('door', [{ ...COMPARISON, contenders }]);
    expect(rows[0]?.[3]).toMatch(/\*$/);
    expect(notes).toHaveLength(1);
    expect(comparisonTable('door', [COMPARISON]).notes).toBeUndefined();
  });

  test('the CPU of an operation is told process by process, without those that had nothing to do', () => {
    const rounds = [{ ...measure(1000, 0.03), serverCpuSecondsEach: [0.02, 0.01, 0] }];
    const contenders = [{ name: 'maglia', servers: ['daemon', 'its Memcached', 'idler'], rounds }];
    expect(cpuTable('CPU', [{ ...COMPARISON, contenders }]).rows).toEqual([
      ['text, tcp, 50 conn', 'maglia', 'daemon', '20'],
      ['text, tcp, 50 conn', 'maglia', 'its Memcached', '10'],
    ]);
  });

  test('a figure is reached where the median of the ratios reaches it; what was not measured is not told', () => {
    const section = { section: 'door', comparisons: [COMPARISON], tables: [], figures: {}, tookSeconds: 1 } as const;
    expect(figuresTable([section]).rows.map(([, ...cells]) => cells)).toEqual([
      ['≥ 0.8, then ≥ 1', '0.8 (0.8–0.9)', 'yes, no'],
      ['≤ 1.25, then ≤ 1', '1.25 (1.25–1.25)', 'yes, no'],
    ]);
    expect(figuresTable([]).rows).toEqual([]);
  });

  test('of several runs, a figure is reached where each that measured it reaches it', () => {
    const [maglia, twemproxy] = COMPARISON.contenders.map(({ rounds }) => rounds);
    const run = (at: number): SectionResult => ({
      section: 'door',
      tables: [],
      figures: {},
      tookSeconds: 1,
      comparisons: [
        {
          ...COMPARISON,
          contenders: [
            { name: 'maglia', rounds: maglia?.slice(at, at + 1) ?? [] },
            { name: 'twemproxy', rounds: twemproxy?.slice(at, at + 1) ?? [] },
          ],
        },
      ],
    });
    const { columns, rows } = figuresTable([run(0)], [], [run(1)]);
    expect(columns.slice(2)).toEqual(['run 1', 'run 2', 'run 3', 'reached']);
    expect(rows.map(([, ...cells]) => cells)).toEqual([
      ['≥ 0.8, then ≥ 1', '0.9', '', '0.8', 'yes, no'],
      ['≤ 1.25, then ≤ 1', '1.25', '', '1.25', 'yes, no'],
    ]);
  });

  test('numbers have three digits and no more', () => {
    expect([0.123456, 7.25, 1234.5, Number.NaN].map(digits)).toEqual(['0.123', '7.25', '1235', '–']);
  });

  test('a table is Markdown whose columns are as wide as their widest cell', () => {
    expect(markdownTable(['row', 'n'], [['a long one', '1']])).toBe(
      ['| row        |   n |', '| ---------- | --: |', '| a long one |   1 |'].join('\n'),
    );
  });
});
