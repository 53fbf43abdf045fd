import { spreadText } from './comparison-table.ts';
import { cpuMicrosPerOperation, opsPerSecond, ratiosOf, type Measure } from './measure.ts';
import type { SectionName } from './section-names.ts';
import type { FigureName, ResultTable, SectionResult } from './section-result.ts';
import { median } from './statistics.ts';

interface Figure {
  readonly says: string;
  readonly wanted: readonly number[];
  readonly isAtLeast: boolean;
  readonly measured: (sections: readonly SectionResult[]) => readonly number[] | undefined;
}

/** What maglia is meant to reach, where two values are wanted the nearer first. */
const FIGURES: readonly Figure[] = [
  {
    says: 'door, own letter, 50 connections: throughput ÷ twemproxy',
    wanted: [0.8, 1],
    isAtLeast: true,
    measured: ratios('door', 'text, tcp, 50 conn', opsPerSecond, 'maglia', 'twemproxy'),
  },
  {
    says: 'door, own letter, 50 connections: CPU per operation ÷ twemproxy',
    wanted: [1.25, 1],
    isAtLeast: false,
    measured: ratios('door', 'text, tcp, 50 conn', cpuMicrosPerOperation, 'maglia', 'twemproxy'),
  },
  {
    says: 'door, forwarded (TLS), 50 connections: throughput ÷ own letter',
    wanted: [0.5],
    isAtLeast: true,
    measured: ratios('forward', 'text, tcp, 50 conn', opsPerSecond, 'forwarded, TLS', 'own letter'),
  },
  {
    says: 'HTTP open of a found session: throughput ÷ fastify route',
    wanted: [0.5],
    isAtLeast: true,
    measured: ratios('http', 'open', opsPerSecond, 'maglia', 'fastify route'),
  },
  atMost('owner killed: first regenerated answer, p99 ms', 100, 'failover', 'killedP99Ms'),
  atMost('owner frozen: first regenerated answer, p99 ms', 500, 'failover', 'frozenP99Ms'),
  atMost('owner blackholed: first regenerated answer, p99 ms', 500, 'failover', 'blackholedP99Ms'),
  atMost('the longest that one request waited for any of these, ms', 500, 'failover', 'longestWaitMs'),
  atMost('idle daemon, RSS in MB', 90, 'memory', 'idleDaemonMegabytes'),
  atMost('idle connection of the memcached door, KB', 10, 'memory', 'kilobytesPerDoorConnection'),
  atMost('idle connection of the HTTP door, KB', 10, 'memory', 'kilobytesPerHttpConnection'),
];

/** The figures that were measured, and whether each run that did so reaches them. It is told, and fails nothing. */
export function figuresTable(...runs: readonly (readonly SectionResult[])[]): ResultTable {
  const measuredIn = runs.length === 1 ? ['measured'] : runs.map((_, at) => `run ${at + 1}`);
  return {
    title: 'Figures to reach',
    columns: ['figure', 'wanted', ...measuredIn, 'reached'],
    rows: FIGURES.flatMap(({ says, wanted, isAtLeast, measured }) => {
      const values = runs.map((sections) => measured(sections) ?? []);
      const medians = values.filter(({ length }) => length > 0).map(median);
      if (medians.length === 0) return [];
      return [
        [
          says,
          wanted.map((value) => `${isAtLeast ? '≥' : '≤'} ${value}`).join(', then '),
          ...values.map(spreadText),
          wanted.map((value) => reached(medians, value, isAtLeast)).join(', '),
        ],
      ];
    }),
  };
}

function reached(values: readonly number[], wanted: number, isAtLeast: boolean): string {
  return values.every((value) => (isAtLeast ? value >= wanted : value <= wanted)) ? 'yes' : 'no';
}

function ratios(
  section: SectionName,
  row: string,
  value: (measure: Measure) => number,
  of: string,
  by: string,
): Figure['measured'] {
  return (sections) => {
    const comparison = sections
      .find((result) => result.section === section)
      ?.comparisons.find((candidate) => candidate.row === row);
    return comparison && ratiosOf(comparison, value, of, by);
  };
}

function atMost(says: string, wanted: number, section: SectionName, figure: FigureName): Figure {
  return {
    says,
    wanted: [wanted],
    isAtLeast: false,
    measured: (sections) => {
      const found = sections.find((result) => result.section === section)?.figures[figure];
      if (found === undefined) return undefined;
      return found.min === found.max ? [found.median] : [found.min, found.median, found.max];
    },
  };
}
