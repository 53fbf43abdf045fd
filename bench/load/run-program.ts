import { spawn } from 'node:child_process';

export interface ProgramRun {
  readonly output: string;
  /** User and system time of the program. */
  readonly cpuSeconds: number;
}

/** Runs a load tool to its end and takes what it prints. */
export function runProgram(name: string, args: readonly string[], signal: AbortSignal): Promise<ProgramRun> {
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', `"$@"; code=$?; times >&3; exit $code`, 'sh', name, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
    });
    let output = '';
    let errors = '';
    let times = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.stdio[3]?.on('data', (chunk: Buffer) => (times += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve({ output, cpuSeconds: childrenSeconds(times) });
      else reject(new Error(`${name} ended with ${code ?? 'a signal'}: ${(errors + output).slice(-500)}`));
    });
  });
}

/** Of what the shell's `times` prints, the second line: user and system time of its children, such as `0m1.25s 0m0.50s`. */
export function childrenSeconds(times: string): number {
  const found = times.split('\n')[1]?.matchAll(/(\d+)m([\d.]+)s/g) ?? [];
  return Array.from(found).reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}
