import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { CALM, startCluster, type Cluster } from '../support/cluster.ts';

/** The least that Memcached can do with; it holds a few hundred of these. */
const MEGABYTES = 4;
const SESSION_BYTES = 8000;
const SESSIONS = 1200;
const AT_ONCE = 20;

describe('a host whose memory is full', () => {
  let cluster: Cluster;

  afterEach(() => cluster.close());

  test('S1, S9: each session is there as it was last written, or reset as a whole, and told to be evicted', async () => {
    // Few are at hand in the daemon, where Memcached's making room does not reach them.
    const store = { kind: 'memcached', megabytes: MEGABYTES, cacheMegabytes: 1 };
    const limits = { store, session: { maxBytes: 16_384 } };
    cluster = await startCluster({ config: { ...CALM, ...limits } });
    const owner = cluster.node('b').client;
    const written = new Map<string, string>();
    await inTurns(SESSIONS, async () => {
      const { id } = await owner.mint({ text: 'the first that was written' });
      const text = randomBytes(SESSION_BYTES / 2).toString('hex');
      const put = await cluster.node('a').client.put(id, { text });
      // Not before it was written, at the latest: the oldest go first.
      expect([200, 404]).toContain(put.status);
      if (put.status === 200) written.set(id, text);
    });
    expect(written.size).toBeGreaterThan(SESSIONS / 2);

    const evicted: string[] = [];
    const ids = [...written.keys()];
    await inTurns(ids.length, async (at) => {
      const id = ids[at] ?? '';
      const answers = await Promise.all(cluster.nodes.map(({ client }) => client.get(id)));
      for (const { status, body } of answers) {
        if (status === 200) expect(body['data']).toEqual({ text: written.get(id) });
        else expect({ status, reason: body['reason'] }).toEqual({ status: 404, reason: 'evicted' });
      }
      // One home: nothing comes or goes between three who ask at once.
      expect(new Set(answers.map(({ status }) => status)).size).toBe(1);
      if (answers[0]?.status === 404) evicted.push(id);
    });
    expect(evicted.length).toBeGreaterThan(SESSIONS / 10);
    expect(evicted.length).toBeLessThan(ids.length);

    const [one = ''] = evicted;
    expect((await owner.put(one, { text: 'too late' })).status).toBe(404);
    expect(await cluster.node('c').client.open(one)).toMatchObject({
      state: 'regenerated',
      reason: 'evicted',
      data: {},
    });
    expect((await owner.get(one)).status).toBe(404);
  }, 60_000);
});

async function inTurns(count: number, act: (at: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < count; from += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, at) => act(from + at)));
  }
}
