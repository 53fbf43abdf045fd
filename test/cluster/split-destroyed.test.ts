import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Wire } from '../conformance/wire.ts';
import { CALM, prepareCluster, type Cluster } from '../support/cluster.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import type { SessionClient } from '../support/session-client.ts';
import { Random } from '../support/sim/random.ts';
import { until } from '../support/until.ts';

const THEIRS = '{"by":"a"}';

/** Two real daemons that reach each other only over wires which can be cut; visitors reach both all the time. */
describe('S5 destroyed stays destroyed when a split of real daemons heals:', () => {
  let cluster: Cluster;
  let proxies: readonly FaultProxy[] = [];
  const wires: Wire[] = [];

  beforeAll(async () => {
    cluster = await prepareCluster({ letters: ['a', 'b'], config: CALM });
    proxies = await Promise.all(cluster.nodes.map(({ mesh }) => FaultProxy.to(mesh, new Random(1))));
    const letters = Object.fromEntries(cluster.nodes.map(({ letter }, at) => [letter, proxies[at]?.address ?? '']));
    for (const { letter, mesh } of cluster.nodes) cluster.configure(letter, { letters, listen: mesh });
    await Promise.all(cluster.nodes.map((node) => node.start()));
    await cluster.settled();
  }, 60_000);

  afterEach(() => {
    for (const wire of wires.splice(0)) wire.close();
  });

  afterAll(async () => {
    await cluster.close();
    for (const proxy of proxies) await proxy.close();
  });

  async function sever(): Promise<void> {
    for (const proxy of proxies) proxy.become({ kind: 'severed' });
    for (const { letter } of cluster.nodes) {
      await until(`${letter} considers its peer dead, and serves`, async () => {
        const { peers, tenure } = await cluster.node(letter).view();
        return tenure.state === 'serving' && peers.every(({ state }) => state === 'dead');
      });
    }
  }

  async function heal(): Promise<void> {
    for (const proxy of proxies) proxy.become({ kind: 'honest' });
    await until(
      'both serve again and consider each other alive',
      async () => {
        const views = await Promise.all(cluster.nodes.map((node) => node.view()));
        return views.every(
          ({ peers, tenure }) => tenure.state === 'serving' && peers.every(({ state }) => state === 'alive'),
        );
      },
      30_000,
    );
  }

  function http(letter: string): SessionClient {
    return cluster.node(letter).client;
  }

  async function ask(letter: string, request: string): Promise<string> {
    const wire = await Wire.open(cluster.node(letter).memcached);
    wires.push(wire);
    await wire.send(Buffer.from(`${request}\r\n`));
    await wire.until(() => wire.received.toString('latin1').endsWith('\r\n'), 5000);
    return wire.take().toString('latin1');
  }

  function set(key: string, value: string, exptime = 60): string {
    return `set ${key} 0 ${exptime} ${value.length}\r\n${value}`;
  }

  async function mintAtB(): Promise<string> {
    return (await http('b').mint({ by: 'b' })).id;
  }

  /** As PHP does it, and all whose clients keep the id that they have: told that nothing is there, it stores. */
  async function goOnAtA(id: string): Promise<void> {
    expect(await http('a').get(id)).toMatchObject({ status: 404, body: { reason: 'owner-dead' } });
    expect(await ask('a', set(`sess:${id}`, THEIRS))).toBe('STORED\r\n');
    await expectTheirs('a', id);
  }

  async function expectTheirs(letter: string, id: string): Promise<void> {
    const said = `VALUE sess:${id} 0 ${THEIRS.length}\r\n${THEIRS}\r\nEND\r\n`;
    expect(await ask(letter, `get sess:${id}`)).toBe(said);
  }

  async function expectGone(id: string): Promise<void> {
    for (const { letter } of cluster.nodes) {
      expect((await http(letter).get(id)).status).toBe(404);
      expect(await ask(letter, `get sess:${id}`)).toBe('END\r\n');
    }
  }

  interface Way {
    readonly how: string;
    readonly end: (id: string) => Promise<void>;
  }

  const WAYS: readonly Way[] = [
    { how: 'DELETE', end: async (id) => expect((await http('b').destroy(id)).status).toBe(204) },
    {
      how: 'rotate without grace',
      end: async (id) => {
        const rotated = await http('b').call('POST', `/v1/sessions/${id}/rotate`, { graceSeconds: 0 });
        expect(rotated.status).toBe(200);
      },
    },
    { how: 'delete', end: async (id) => expect(await ask('b', `delete sess:${id}`)).toBe('DELETED\r\n') },
    { how: 'set with -1', end: async (id) => expect(await ask('b', set(`sess:${id}`, '', -1))).toBe('STORED\r\n') },
    { how: 'touch with -1', end: async (id) => expect(await ask('b', `touch sess:${id} -1`)).toBe('TOUCHED\r\n') },
  ];

  test('at its owner, by any door, whatever the other side kept under its id', { timeout: 60_000 }, async () => {
    const ids = await Promise.all(WAYS.map(() => mintAtB()));
    const [kept, untouched] = [await mintAtB(), await mintAtB()];
    await sever();
    for (const id of [...ids, kept]) await goOnAtA(id);
    for (const [at, { end }] of WAYS.entries()) await end(ids[at] ?? '');
    await heal();
    for (const id of ids) await expectGone(id);
    for (const { client, letter } of cluster.nodes) {
      await expectTheirs(letter, kept);
      expect(await client.get(untouched)).toMatchObject({ status: 200, body: { data: { by: 'b' } } });
    }
  });

  test('on the other side, by any door, whatever its owner wrote since', { timeout: 60_000 }, async () => {
    const [byHttp, byDelete, begunThere] = [await mintAtB(), await mintAtB(), await mintAtB()];
    await sever();
    expect((await http('a').destroy(byHttp)).status).toBe(404);
    expect(await ask('a', `delete sess:${byDelete}`)).toBe('NOT_FOUND\r\n');
    await goOnAtA(begunThere);
    expect((await http('a').destroy(begunThere)).status).toBe(204);
    for (const id of [byHttp, byDelete, begunThere]) {
      expect((await http('b').put(id, { by: 'b', later: true })).status).toBe(200);
    }
    await heal();
    for (const id of [byHttp, byDelete, begunThere]) await expectGone(id);
  });
});
