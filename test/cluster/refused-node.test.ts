import { afterEach, describe, expect, test } from 'vitest';
import type { ClusterView } from '../../src/routing/cluster-view.ts';
import { CALM, startCluster, type Cluster } from '../support/cluster.ts';
import { until } from '../support/until.ts';

describe('a node that does not belong', () => {
  let cluster: Cluster;

  afterEach(() => cluster.close());

  /** Everything that this view says about refusals. */
  function refusalsIn(view: ClusterView): string[] {
    const ofPeers = view.peers.flatMap(({ refused, link }) => [
      refused?.refusal ?? '',
      link.state === 'refused' ? link.why : '',
    ]);
    return [...ofPeers, ...view.strangers.map(({ refusal }) => refusal)];
  }

  async function saysOf(letter: string, refusal: string): Promise<void> {
    const node = cluster.node(letter);
    await until(`${letter} says ${refusal}`, async () =>
      refusalsIn(await node.view()).some((said) => said.includes(refusal)),
    );
    await until(`the log of ${letter} says ${refusal}`, () => node.log().includes(refusal));
  }

  test('S7 closed: with another secret it cannot join, and both sides say why', async () => {
    cluster = await startCluster({ config: CALM });
    await cluster.node('c').end('SIGTERM');
    cluster.configure('c', { secret: 'a secret that the others do not share' });
    cluster.node('c').spawn();
    await cluster.node('c').up();
    await Promise.all(['a', 'b', 'c'].map((letter) => saysOf(letter, 'wrong-secret')));
    expect(await cluster.node('c').isReady()).toBe(false);
    expect((await cluster.node('c').client.call('POST', '/v1/sessions', {})).status).toBe(503);
    expect((await cluster.node('a').client.call('POST', '/v1/sessions', {})).status).toBe(201);
  });

  test('S8 same map: with another map it cannot join, and both sides say why', async () => {
    cluster = await startCluster({ config: CALM });
    await cluster.node('c').end('SIGTERM');
    cluster.configure('c', { letters: { d: '127.0.0.1:9' } });
    cluster.node('c').spawn();
    await cluster.node('c').up();
    await Promise.all(['a', 'b', 'c'].map((letter) => saysOf(letter, 'wrong-map')));
    expect(await cluster.node('c').isReady()).toBe(false);
  });

  test('a second node with a letter that is taken cannot join, and both sides say why', async () => {
    cluster = await startCluster({ config: CALM });
    const { id } = await cluster.node('c').client.mint({ n: 1 });
    const twin = await cluster.stranger('c', {});
    twin.spawn();
    await twin.up();
    await Promise.all(['a', 'b'].map((letter) => saysOf(letter, 'duplicate-letter')));
    await until('the twin says duplicate-letter', () => twin.log().includes('duplicate-letter'));
    expect((await cluster.node('a').client.get(id)).body).toMatchObject({ data: { n: 1 } });
    expect(await twin.isReady()).toBe(false);
  });
});
