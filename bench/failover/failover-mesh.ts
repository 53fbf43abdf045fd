import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../test/support/until.ts';
import type { BenchContext } from '../bench-context.ts';
import { FailoverNode } from './failover-node.ts';
import type { Network } from './network.ts';

/** Who dies often is let in again later each time; among so many, each one's turn comes seldom enough. */
export const FAILOVER_LETTERS: readonly string[] = ['a', 'b', 'c', 'd', 'e'];

const SETTLE_MS = 60_000;

export class FailoverMesh {
  readonly network: Network;
  readonly #nodes: readonly FailoverNode[];

  private constructor(network: Network, nodes: readonly FailoverNode[]) {
    this.network = network;
    this.#nodes = nodes;
  }

  static async start(name: string, network: Network, { cleanup, directory }: BenchContext): Promise<FailoverMesh> {
    cleanup.add(() => network.remove());
    const place = join(directory, name);
    mkdirSync(place);
    const letters = Object.fromEntries(FAILOVER_LETTERS.map((letter, at) => [letter, network.addresses[at] ?? '']));
    const nodes = FAILOVER_LETTERS.map(
      (letter, at) => new FailoverNode({ letter, letters, prefix: network.prefix(at), directory: place }),
    );
    cleanup.add(async () => {
      await Promise.all(nodes.map((node) => node.end()));
    });
    await Promise.all(nodes.map((node) => node.start()));
    const mesh = new FailoverMesh(network, nodes);
    await mesh.settled();
    return mesh;
  }

  /** They follow upon each other in a circle. */
  node(at: number): FailoverNode {
    const node = this.#nodes[at % this.#nodes.length];
    if (node === undefined) throw new RangeError(`no node ${at}`);
    return node;
  }

  /** Until every one considers every other alive. */
  async settled(): Promise<void> {
    for (const node of this.#nodes) {
      await until(`${node.letter} considers all alive`, () => node.holdsAlive(FAILOVER_LETTERS), SETTLE_MS);
    }
  }
}
