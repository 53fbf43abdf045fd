import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { FlagValues } from '../../src/config/sources.ts';
import { Daemon } from '../../src/daemon.ts';
import { fakeSources, type FakeMachine } from '../unit/config/fake-sources.ts';
import { freePorts } from './free-ports.ts';

/** A node that is alone in its map, in the test's own process, with a memcached door on a unix socket. */
export class InProcessNode {
  /** The memcached door. */
  readonly path: string;
  readonly #daemon: Daemon;
  readonly #directory: string;

  private constructor(daemon: Daemon, directory: string) {
    this.#daemon = daemon;
    this.#directory = directory;
    this.path = memcachedPath(directory);
  }

  /**
   * @param flags options of the node, as on its command line
   * @param files those that the options name
   */
  static async start(flags: FlagValues = {}, files: FakeMachine['files'] = {}): Promise<InProcessNode> {
    const directory = await mkdtemp(join(tmpdir(), 'maglia-node-'));
    const [port = 0] = await freePorts(1);
    const config = await loadConfig(
      fakeSources({
        files,
        flags: {
          map: `a=>127.0.0.1:${port}`,
          doorsHttp: join(directory, 'http.sock'),
          doorsMemcached: memcachedPath(directory),
          storeKind: 'memory',
          runtimeDirectory: join(directory, 'run'),
          ...flags,
        },
      }),
    );
    const daemon = new Daemon(config, { clock: systemClock, log: pino({ level: 'silent' }), software: '0.0.0' });
    try {
      await daemon.start();
    } catch (error) {
      await rm(directory, { recursive: true });
      throw error;
    }
    return new InProcessNode(daemon, directory);
  }

  async close(): Promise<void> {
    await this.#daemon.close('stop');
    await rm(this.#directory, { recursive: true });
  }
}

function memcachedPath(directory: string): string {
  return join(directory, 'memcached.sock');
}
