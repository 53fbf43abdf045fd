import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { isListening } from './listening.ts';
import { until } from './until.ts';

const OPTIONS = [
  // The thread that sorts items by use holds on to some for a moment, and a number cannot be written over those.
  ...['-o', 'no_lru_maintainer'],
  // In the memory behind a number from 2^63 on, up to the first NUL, memcached looks for a minus sign, and where there is
  // one it says that the value is no number. Next to it is the next item, with addresses that are others each time, so
  // each item gets more room than any value of a test fills: behind the value there are NULs.
  ...['-n', '16384'],
];

/** The real memcached, on a unix socket, with what does not depend on chance: what maglia's answers are compared with. */
export class MemcachedBeside {
  readonly path: string;
  readonly #process: ChildProcess;
  readonly #directory: string;

  private constructor(child: ChildProcess, directory: string, path: string) {
    this.#process = child;
    this.#directory = directory;
    this.path = path;
  }

  static async start(): Promise<MemcachedBeside> {
    const directory = await mkdtemp(join(tmpdir(), 'maglia-beside-'));
    const path = join(directory, 'socket');
    // memcached does not run as root unless it is told to.
    const args = ['-s', path, '-m', '64', '-u', userInfo().username, ...OPTIONS];
    const child = spawn('memcached', args, { stdio: 'ignore' });
    await until('memcached listens', () => isListening({ path }));
    return new MemcachedBeside(child, directory, path);
  }

  async close(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
    await rm(this.#directory, { recursive: true });
  }
}
