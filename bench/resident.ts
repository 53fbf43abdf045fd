import { readFileSync } from 'node:fs';

/** What a process has in memory now, in kilobytes: RSS, out of its /proc/PID/smaps_rollup or /proc/PID/status. */
export function residentKilobytesIn(text: string): number {
  const found = /^(?:Vm)?R(?:ss|SS):\s+(\d+) kB$/m.exec(text)?.[1];
  if (found === undefined) throw new RangeError(`no memory of a process: ${text.slice(0, 80)}`);
  return Number(found);
}

export function residentKilobytes(pid: number): number {
  return residentKilobytesIn(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
}
