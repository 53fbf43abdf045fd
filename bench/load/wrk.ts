import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireRight } from '../answers-checked.ts';
import type { Measure } from '../measure.ts';
import { cpuSeconds } from '../process-cpu.ts';
import { runProgram } from './run-program.ts';
import { parseWrkReport } from './wrk-report.ts';

const SCRIPT = join(import.meta.dirname, 'wrk-requests.lua');

/** wrk counts whole seconds. */
const SHORTEST_SECONDS = 1;

export interface WrkRun {
  readonly what: string;
  readonly url: string;
  readonly method: 'POST' | 'PUT';
  /** In path and body `%s` is the id. */
  readonly path: string;
  readonly body: string;
  readonly ids: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  readonly servers: readonly number[];
  /** For its files. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

export async function runWrk(run: WrkRun): Promise<Measure> {
  const { what, url, method, path, body, ids, connections, seconds, servers, directory, signal } = run;
  const [idsFile, bodyFile] = [join(directory, 'wrk-ids'), join(directory, 'wrk-body')];
  writeFileSync(idsFile, ids.join('\n'));
  writeFileSync(bodyFile, body);
  const before = cpuSeconds(servers);
  const { output, cpuSeconds: loadCpuSeconds } = await runProgram(
    'wrk',
    [
      ...['-t', '1', '-c', String(connections), '-d', `${Math.max(SHORTEST_SECONDS, Math.round(seconds))}s`],
      ...['-s', SCRIPT, url, '--', method, path, idsFile, bodyFile],
    ],
    signal,
  );
  const serverCpuSeconds = cpuSeconds(servers) - before;
  const { operations, seconds: took, errors, latencyMs } = parseWrkReport(output);
  requireRight(what, { operations, misses: 0, errors });
  return { operations, seconds: took, serverCpuSeconds, loadCpuSeconds, latencyMs };
}
