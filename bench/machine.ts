import { spawnSync } from 'node:child_process';
import { cpus, release } from 'node:os';
import type { Machine } from './bench-result.ts';

const VERSION_QUESTIONS: Readonly<Record<string, readonly string[]>> = {
  memcached: ['memcached', '-V'],
  nutcracker: ['nutcracker', '-V'],
  wrk: ['wrk', '-v'],
  php: ['php', '-r', 'echo PHP_VERSION;'],
  'redis-server': ['redis-server', '--version'],
};

/** What the measures are worth nothing without. */
export function machine(): Machine {
  const cores = cpus();
  const versions = Object.entries(VERSION_QUESTIONS).map(([name, [program = '', ...args]]) => [
    name,
    firstVersion(answerOf(program, args)),
  ]);
  return {
    date: new Date().toISOString(),
    command: `npm run bench -- ${process.argv.slice(2).join(' ')}`.trim(),
    revision: answerOf('git', ['describe', '--always', '--dirty']),
    cores: cores.length,
    cpu: cores[0]?.model ?? 'unknown',
    kernel: release(),
    versions: { node: process.versions.node, ...(Object.fromEntries(versions) as Record<string, string>) },
  };
}

function firstVersion(text: string): string {
  return /\d+\.\d+(?:\.\d+)*/.exec(text)?.[0] ?? 'not there';
}

/** Some of them answer on standard error, and end with an error. */
function answerOf(program: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return `${stdout}${stderr}`.trim();
}
