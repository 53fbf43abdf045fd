import { spawn, type ChildProcess } from 'node:child_process';
import { until } from '../test/support/until.ts';

const COMPLAINT_CHARACTERS = 2000;

/** A program that serves until it is ended: memcached, nutcracker, redis-server. */
export class ChildProgram {
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #exit: Promise<void>;
  #said = '';

  constructor(name: string, args: readonly string[]) {
    this.#name = name;
    this.#process = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exit = new Promise((resolve) => {
      this.#process.once('exit', () => resolve());
      this.#process.once('error', (error) => {
        this.#said += error.message;
        resolve();
      });
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on(
        'data',
        (chunk: Buffer) => (this.#said = (this.#said + chunk.toString()).slice(-COMPLAINT_CHARACTERS)),
      );
    }
  }

  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new Error(`${this.#name} did not start: ${this.#said}`);
    return pid;
  }

  async ready(isReady: () => Promise<boolean>): Promise<void> {
    try {
      await until(`${this.#name} is ready`, async () => (await isReady()) && !this.#hasEnded());
    } catch (error) {
      throw new Error(`${this.#name} did not start: ${this.#said}`, { cause: error });
    }
  }

  async end(): Promise<void> {
    if (this.#process.pid === undefined || this.#hasEnded()) return;
    this.#process.kill('SIGKILL');
    await this.#exit;
  }

  #hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }
}
