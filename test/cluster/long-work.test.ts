import { afterEach, expect, test } from 'vitest';
import { Attack } from '../support/attack.ts';
import { startCluster, type Cluster } from '../support/cluster.ts';
import { ON_A_FAIR_MACHINE } from '../support/fair-machine.ts';

/*
 * Shipped timings: a peer is suspect after 150 ms of silence. Four clients make one node merge, and refuse, as much JSON as
 * they can.
 */

const PEERS = ['b', 'c'] as const;

let cluster: Cluster;
const attacks: Attack[] = [];

afterEach(async () => {
  for (const attack of attacks.splice(0)) await attack.end();
  await cluster.close();
});

/** What these nodes have logged of the other's state, other than that it lives. */
function doubts(of: string): string[] {
  return PEERS.flatMap((peer) =>
    cluster
      .node(peer)
      .log()
      .split('\n')
      .filter((line) => line.includes(`"peer":"${of}"`) && /suspect|dead/.test(line)),
  );
}

test(
  'S6: four clients with 1 MB patches, allowed ones and others, do not make any peer suspect the node',
  ON_A_FAIR_MACHINE,
  async () => {
    cluster = await startCluster();
    const a = cluster.node('a');
    const urls: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      const { id } = await a.client.mint({ n });
      urls.push(`${a.http}/v1/sessions/${id}`);
    }
    const before = doubts('a').length;
    const attack = new Attack('patches', ...urls);
    attacks.push(attack);
    const statuses = await attack.statuses;
    expect(statuses['200'] ?? 0).toBeGreaterThan(4);
    expect(statuses['413'] ?? 0).toBeGreaterThan(4);
    expect(doubts('a').slice(before)).toEqual([]);
    for (const peer of PEERS) {
      const { peers } = await cluster.node(peer).view();
      expect(peers.find(({ letter }) => letter === 'a')?.state).toBe('alive');
    }
  },
);
