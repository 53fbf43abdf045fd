import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isListening } from '../../test/support/listening.ts';
import { ChildProgram } from '../child-program.ts';
import type { LoadTarget } from '../load/load-job.ts';

export interface TwemproxyPlaces {
  readonly directory: string;
  readonly listens: readonly LoadTarget[];
  readonly statsPort: number;
  readonly memcached: LoadTarget;
}

/** twemproxy (nutcracker) in front of one Memcached, over one connection, as a daemon is. */
export class Twemproxy {
  readonly #program: ChildProgram;

  private constructor(program: ChildProgram) {
    this.#program = program;
  }

  static async start({ directory, listens, statsPort, memcached }: TwemproxyPlaces): Promise<Twemproxy> {
    const file = join(directory, `nutcracker-${statsPort}.yml`);
    writeFileSync(file, listens.map((listen, at) => poolText(`pool${at}`, listen, memcached)).join(''));
    const program = new ChildProgram('nutcracker', ['-c', file, '-a', '127.0.0.1', '-s', String(statsPort)]);
    for (const listen of listens) await program.ready(() => isListening(listen));
    return new Twemproxy(program);
  }

  get pid(): number {
    return this.#program.pid;
  }

  end(): Promise<void> {
    return this.#program.end();
  }
}

function poolText(name: string, listen: LoadTarget, memcached: LoadTarget): string {
  return `${name}:
  listen: ${addressText(listen)}
  hash: fnv1a_64
  distribution: modula
  preconnect: true
  server_connections: 1
  servers:
    - ${addressText(memcached)}:1
`;
}

function addressText(target: LoadTarget): string {
  return 'path' in target ? target.path : `${target.host}:${target.port}`;
}
