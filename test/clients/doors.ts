import { afterAll } from 'vitest';
import { CALM, startCluster, type Cluster } from '../support/cluster.ts';
import { PlainMemcached } from '../support/plain-memcached.ts';

/**
 * With MEMCACHED_DOORS=plain these tests run against the real memcached, which shows that it is not the clients or the
 * tests themselves that fail. What only a mesh can do is left out then.
 */
export const IS_MESH = process.env['MEMCACHED_DOORS'] !== 'plain';

/** The memcacheds that web hosts find at 127.0.0.1, an address for each host. */
export interface Doors {
  readonly addresses: readonly string[];
  /** The mesh behind them, unless it is a plain memcached. */
  readonly mesh: Cluster | undefined;
  close(): Promise<void>;
}

export interface DoorOptions {
  readonly letters?: readonly string[];
  /** Merged into every node's `doors`. */
  readonly doors?: Readonly<Record<string, unknown>>;
  /** Whether the daemons have the deadlines that they come with, for tests of those. Else theirs are for busy machines. */
  readonly hasUsualTimings?: boolean;
}

export async function openDoors(options: DoorOptions = {}): Promise<Doors> {
  const { letters = ['a', 'b', 'c'], doors = {}, hasUsualTimings = false } = options;
  if (IS_MESH) {
    const mesh = await startCluster({ letters, doors, config: hasUsualTimings ? {} : CALM });
    return { addresses: mesh.nodes.map(({ memcached }) => memcached), mesh, close: () => mesh.close() };
  }
  const plain = await PlainMemcached.start();
  return { addresses: letters.map(() => plain.address), mesh: undefined, close: () => plain.close() };
}

let shared: Promise<Doors> | undefined;

/** Those of all tests of one file that leave daemons as they find them: to start a mesh takes longer than most tests. */
export function sharedDoors(): Promise<Doors> {
  shared ??= openDoors();
  return shared;
}

afterAll(async () => {
  await (await shared?.catch(() => undefined))?.close();
});
