import { readProcess } from '../../src/store/process-identity.ts';

/** Whether a process runs. One that has ended and that nobody has reaped yet does not. */
export function isRunning(pid: number): boolean {
  return readProcess(pid) !== undefined;
}
