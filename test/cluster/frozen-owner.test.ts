import { afterEach, describe, expect, test } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.ts';
import { until } from '../support/until.ts';

const HARD_CAP_MS = 500;
const OWN_NOISE_MS = 400;

describe('an owner that is frozen and thaws', () => {
  let cluster: Cluster;

  afterEach(() => cluster.close());

  async function isConsideredDead(by: string): Promise<boolean> {
    const { peers } = await cluster.node(by).view();
    return peers.some(({ letter, state }) => letter === 'b' && state === 'dead');
  }

  test('nobody hangs, and what was regenerated meanwhile never comes back under its old id', async () => {
    cluster = await startCluster();
    const b = cluster.node('b');
    const ids = await Promise.all(Array.from({ length: 12 }, async (_, n) => (await b.client.mint({ n })).id));
    const regenerated = ids.slice(0, 6);
    const untouched = ids.slice(6);

    b.signal('SIGSTOP');
    const first = await Promise.all(
      regenerated.map((id, n) => cluster.node(n % 2 === 0 ? 'a' : 'c').client.tryOpen(id)),
    );
    for (const answer of first) {
      expect(answer.body).toMatchObject({ state: 'regenerated', reason: 'owner-dead' });
      expect(answer.tookMs).toBeLessThan(HARD_CAP_MS + OWN_NOISE_MS);
    }
    // Requests that pile up in the frozen process's sockets, to be answered when it thaws.
    const stuck = regenerated.map((id) => b.client.get(id));
    await new Promise((resolve) => setTimeout(resolve, 3000));
    b.signal('SIGCONT');

    for (const answer of await Promise.all(stuck)) expect(answer.status).not.toBe(200);
    const watchUntil = performance.now() + 3000;
    while (performance.now() < watchUntil) {
      for (const node of cluster.nodes) {
        for (const id of regenerated) expect((await node.client.get(id)).status).not.toBe(200);
      }
    }
    await cluster.settled();
    for (const [n, id] of untouched.entries()) {
      for (const node of cluster.nodes) {
        expect((await node.client.get(id)).body).toMatchObject({ id, data: { n: n + 6 } });
      }
    }
  });

  test('S1 never old: what it acknowledged before is there, or reset, on every node', async () => {
    cluster = await startCluster();
    const b = cluster.node('b');
    const { id } = await b.client.mint({ n: 0 });
    let acknowledged = 0;
    for (let round = 0; round < 3; round += 1) {
      for (let n = 0; n < 20; n += 1) {
        const answer = await cluster.node('a').client.put(id, { n: acknowledged + 1 });
        if (answer.status === 200) acknowledged += 1;
      }
      b.signal('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 250 * round));
      b.signal('SIGCONT');
      await until('b serves again', () => b.isReady());
    }
    await cluster.settled();
    for (const node of cluster.nodes) {
      const answer = await node.client.get(id);
      if (answer.status === 200) expect((answer.body['data'] as { n: number }).n).toBe(acknowledged);
      else expect(answer.status).toBe(404);
    }
  });

  test('a freeze that is shorter than the patience changes nothing', async () => {
    cluster = await startCluster();
    const b = cluster.node('b');
    const { incarnation } = await b.view();
    const { id } = await b.client.mint({ n: 1 });
    b.signal('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 50));
    b.signal('SIGCONT');
    expect((await cluster.node('a').client.get(id)).body).toMatchObject({ data: { n: 1 } });
    expect((await b.view()).incarnation).toBe(incarnation);
  });

  test('two nodes alone decide alone', async () => {
    cluster = await startCluster({ letters: ['a', 'b'] });
    const { id } = await cluster.node('b').client.mint({});
    cluster.node('b').signal('SIGSTOP');
    await until('a considers b dead', () => isConsideredDead('a'));
    expect(await cluster.node('a').client.open(id)).toMatchObject({ state: 'regenerated', owner: 'a' });
    cluster.node('b').signal('SIGCONT');
    await cluster.settled();
    expect((await cluster.node('b').client.get(id)).status).toBe(404);
  });
});
