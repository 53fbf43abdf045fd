import { spawn, type ChildProcess } from 'node:child_process';
import { freePorts } from './free-ports.ts';
import { hostAndPort, isListening } from './listening.ts';
import { until } from './until.ts';

/** The real memcached program, on a port of its own on loopback: what maglia's door is compared with. */
export class PlainMemcached {
  readonly address: string;
  readonly #process: ChildProcess;
  readonly #exit: Promise<void>;

  private constructor(address: string, child: ChildProcess) {
    this.address = address;
    this.#process = child;
    this.#exit = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  static async start(): Promise<PlainMemcached> {
    const [port = 0] = await freePorts(1);
    // -u counts for root only, whom memcached else refuses.
    const args = ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-u', 'nobody', '-m', '64'];
    const memcached = new PlainMemcached(`127.0.0.1:${port}`, spawn('memcached', args, { stdio: 'ignore' }));
    await until('memcached listens', () => isListening(hostAndPort(memcached.address)));
    return memcached;
  }

  async close(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exit;
  }
}
