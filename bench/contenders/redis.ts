import { freePorts } from '../../test/support/free-ports.ts';
import { isListening } from '../../test/support/listening.ts';
import { ChildProgram } from '../child-program.ts';
import { TCP_HOST } from './door-contender.ts';

/** A Redis that keeps everything in memory alone, as the Memcacheds do. */
export class BenchRedis {
  readonly #program: ChildProgram;
  readonly address: string;

  private constructor(program: ChildProgram, address: string) {
    this.#program = program;
    this.address = address;
  }

  static async start(directory: string): Promise<BenchRedis> {
    const [port = 0] = await freePorts(1);
    const inMemory = ['--save', '', '--appendonly', 'no', '--dir', directory];
    const program = new ChildProgram('redis-server', ['--bind', TCP_HOST, '--port', String(port), ...inMemory]);
    await program.ready(() => isListening({ host: TCP_HOST, port }));
    return new BenchRedis(program, `${TCP_HOST}:${port}`);
  }

  get pid(): number {
    return this.#program.pid;
  }

  end(): Promise<void> {
    return this.#program.end();
  }
}
