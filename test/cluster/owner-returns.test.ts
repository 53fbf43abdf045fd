import { afterEach, describe, expect, test } from 'vitest';
import { CALM, startCluster, type Cluster } from '../support/cluster.ts';
import { isRunning } from '../support/process-life.ts';
import { until } from '../support/until.ts';

describe('an owner that comes back', () => {
  let cluster: Cluster;

  afterEach(() => cluster.close());

  async function mintOnB(count: number): Promise<string[]> {
    const sessions = await Promise.all(Array.from({ length: count }, (_, n) => cluster.node('b').client.mint({ n })));
    return sessions.map(({ id }) => id);
  }

  test('S1 never old: untouched sessions are there again, those regenerated meanwhile are gone for good', async () => {
    cluster = await startCluster({ config: CALM });
    const ids = await mintOnB(20);
    const touched = ids.slice(0, 10);
    const untouched = ids.slice(10);
    await cluster.node('b').end('SIGKILL');

    const successors = new Map<string, string>();
    for (const [n, id] of touched.entries()) {
      const { client } = n % 2 === 0 ? cluster.node('a') : cluster.node('c');
      successors.set(id, (await client.open(id)).id);
      await client.put(successors.get(id) ?? '', { fresh: n });
    }
    await cluster.node('b').start();
    await cluster.settled();

    for (const { client } of cluster.nodes) {
      for (const [n, id] of untouched.entries()) {
        expect((await client.get(id)).body).toMatchObject({ id, data: { n: n + 10 } });
      }
      for (const id of touched) {
        expect(await client.get(id)).toMatchObject({ status: 404, body: { reason: 'owner-dead' } });
        const opened = await client.open(id);
        expect(opened).toMatchObject({ state: 'regenerated', id: successors.get(id), previous: id });
      }
    }
  });

  test('S1 never old: a miss that was answered while it was dead stays a miss', async () => {
    cluster = await startCluster({ config: CALM });
    const [read, written, destroyed, left] = await mintOnB(4);
    await cluster.node('b').end('SIGKILL');
    const { client } = cluster.node('a');
    expect(await client.get(read ?? '')).toMatchObject({ status: 404, body: { reason: 'owner-dead' } });
    expect(await client.put(written ?? '', { n: 9 })).toMatchObject({ status: 404 });
    expect(await client.destroy(destroyed ?? '')).toMatchObject({ status: 404 });
    await cluster.node('b').start();
    await cluster.settled();
    for (const node of cluster.nodes) {
      for (const id of [read, written, destroyed]) expect((await node.client.get(id ?? '')).status).toBe(404);
      expect((await node.client.get(left ?? '')).status).toBe(200);
    }
  });

  test('S9 explained: its sessions are gone because it left, and then because it came back empty', async () => {
    cluster = await startCluster({ config: CALM });
    const [asked, unasked] = await mintOnB(2);
    const { client } = cluster.node('a');
    await cluster.node('b').end('SIGTERM');
    expect(await client.get(asked ?? '')).toMatchObject({ status: 404, body: { reason: 'left' } });
    await cluster.node('b').start();
    await cluster.settled();
    for (const id of [asked, unasked]) {
      expect(await client.get(id ?? '')).toMatchObject({ status: 404, body: { reason: 'restarted' } });
    }
    await cluster.node('b').end('SIGUSR2');
    await cluster.node('b').start();
    await cluster.settled();
    expect(await client.get(unasked ?? '')).toMatchObject({ status: 404, body: { reason: 'restarted' } });
  });

  test('with its Memcached dead too, all its sessions are reset and none is old', async () => {
    cluster = await startCluster({ config: CALM });
    const ids = await mintOnB(10);
    await cluster.node('b').end('SIGKILL');
    cluster.node('b').killStore();
    await cluster.node('b').start();
    await cluster.settled();
    for (const node of cluster.nodes) {
      for (const id of ids) expect((await node.client.get(id)).status).toBe(404);
    }
    const { body } = await cluster.node('c').client.get(ids[0] ?? '');
    expect(body['reason']).toBe('store-lost');
  });

  test('killed and started again at once, nothing that nobody asked for is lost', async () => {
    cluster = await startCluster({ config: CALM });
    const ids = await mintOnB(20);
    await cluster.node('b').end('SIGKILL');
    await cluster.node('b').start();
    await cluster.settled();
    for (const [n, id] of ids.entries()) {
      expect((await cluster.node(n % 2 === 0 ? 'a' : 'b').client.get(id)).body).toMatchObject({ data: { n } });
    }
  });

  test('restarted for an upgrade under load, no session is lost', async () => {
    cluster = await startCluster({ config: CALM });
    const ids = await mintOnB(20);
    const isOver = { value: false };
    const browse = async (): Promise<void> => {
      for (let click = 0; !isOver.value; click += 1) await cluster.node('a').client.get(ids[click % ids.length] ?? '');
    };
    const load = Promise.all([browse(), browse(), browse()]);
    await cluster.node('b').end('SIGUSR2');
    await cluster.node('b').start();
    await cluster.settled();
    isOver.value = true;
    await load;
    for (const [n, id] of ids.entries()) {
      expect((await cluster.node('c').client.get(id)).body).toMatchObject({ data: { n } });
    }
  });

  test('an ordinary stop says goodbye: its orphans are reset at once, and its Memcached is gone', async () => {
    cluster = await startCluster({ config: CALM });
    const [id] = await mintOnB(1);
    const storePid = await cluster.node('b').storePid();
    await cluster.node('b').end('SIGTERM');
    await until('its Memcached is gone', () => !isRunning(storePid), 1000);
    expect(await cluster.node('a').client.open(id ?? '')).toMatchObject({ state: 'regenerated', reason: 'left' });
    const { peers } = await cluster.node('a').view();
    expect(peers.find(({ letter }) => letter === 'b')?.state).toBe('left');
  });

  test('the whole mesh killed and started again keeps every session', async () => {
    cluster = await startCluster({ config: CALM });
    const ids = await Promise.all(cluster.nodes.map(async ({ client }) => (await client.mint({ kept: true })).id));
    await Promise.all(cluster.nodes.map((node) => node.end('SIGKILL')));
    await Promise.all(cluster.nodes.map((node) => node.start()));
    await cluster.settled();
    for (const id of ids) {
      expect((await cluster.node('a').client.get(id)).body).toMatchObject({ data: { kept: true } });
    }
  });
});
