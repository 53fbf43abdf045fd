import { readFileSync } from 'node:fs';

/** What a process has in memory. */
export interface Resident {
  readonly kilobytes: number;
  /** Without what it shares with others that run now, such as the program itself. */
  readonly privateKilobytes: number;
}

/** Out of a process's /proc/PID/smaps_rollup. */
export function residentIn(text: string): Resident {
  const kilobytes = (name: string): number => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    if (found === undefined) throw new RangeError(`no memory of a process: ${text.slice(0, 80)}`);
    return Number(found);
  };
  return {
    kilobytes: kilobytes('Rss'),
    privateKilobytes: kilobytes('Private_Clean') + kilobytes('Private_Dirty'),
  };
}

export function residentOf(pid: number): Resident {
  return residentIn(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
}

export function residentKilobytes(pid: number): number {
  return residentOf(pid).kilobytes;
}
