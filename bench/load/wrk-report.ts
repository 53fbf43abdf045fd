import type { Latencies } from '../measure.ts';

/** What wrk says through our script when it has run. */
export interface WrkReport {
  readonly operations: number;
  readonly seconds: number;
  /** Broken connections, time-outs, and statuses from 400 on. */
  readonly errors: number;
  readonly latencyMs: Latencies;
}

/** @throws RangeError for what is no such report */
export function parseWrkReport(text: string): WrkReport {
  const line = /^counted .*$/m.exec(text)?.[0];
  if (line === undefined) throw new RangeError(`wrk said something else: ${text.slice(-300)}`);
  const values = new Map(Array.from(line.matchAll(/(\w+)=(\d+)/g), ([, name, value]) => [name, Number(value)]));
  const value = (name: string): number => values.get(name) ?? Number.NaN;
  const ms = (name: string): number => value(name) / 1000;
  return {
    operations: value('requests'),
    seconds: value('us') / 1e6,
    errors: value('failed'),
    latencyMs: { p50: ms('p50'), p99: ms('p99'), p999: ms('p999'), longest: ms('longest') },
  };
}
