import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALM, startCluster, type Cluster } from '../support/cluster.ts';

describe('three nodes that share sessions', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ config: CALM });
  });

  afterAll(() => cluster.close());

  test('a session minted on a, written through b, is the same bytes and version everywhere', async () => {
    const { id } = await cluster.node('a').client.mint({ cart: [] });
    expect(id).toMatch(/^a[0-9a-z]{26}$/);

    const data = { cart: ['book', 'Škoda', '本'], total: 12.5 };
    const written = await cluster.node('b').client.put(id, data);
    expect(written.status).toBe(200);

    for (const { client } of cluster.nodes) {
      const answer = await client.get(id);
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ id, data, owner: 'a', version: written.body['version'] });
      expect((await client.call('GET', `/v1/sessions/${id}/data`)).bytes.toString()).toBe(JSON.stringify(data));
    }
  });

  test('S4 ids: 10,000 minted on all nodes are distinct and begin with their node', async () => {
    const perNode = 3334;
    const minted = await Promise.all(
      cluster.nodes.map(async ({ client, letter }) => {
        const ids: string[] = [];
        const mintInTurn = async (count: number): Promise<void> => {
          for (let n = 0; n < count; n += 1) ids.push((await client.mint({})).id);
        };
        await Promise.all([mintInTurn(1112), mintInTurn(1111), mintInTurn(1111)]);
        expect(ids.filter((id) => !id.startsWith(letter))).toEqual([]);
        return ids;
      }),
    );
    expect(new Set(minted.flat()).size).toBe(perNode * 3);
  });

  test('S1 never old: after a write is acknowledged, every node reads it', async () => {
    const { id } = await cluster.node('b').client.mint({ n: 0 });
    for (let n = 1; n <= 100; n += 1) {
      const writer = cluster.nodes[n % 3];
      const reader = cluster.nodes[(n + 1) % 3];
      expect((await writer?.client.put(id, { n }))?.status).toBe(200);
      expect((await reader?.client.get(id))?.body['data']).toEqual({ n });
    }
  });

  test('S5 destroyed stays destroyed: on every node, also for a slower write', async () => {
    const { id } = await cluster.node('c').client.mint({ user: 'ada' });
    expect((await cluster.node('a').client.destroy(id)).status).toBe(204);
    for (const { client } of cluster.nodes) {
      expect(await client.put(id, { user: 'ada' })).toMatchObject({ status: 404, body: { reason: 'destroyed' } });
      expect(await client.get(id)).toMatchObject({ status: 404, body: { reason: 'destroyed' } });
    }
  });

  test('two writers that read the same version: one is told', async () => {
    const { id, version } = await cluster.node('a').client.mint({});
    const condition = { 'if-match': `"${version}"` };
    const answers = await Promise.all([
      cluster.node('b').client.put(id, { by: 'b' }, condition),
      cluster.node('c').client.put(id, { by: 'c' }, condition),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  test('50 parallel merge patches through all nodes each keep their key', async () => {
    const { id } = await cluster.node('a').client.mint({});
    const patches = Array.from({ length: 50 }, async (_, n) => {
      const { client } = cluster.nodes[n % 3] ?? cluster.node('a');
      return client.call('PATCH', `/v1/sessions/${id}`, { data: { [`key${n}`]: n } });
    });
    expect((await Promise.all(patches)).map(({ status }) => status)).toEqual(Array(50).fill(200));
    const { body } = await cluster.node('b').client.get(id);
    expect(Object.keys(body['data'] as object)).toHaveLength(50);
  });

  test('a rotated session goes on under its new id with the same data, and the old one is dead', async () => {
    const { id } = await cluster.node('b').client.mint({ user: 'ada' });
    const rotated = await cluster.node('c').client.call('POST', `/v1/sessions/${id}/rotate`, { graceSeconds: 0 });
    expect(rotated.status).toBe(200);
    const newId = rotated.body['id'] as string;
    expect(newId).not.toBe(id);
    for (const { client } of cluster.nodes) {
      expect((await client.get(newId)).body['data']).toEqual({ user: 'ada' });
      expect(await client.put(id, {})).toMatchObject({ status: 404, body: { reason: 'destroyed' } });
    }
  });

  test('an open with a lock, through another node, makes the next one wait', async () => {
    const { id } = await cluster.node('a').client.mint({});
    const lock = { waitMs: 5000 };
    const first = await cluster.node('b').client.call('POST', '/v1/sessions/open', { id, lock });
    const token = (first.body['lock'] as { token: string }).token;
    const second = cluster.node('c').client.call('POST', '/v1/sessions/open', { id, lock });
    const refused = await cluster.node('a').client.call('POST', '/v1/sessions/open', { id, lock: { waitMs: 50 } });
    expect(refused).toMatchObject({ status: 423, body: { code: 'LOCK_TIMEOUT' } });
    await cluster.node('a').client.call('POST', `/v1/sessions/${id}/unlock`, { token });
    expect((await second).status).toBe(200);
  });

  test('S9 explained: no log shows a session id beyond its letter and four characters', async () => {
    const { id } = await cluster.node('a').client.mint({});
    await cluster.node('b').client.destroy(id);
    await cluster.node('c').client.get(id);
    await cluster.node('c').client.open(id);
    for (const node of cluster.nodes) {
      expect(node.log()).not.toContain(id.slice(0, 7));
      expect(node.log().match(/\b[abc][0-9a-z]{26}\b/g)).toBeNull();
    }
    expect(cluster.node('c').log()).toContain(id.slice(0, 5));
  });
});
