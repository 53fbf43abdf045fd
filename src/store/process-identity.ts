import { readFileSync } from 'node:fs';

/**
 * Names one process for good: a pid comes back after a while, but not with the same moment of start, in the same boot.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat: clock ticks from boot to its start. */
  readonly startedTicks: string;
  readonly bootId: string;
}

/** A process as /proc shows it. */
export interface RunningProcess {
  readonly identity: ProcessIdentity;
  readonly commandLine: readonly string[];
}

/** The process that has this pid now; undefined where there is none, or it is dead and only not yet reaped. */
export function readProcess(pid: number): RunningProcess | undefined {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (stat === undefined || stat.isDead) return undefined;
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    return { identity: { pid, startedTicks: stat.startedTicks, bootId: readBootId() }, commandLine };
  } catch {
    return undefined;
  }
}

export function isSameProcess(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return one.pid === other.pid && one.startedTicks === other.startedTicks && one.bootId === other.bootId;
}

export function isAlive(identity: ProcessIdentity): boolean {
  const found = readProcess(identity.pid);
  return found !== undefined && isSameProcess(found.identity, identity);
}

/** The second field is the program's name in brackets, and may hold spaces and brackets itself (proc(5)). */
export function parseStat(text: string): { readonly startedTicks: string; readonly isDead: boolean } | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const startedTicks = fields[19];
  if (state === undefined || startedTicks === undefined || !/^\d+$/.test(startedTicks)) return undefined;
  return { startedTicks, isDead: state === 'Z' || state === 'X' };
}

/** Names this boot of the machine; undefined on a system that does not tell. */
export function currentBootId(): string | undefined {
  try {
    return readBootId();
  } catch {
    return undefined;
  }
}

function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
