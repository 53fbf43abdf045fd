import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PeerRequest } from '../../src/mesh/message.ts';
import { MAX_INCARNATION } from '../../src/session/version.ts';
import { CALM, SECRET, startCluster, type Cluster, type ClusterNode } from '../support/cluster.ts';
import { hostAndPort } from '../support/listening.ts';
import { letter } from '../support/mesh-messages.ts';
import { openLink, secret, type TestLink } from '../support/mesh-nodes.ts';
import { until } from '../support/until.ts';

const DAY = 86_400_000;
const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

describe('the life that somebody names is a claim', () => {
  let cluster: Cluster;

  beforeEach(async () => {
    cluster = await startCluster({ config: CALM });
  });
  afterEach(() => cluster.close());

  async function lifeOf(node: ClusterNode): Promise<number> {
    return (await node.view()).incarnation;
  }

  /** Calls `victim` as b does, in this life. */
  function callAsB(victim: ClusterNode, incarnation: number): TestLink {
    const security = secret(SECRET);
    const hello = { mapDigest: cluster.mapDigest, incarnation };
    const to = letter(victim.letter);
    return openLink(hostAndPort(victim.mesh), { from: letter('b'), to, security, hello, isCredible: () => true });
  }

  /** What `node` has written down, but for its own lives. */
  function remembered(node: ClusterNode): string {
    return readFileSync(join(node.directory, 'run', 'lives.json'), 'utf8');
  }

  test('a peer that joins with 2^53-1, or far ahead of all clocks, is not believed, and nobody ends', async () => {
    const b = cluster.node('b');
    const pids = cluster.nodes.map(({ pid }) => pid);
    const life = await lifeOf(b);
    for (const incarnation of [Number.MAX_SAFE_INTEGER, MAX_INCARNATION, life + 3 * DAY]) {
      const requests: PeerRequest[] = [
        { kind: 'join', incarnation, priorIncarnation: 0, settled: 0 },
        { kind: 'hold', incarnation },
        { kind: 'release', incarnation },
        { kind: 'accuse', letter: letter('c'), incarnation, evidence: 'silence', isPoll: false },
      ];
      for (const request of requests) {
        const { link, ups, downs, in: after } = callAsB(cluster.node('a'), life);
        await ups.find();
        await expect(link.request(request, after(5000))).rejects.toThrow('lost before the answer came');
        expect(downs.all).toHaveLength(1);
        await link.close();
      }
    }
    expect(cluster.node('a').log()).toContain('set the clocks of both hosts');
    expect(remembered(cluster.node('a'))).not.toMatch(/9007199254740991|8000000000000/);

    await cluster.settled();
    expect(cluster.nodes.map(({ pid }) => pid)).toEqual(pids);
    await b.end('SIGKILL');
    await b.start();
    await cluster.settled();
    expect(await lifeOf(b)).toBeLessThan(life + DAY);
  });

  test('2^53-1 in lives.json is not believed: the daemon says so and serves', async () => {
    for (const node of [cluster.node('a'), cluster.node('b')]) {
      await node.end('SIGKILL');
      const peers = { b: { incarnation: Number.MAX_SAFE_INTEGER, state: 'dead', isWitnessed: true, isTouched: true } };
      const lives = { served: Number.MAX_SAFE_INTEGER, peers, settled: {}, recalled: {}, untaken: {} };
      writeFileSync(join(node.directory, 'run', 'lives.json'), JSON.stringify(lives));
    }
    await Promise.all([cluster.node('a').start(), cluster.node('b').start()]);
    await cluster.settled();
    expect(cluster.node('a').log()).toContain('peers.b is not believed');
    expect(await lifeOf(cluster.node('b'))).toBeLessThan(MAX_INCARNATION);
  });

  test.each(['@2300-01-01 00:00:00', '@2150-01-01 00:00:00'])(
    'S1 not older: after a start with the clock at %s, one with the right clock serves, and If-Match protects',
    async (time) => {
      const b = cluster.node('b');
      await b.end('SIGTERM');
      b.spawn({ LD_PRELOAD: LIBRARY, FAKETIME: time, FAKETIME_DONT_FAKE_MONOTONIC: '1' });
      if (time.startsWith('@2300')) {
        expect(await b.ended()).toBe(3);
        expect(b.log()).toContain("this host's clock");
      } else {
        await until('its peers refuse it', () => b.log().includes('wrong-clock'));
        expect(await b.isReady()).toBe(false);
        await b.end('SIGTERM');
      }

      await b.start();
      await cluster.settled();
      const { id } = await b.client.mint({ n: 0 });
      const versions: number[] = [];
      for (const n of [1, 2, 3]) {
        const { body } = await cluster.node('a').client.call('PUT', `/v1/sessions/${id}`, { data: { n } });
        versions.push((body as { version: number }).version);
      }
      expect(versions).toEqual([...new Set(versions)].sort((one, other) => one - other));
      expect(versions).toHaveLength(3);
      expect((await cluster.node('c').client.get(id)).body).toMatchObject({ data: { n: 3 } });
    },
  );
});
