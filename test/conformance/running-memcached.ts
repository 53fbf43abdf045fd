import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/until.ts';
import { Wire } from './wire.ts';

/** A real memcached on a unix socket. */
export class RunningMemcached {
  readonly path: string;
  readonly #process: ChildProcess;
  readonly #directory: string;

  private constructor(child: ChildProcess, directory: string, path: string) {
    this.#process = child;
    this.#directory = directory;
    this.path = path;
  }

  static async start(): Promise<RunningMemcached> {
    const directory = await mkdtemp(join(tmpdir(), 'maglia-beside-'));
    const path = join(directory, 'socket');
    // The thread that sorts items by use holds on to some for a moment, and a number cannot be written over those.
    const args = ['-s', path, '-m', '64', '-u', userInfo().username, '-o', 'no_lru_maintainer'];
    const child = spawn('memcached', args, { stdio: 'ignore' });
    const wire = await until('memcached listens', () => Wire.open(path).catch(() => undefined));
    wire.close();
    return new RunningMemcached(child, directory, path);
  }

  async close(): Promise<void> {
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
    await rm(this.#directory, { recursive: true });
  }
}
