import { readFileSync } from 'node:fs';

/** The unit of utime and stime in /proc, USER_HZ: 100 on every architecture that Node.js runs on. */
const TICKS_PER_SECOND = 100;

/** CPU time in seconds, user and system, of all threads of a process, out of its /proc/PID/stat. */
export function cpuSecondsIn(stat: string): number {
  // The second field is the program's name in parentheses, and may have spaces and parentheses of its own.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [utime, stime] = [Number(fields[11]), Number(fields[12])];
  if (!Number.isFinite(utime + stime)) throw new RangeError(`no stat of a process: ${stat.slice(0, 80)}`);
  return (utime + stime) / TICKS_PER_SECOND;
}

/** What each of these processes has used so far. */
export function cpuSecondsOfEach(pids: readonly number[]): number[] {
  return pids.map((pid) => cpuSecondsIn(readFileSync(`/proc/${pid}/stat`, 'utf8')));
}

/** What they have used together. */
export function cpuSeconds(pids: readonly number[]): number {
  return sum(cpuSecondsOfEach(pids));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
