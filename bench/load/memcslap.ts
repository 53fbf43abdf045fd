import { requireRight } from '../answers-checked.ts';
import type { Measure } from '../measure.ts';
import { cpuSeconds } from '../process-cpu.ts';
import type { LoadTarget } from './load-job.ts';
import { parseMemcslapReport } from './memcslap-report.ts';
import { runProgram } from './run-program.ts';

/** It is told how many, not how long. About so many a second from each thread of 50, wherever they go. */
const EXECUTIONS_PER_SECOND = 700;

export interface MemcslapRun {
  readonly what: string;
  readonly target: LoadTarget;
  readonly test: 'get' | 'set';
  readonly protocol: 'text' | 'binary';
  readonly connections: number;
  readonly seconds: number;
  readonly servers: readonly number[];
  readonly signal: AbortSignal;
}

/**
 * libmemcached's load tool, and so libmemcached itself: gets only, or sets only, of keys and values of random lengths. Its
 * keys begin with any letter, so a daemon that is alone in its map has to own them. (libmemcached's other tool, memcaslap,
 * makes keys of control bytes, which the door refuses, and does not notice that.)
 */
export async function runMemcslap(run: MemcslapRun): Promise<Measure> {
  const { what, target, test, protocol, connections, seconds, servers, signal } = run;
  const executions = Math.max(100, Math.round(seconds * EXECUTIONS_PER_SECOND));
  const address = 'path' in target ? target.path : `${target.host}:${target.port}`;
  const args = ['-s', address, '-t', test, '-c', String(connections), '-e', String(executions)];
  const before = cpuSeconds(servers);
  const { output, cpuSeconds: loadCpuSeconds } = await runProgram(
    'memcslap',
    protocol === 'binary' ? [...args, '-b'] : args,
    signal,
  );
  const serverCpuSeconds = cpuSeconds(servers) - before;
  const { operations, seconds: took } = parseMemcslapReport(output);
  requireRight(what, { operations, misses: 0, errors: executions * connections - operations });
  // What is got has to be set first, one of each.
  const filled = test === 'get' ? executions : 0;
  return {
    operations,
    seconds: took,
    serverCpuSeconds: (serverCpuSeconds * operations) / (operations + filled),
    loadCpuSeconds,
  };
}
