import { afterEach, describe, expect, test } from 'vitest';
import { CALM, startCluster, type Cluster } from '../support/cluster.ts';
import { until } from '../support/until.ts';

const HARD_CAP_MS = 500;
const OWN_NOISE_MS = 400;

describe('a node whose Memcached is killed', () => {
  let cluster: Cluster;

  afterEach(() => cluster.close());

  test('says store-lost, starts another, and goes on; no request in flight hangs', async () => {
    cluster = await startCluster({ config: CALM });
    const b = cluster.node('b');
    const { id } = await b.client.mint({ n: 0 });
    const storePid = await b.storePid();

    const isOver = { value: false };
    const slowest = { ms: 0 };
    const browse = async (node: (typeof cluster.nodes)[number]): Promise<void> => {
      while (!isOver.value) slowest.ms = Math.max(slowest.ms, (await node.client.get(id)).tookMs);
    };
    const load = Promise.all(cluster.nodes.map(browse));
    process.kill(storePid, 'SIGKILL');
    await until('b has another Memcached', async () => {
      const { store } = await b.view();
      return store.state === 'up' && store.pid !== undefined && store.pid !== storePid;
    });
    isOver.value = true;
    await load;
    expect(slowest.ms).toBeLessThan(HARD_CAP_MS + OWN_NOISE_MS);

    expect(await cluster.node('a').client.get(id)).toMatchObject({ status: 404, body: { reason: 'store-lost' } });
    expect(await cluster.node('c').client.open(id)).toMatchObject({ state: 'regenerated', reason: 'store-lost' });
    expect(b.log()).toContain('store-lost');
    const metrics = await b.client.call('GET', '/metrics');
    expect(metrics.bytes.toString()).toContain('maglia_store_losses_total 1');

    const fresh = await b.client.mint({ n: 1 });
    expect((await cluster.node('c').client.get(fresh.id)).body).toMatchObject({ data: { n: 1 } });
  });
});

describe('a node whose Memcached is frozen', () => {
  let cluster: Cluster;

  afterEach(() => cluster.close());

  test('is not ready and says why, and has every session when it thaws', async () => {
    cluster = await startCluster({ letters: ['a', 'b'], config: CALM });
    const [a, b] = [cluster.node('a'), cluster.node('b')];
    const minted = await Promise.all([1, 2, 3].map((n) => b.client.mint({ n })));
    const storePid = await b.storePid();
    process.kill(storePid, 'SIGSTOP');
    const why = await until(
      'b has been without an answer for 5 s',
      async () => {
        const { status, body } = await b.client.call('GET', '/readyz');
        const told = status === 503 ? String(body['why']) : '';
        return / (?:[5-9]|1\d) s$/.test(told) ? told : undefined;
      },
      30_000,
    );
    expect(why).toMatch(/^the store is down: Memcached has not answered for \d+ s$/);
    expect((await b.view()).store).toMatchObject({ state: 'down', pid: storePid });
    process.kill(storePid, 'SIGCONT');
    await b.ready();
    expect(await b.storePid()).toBe(storePid);
    for (const [index, { id }] of minted.entries()) {
      expect((await a.client.get(id)).body).toMatchObject({ data: { n: index + 1 } });
    }
    expect(b.log()).not.toContain('store-lost');
  });
});
