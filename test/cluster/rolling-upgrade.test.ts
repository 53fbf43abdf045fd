import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OLDEST_WIRE_VERSION, WIRE_VERSION } from '../../src/mesh/message.ts';
import { CALM, MAIN, startCluster, type Cluster, type ClusterNode } from '../support/cluster.ts';
import { MemcachedTalk } from '../support/memcached-talk.ts';
import { until } from '../support/until.ts';
import { UpgradeVisitor } from '../support/upgrade-visitor.ts';
import { buildVersionBefore } from '../support/version-before.ts';

const LETTERS = ['a', 'b', 'c'] as const;

/** How long daemons take to start decides nothing here. */
const CONFIG = { timings: { ...CALM.timings, pauseMs: 30_000 }, session: { tombstoneSeconds: 600 } };

let before: string;
let cluster: Cluster | undefined;

beforeAll(() => {
  before = buildVersionBefore();
}, 300_000);

afterEach(async () => {
  await cluster?.close();
  cluster = undefined;
});

/** Replaces a daemon by one of another version, as `docs/operating.md` says. */
async function replace(node: ClusterNode, program: string): Promise<void> {
  await node.end('SIGUSR2');
  node.program = program;
  await node.start();
}

/** Waits until every node of ours speaks with every peer the newest version that both know. */
async function speaking({ nodes }: Cluster): Promise<void> {
  for (const node of nodes.filter(({ program }) => program === MAIN)) {
    for (const peer of nodes.filter((one) => one !== node)) {
      const version = peer.program === MAIN ? WIRE_VERSION : OLDEST_WIRE_VERSION;
      await until(`${node.letter} speaks version ${version} with ${peer.letter}`, async () => {
        const { peers } = await node.view();
        return peers.find(({ letter }) => letter === peer.letter)?.link.wire === version;
      });
    }
  }
}

async function ask<T>({ memcached }: ClusterNode, question: (talk: MemcachedTalk) => Promise<T>): Promise<T> {
  const talk = await MemcachedTalk.open(memcached, 'text');
  try {
    return await question(talk);
  } finally {
    talk.close();
  }
}

/** Both sides have refused each other's hello once, and have gone on from there. */
async function noRefusals({ nodes }: Cluster): Promise<void> {
  for (const node of nodes) {
    const { peers, strangers } = await node.view();
    expect(peers.map(({ refused }) => refused)).toEqual([undefined, undefined]);
    expect(strangers).toEqual([]);
  }
}

/** The others with this one as the first. */
function beginningWith(nodes: readonly ClusterNode[], first: ClusterNode): ClusterNode[] {
  return [first, ...nodes.filter((node) => node !== first)];
}

describe('an upgrade of one host after the other, from the version before', () => {
  test('S0 to S3 and S5 hold for visitors who click all the while, and no session is lost', async () => {
    const here = (cluster = await startCluster({ config: CONFIG, program: before }));
    const visitors = await Promise.all(
      here.nodes.map((node) => UpgradeVisitor.of(`visitor of ${node.letter}`, beginningWith(here.nodes, node))),
    );
    const kept = await Promise.all(here.nodes.map(({ client, letter }) => client.mint({ kept: letter })));
    const destroyed = await Promise.all(here.nodes.map(({ client }) => client.mint({ over: true })));
    for (const [at, { id }] of destroyed.entries()) {
      expect((await here.node(LETTERS[(at + 1) % 3] ?? '').client.destroy(id)).status).toBe(204);
    }

    const browsing = visitors.map((visitor) => visitor.browse());
    for (const letter of LETTERS) {
      await replace(here.node(letter), MAIN);
      await here.settled();
      await speaking(here);
      await noRefusals(here);
      const seen = visitors.map(({ stored }) => stored);
      await until('each visitor has stored something since', () =>
        visitors.every(({ stored }, at) => stored > (seen[at] ?? 0)),
      );
    }
    for (const visitor of visitors) visitor.leave();
    await Promise.all(browsing);

    expect(visitors.flatMap(({ faults }) => faults)).toEqual([]);
    expect(here.node('a').log()).toContain('in version 3 of the wire (maglia 0.1.0): upgrade it as well');
    for (const { client } of here.nodes) {
      for (const [at, { id }] of kept.entries()) {
        expect((await client.get(id)).body).toMatchObject({ id, data: { kept: LETTERS[at] } });
      }
      for (const { id } of destroyed) {
        expect((await client.put(id, { back: true })).status).toBe(404);
        expect(await client.get(id)).toMatchObject({ status: 404, body: { reason: 'destroyed' } });
      }
    }
  }, 120_000);

  test('one host goes back to the version before, and forth again, and no session is lost', async () => {
    const here = (cluster = await startCluster({ config: CONFIG }));
    const visitors = await Promise.all(
      here.nodes.map((node) => UpgradeVisitor.of(`visitor of ${node.letter}`, beginningWith(here.nodes, node))),
    );
    const browsing = visitors.map((visitor) => visitor.browse());
    for (const program of [before, MAIN]) {
      await replace(here.node('b'), program);
      await here.settled();
      await speaking(here);
    }
    for (const visitor of visitors) visitor.leave();
    await Promise.all(browsing);
    expect(visitors.flatMap(({ faults }) => faults)).toEqual([]);
    for (const { id, name } of visitors) {
      for (const { client } of here.nodes) expect((await client.get(id)).body).toMatchObject({ data: { name } });
    }
  });
});

describe('a mesh of both versions', () => {
  // A dead host's stand-in is the next of the map, so each side has the other's part.
  test('S1 never old: hosts of either version die and come back, and one of the other version stands in for them', async () => {
    const here = (cluster = await startCluster({ config: CALM, program: before }));
    await replace(here.node('a'), MAIN);
    await here.settled();
    await speaking(here);
    await diesAndComesBack(here, here.node('c'));
    await diesAndComesBack(here, here.node('a'));
  });

  async function diesAndComesBack(here: Cluster, owner: ClusterNode): Promise<void> {
    const others = here.nodes.filter((node) => node !== owner);
    const [through] = others;
    if (through === undefined) throw new RangeError('no other node');
    const key = Array.from({ length: 100 }, (_, n) => `?:${n}`).find((one) => here.ownerOf(one) === owner) ?? '';
    expect(await ask(through, (talk) => talk.set(key, 'before', 600))).toBe('stored');
    const sessions = await Promise.all(Array.from({ length: 8 }, (_, n) => owner.client.mint({ n })));
    const ids = sessions.map(({ id }) => id);
    const [touched, untouched] = [ids.slice(0, 4), ids.slice(4)];

    await owner.end('SIGKILL');
    const successors = new Map<string, string>();
    for (const [n, id] of touched.entries()) {
      const opened = await others[n % 2]?.client.open(id);
      expect(opened).toMatchObject({ state: 'regenerated', reason: 'owner-dead' });
      successors.set(id, opened?.id ?? '');
    }
    expect(await ask(through, (talk) => talk.set(key, 'meanwhile', 600))).toBe('stored');
    await owner.start();
    await here.settled();
    await speaking(here);

    for (const node of here.nodes) {
      expect(await ask(node, (talk) => talk.get(key))).toBe('meanwhile');
      for (const [n, id] of untouched.entries()) {
        expect((await node.client.get(id)).body).toMatchObject({ id, data: { n: n + 4 } });
      }
      for (const id of touched) {
        expect(await node.client.get(id)).toMatchObject({ status: 404, body: { reason: 'owner-dead' } });
        expect(await node.client.open(id)).toMatchObject({ state: 'regenerated', id: successors.get(id) });
      }
    }
  }
});
