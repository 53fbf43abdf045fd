import { join } from 'node:path';
import { requireRight } from '../answers-checked.ts';
import type { Measure } from '../measure.ts';
import { cpuSeconds } from '../process-cpu.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import { runProgram } from './run-program.ts';

const SCRIPT = join(import.meta.dirname, '../php/session-work.php');

/** No cookies and headers: these pages have no browser. */
const WITHOUT_BROWSER = ['session.use_cookies=0', 'session.use_only_cookies=0', 'session.cache_limiter='];

interface PhpReport {
  readonly seconds: number;
  readonly wrong: number;
  readonly firstError: string | null;
  /** In µs. */
  readonly durations: readonly number[];
}

export interface PhpRun {
  readonly what: string;
  /** Of php.ini, `name=value`. */
  readonly settings: readonly string[];
  /** One for each PHP; empty where the handler makes them. */
  readonly ids: readonly string[];
  readonly seconds: number;
  readonly servers: readonly number[];
  readonly signal: AbortSignal;
}

/** So many PHPs as there are ids, each of which serves one visitor's pages, one after the other. */
export async function runPhpPages({ what, settings, ids, seconds, servers, signal }: PhpRun): Promise<Measure> {
  const flags = [...WITHOUT_BROWSER, ...settings].flatMap((setting) => ['-d', setting]);
  const before = cpuSeconds(servers);
  const runs = await Promise.all(ids.map((id) => runProgram('php', [...flags, SCRIPT, String(seconds), id], signal)));
  const serverCpuSeconds = cpuSeconds(servers) - before;
  const reports = runs.map(({ output }) => JSON.parse(output) as PhpReport);
  const latencies = new LatencyHistogram();
  for (const { durations } of reports) for (const duration of durations) latencies.record(duration / 1000);
  const firstError = reports.find((report) => report.firstError !== null)?.firstError;
  requireRight(what, {
    operations: latencies.total,
    misses: 0,
    errors: reports.reduce((sum, { wrong }) => sum + wrong, 0),
    ...(typeof firstError === 'string' && { firstError }),
  });
  return {
    operations: latencies.total,
    seconds: Math.max(...reports.map((report) => report.seconds)),
    serverCpuSeconds,
    loadCpuSeconds: runs.reduce((sum, run) => sum + run.cpuSeconds, 0) / ids.length,
    latencyMs: latencies.summary(),
  };
}
