import { afterEach, describe, expect, test } from 'vitest';
import { CALM, prepareCluster, startCluster, type Cluster, type ClusterNode } from '../support/cluster.ts';
import { MemcachedTalk } from '../support/memcached-talk.ts';

let cluster: Cluster | undefined;

afterEach(() => cluster?.close());

async function ask<T>({ memcached }: ClusterNode, question: (talk: MemcachedTalk) => Promise<T>): Promise<T> {
  const talk = await MemcachedTalk.open(memcached, 'text');
  try {
    return await question(talk);
  } finally {
    talk.close();
  }
}

describe('a map that grows, and shrinks again', () => {
  test('S1 never old: a key that another host had meanwhile is reset; what begins with our letter stays', async () => {
    const here = (cluster = await prepareCluster({ letters: ['a', 'b', 'c'], config: CALM }));
    const [a, b, c] = [here.node('a'), here.node('b'), here.node('c')];
    const startAll = async (nodes: readonly ClusterNode[]): Promise<void> => {
      await Promise.all(nodes.map((node) => node.start()));
      await here.settled(nodes.map(({ letter }) => letter));
    };
    // Nodes with two maps refuse each other: it changes for all at once, and each keeps its Memcached.
    const endAll = (nodes: readonly ClusterNode[]): Promise<unknown> =>
      Promise.all(nodes.map((node) => node.end('SIGUSR2')));
    const withoutC = (): void => {
      for (const { letter } of [a, b]) here.configure(letter, { letters: { c: undefined } });
    };

    const moving = Array.from({ length: 20 }, (_, n) => `?:${n}`).filter((key) => here.ownerOf(key) === c);
    const set = (key: string, value: string) => ask(a, (talk) => talk.set(key, value, 600));
    const get = (key: string) => ask(a, (talk) => talk.get(key));
    const mine = async () => [await get('a:mine'), await get('b:mine'), (await b.client.get(id)).status];
    withoutC();
    await startAll([a, b]);
    for (const key of [...moving, 'a:mine', 'b:mine']) expect(await set(key, 'first')).toBe('stored');
    const { id } = await a.client.mint({ n: 1 });

    await endAll([a, b]);
    for (const { letter } of [a, b]) here.configure(letter, {});
    await startAll([a, b, c]);
    // They keep it where they meet before they have asked c, which knows nothing of them.
    const kept = await mine();
    for (const key of moving) expect(await set(key, 'second')).toBe('stored');

    await endAll([a, b, c]);
    withoutC();
    await startAll([a, b]);
    expect(new Set(await Promise.all(moving.map(get)))).toEqual(new Set([undefined]));
    expect(await mine()).toEqual(kept);
    for (const key of moving) {
      expect(await set(key, 'third')).toBe('stored');
      expect(await get(key)).toBe('third');
    }
  });

  test('nothing is reset where the map stays as it is', async () => {
    const here = (cluster = await startCluster({ letters: ['a'], config: CALM }));
    const node = here.node('a');
    expect(await ask(node, (talk) => talk.set('?:1', 'first', 600))).toBe('stored');
    await node.end('SIGUSR2');
    await node.start();
    expect(await ask(node, (talk) => talk.get('?:1'))).toBe('first');
  });
});
