import { CALM, startCluster, type Cluster } from '../support/cluster.ts';
import { DEFAULT_LIFE_SECONDS } from './comparable.ts';

/** A node that is alone in its map: a daemon with a process of its own, and a Memcached behind it. */
export class RunningDaemon {
  /** The memcached door, `host:port`. */
  readonly address: string;
  readonly pid: number;
  readonly #cluster: Cluster;

  private constructor(cluster: Cluster) {
    const node = cluster.node('a');
    this.#cluster = cluster;
    this.address = node.memcached;
    this.pid = node.pid;
  }

  /** @param limits as in the configuration file */
  static async start(limits: Readonly<Record<string, number>> = {}): Promise<RunningDaemon> {
    const session = { ttlSeconds: DEFAULT_LIFE_SECONDS };
    return new RunningDaemon(
      await startCluster({ letters: ['a'], doors: { allowFlush: true }, config: { ...CALM, session, limits } }),
    );
  }

  log(): string {
    return this.#cluster.node('a').log();
  }

  close(): Promise<void> {
    return this.#cluster.close();
  }
}
