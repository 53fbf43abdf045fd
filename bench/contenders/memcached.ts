import { isListening } from '../../test/support/listening.ts';
import { memcachedArguments } from '../../src/store/memcached-arguments.ts';
import { ChildProgram } from '../child-program.ts';
import type { LoadTarget } from '../load/load-job.ts';

/** As a daemon starts its own, with the default options, but for where it listens and how many may come. */
const CLIENTS = '8192';
const MEGABYTES = 64;
const MAX_RECORD_BYTES = 1_048_576;

/** A Memcached with the arguments of a daemon's own: one thread, the same memory. */
export class BenchMemcached {
  readonly #program: ChildProgram;
  readonly target: LoadTarget;

  private constructor(program: ChildProgram, target: LoadTarget) {
    this.#program = program;
    this.target = target;
  }

  static async start(target: LoadTarget, megabytes = MEGABYTES): Promise<BenchMemcached> {
    const socketPath = 'path' in target ? target.path : '/unused';
    const args = memcachedArguments({
      ...{ socketPath, megabytes, maxRecordBytes: MAX_RECORD_BYTES },
      asUser: process.getuid?.() === 0 ? 'root' : undefined,
    });
    args[args.indexOf('-c') + 1] = CLIENTS;
    if ('port' in target) args.splice(args.indexOf('-s'), 4, '-l', target.host, '-p', String(target.port));
    const program = new ChildProgram('memcached', args);
    await program.ready(() => isListening(target));
    return new BenchMemcached(program, target);
  }

  get pid(): number {
    return this.#program.pid;
  }

  end(): Promise<void> {
    return this.#program.end();
  }
}
