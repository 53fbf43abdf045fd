import { afterEach, describe, expect, test } from 'vitest';
import { CALM, startCluster, type Cluster } from '../support/cluster.ts';
import { ON_A_FAIR_MACHINE } from '../support/fair-machine.ts';
import type { Answer } from '../support/session-client.ts';

/** The usual hard cap of one operation, which a killed process does not need, and what the test's own process may add on a busy machine. */
const HARD_CAP_MS = 500;
const OWN_NOISE_MS = 400;

const CLIENTS = 50;

describe('an owner that is killed', () => {
  let cluster: Cluster;

  afterEach(() => cluster.close());

  test(
    'S2, S3: while 50 clients work, only its own sessions are reset, and nobody waits beyond the deadline',
    ON_A_FAIR_MACHINE,
    async () => {
      cluster = await startCluster({ config: CALM });
      const visitors = await Promise.all(
        Array.from({ length: CLIENTS }, async (_, n) => {
          const owner = cluster.nodes[n % 3] ?? cluster.node('a');
          return { id: (await owner.client.mint({ n })).id, n };
        }),
      );

      const seen: { visitor: (typeof visitors)[number]; answer: Answer }[] = [];
      const isOver = { value: false };
      const survivors = [cluster.node('a'), cluster.node('c')];
      const browse = async (visitor: (typeof visitors)[number]): Promise<void> => {
        for (let click = 0; !isOver.value; click += 1) {
          const { client } = survivors[click % 2] ?? cluster.node('a');
          const answer = await client.tryOpen(visitor.id);
          seen.push({ visitor, answer });
          if (answer.body['state'] === 'regenerated') return;
        }
      };
      const load = Promise.all(visitors.map(browse));
      await waitFor(() => seen.length > 200);
      await cluster.node('b').end('SIGKILL');
      const killedAt = seen.length;
      await waitFor(() => seen.length > killedAt + 400);
      isOver.value = true;
      await load;

      const ofOthers = seen.filter(({ visitor }) => !visitor.id.startsWith('b'));
      expect(ofOthers.filter(({ answer }) => answer.body['state'] !== 'found')).toEqual([]);
      expect(ofOthers.every(({ visitor, answer }) => answer.body['id'] === visitor.id)).toBe(true);

      const regenerated = seen.filter(({ answer }) => answer.body['state'] === 'regenerated');
      expect(regenerated).toHaveLength(visitors.filter(({ id }) => id.startsWith('b')).length);
      for (const { visitor, answer } of regenerated) {
        expect(answer.body).toMatchObject({ reason: 'owner-dead', previous: visitor.id, data: {} });
        expect(answer.body['id']).toMatch(/^[ac]/);
      }
      const slowest = Math.max(...seen.map(({ answer }) => answer.tookMs));
      expect(slowest).toBeLessThan(HARD_CAP_MS + OWN_NOISE_MS);
    },
  );

  test('the same orphan, opened 20 times in parallel through both survivors, gets one new session', async () => {
    cluster = await startCluster({ config: CALM });
    const { id } = await cluster.node('b').client.mint({ cart: ['book'] });
    await cluster.node('b').end('SIGKILL');

    const opened = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? cluster.node('a') : cluster.node('c')).client.open(id)),
    );
    expect(new Set(opened.map((session) => session.id)).size).toBe(1);
    for (const session of opened) {
      expect(session).toMatchObject({ state: 'regenerated', reason: 'owner-dead', previous: id, data: {} });
      expect(session.id).toMatch(/^[ac]/);
    }
    const again = await cluster.node('c').client.open(id);
    expect(again.id).toBe(opened[0]?.id);
  });

  test('the new id is local: it begins with the letter of the node that was asked', async () => {
    cluster = await startCluster({ config: CALM });
    const minted = await Promise.all(Array.from({ length: 10 }, () => cluster.node('b').client.mint({})));
    await cluster.node('b').end('SIGKILL');
    for (const [n, { id }] of minted.entries()) {
      const node = n % 2 === 0 ? cluster.node('a') : cluster.node('c');
      expect((await node.client.open(id)).id.slice(0, 1)).toBe(node.letter);
    }
  });

  test('a write to a killed owner is answered: not found, unavailable or in doubt, never done', async () => {
    cluster = await startCluster({ config: CALM });
    const { id } = await cluster.node('b').client.mint({ n: 0 });
    await cluster.node('b').end('SIGKILL');
    const answer = await cluster.node('a').client.put(id, { n: 1 });
    expect([404, 503, 504]).toContain(answer.status);
    expect(answer.tookMs).toBeLessThan(HARD_CAP_MS + OWN_NOISE_MS);
  });

  test('two of three killed: the last one goes on alone', async () => {
    cluster = await startCluster({ config: CALM });
    const [a, b, c] = cluster.nodes.map((node) => node.client);
    const own = await a?.mint({ n: 1 });
    const orphans = [await b?.mint({}), await c?.mint({})];
    await Promise.all([cluster.node('b').end('SIGKILL'), cluster.node('c').end('SIGKILL')]);
    for (const orphan of orphans) {
      expect(await a?.open(orphan?.id ?? '')).toMatchObject({ state: 'regenerated', reason: 'owner-dead', owner: 'a' });
    }
    expect(await a?.open(own?.id ?? '')).toMatchObject({ state: 'found', data: { n: 1 } });
  });
});

async function waitFor(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}
