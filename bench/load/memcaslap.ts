import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireRight } from '../answers-checked.ts';
import type { LoadTarget } from './load-job.ts';
import type { Measure } from '../measure.ts';
import { cpuSeconds } from '../process-cpu.ts';
import { parseMemcaslapReport } from './memcaslap-report.ts';
import { runProgram } from './run-program.ts';

/** As the other load has them: keys of 27 bytes, values of 600, 30 sets in 100. */
const MIX = 'key\n27 27 1\nvalue\n600 600 1\ncmd\n0 0.3\n1 0.7\n';

/** Keys of one connection. All together fit into the Memcached, or gets would miss. */
const WINDOW = '1k';

export interface MemcaslapRun {
  readonly what: string;
  readonly target: LoadTarget;
  readonly protocol: 'text' | 'binary';
  readonly connections: number;
  readonly seconds: number;
  readonly servers: readonly number[];
  /** For its file. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

/**
 * libmemcached's load tool. It makes keys by itself, eight bytes of a counter and then random ones, so they have no owner's
 * letter and mostly are not printable: a daemon that is alone in its map answers for them all the same.
 */
export async function runMemcaslap(run: MemcaslapRun): Promise<Measure> {
  const { what, target, protocol, connections, seconds, servers, directory, signal } = run;
  if ('path' in target) throw new RangeError('memcaslap knows no unix sockets');
  const file = join(directory, 'memcaslap.conf');
  writeFileSync(file, MIX);
  const args = [
    ...['-s', `${target.host}:${target.port}`, '-F', file, '-T', '1', '-c', String(connections), '-w', WINDOW],
    ...['-t', `${Math.max(1, Math.round(seconds))}s`, ...(protocol === 'binary' ? ['-B'] : [])],
  ];
  const before = cpuSeconds(servers);
  const { output, cpuSeconds: loadCpuSeconds } = await runProgram('memcaslap', args, signal);
  const serverCpuSeconds = cpuSeconds(servers) - before;
  const { operations, seconds: took, misses } = parseMemcaslapReport(output);
  requireRight(what, { operations, misses, errors: 0 });
  return { operations, seconds: took, serverCpuSeconds, loadCpuSeconds };
}
