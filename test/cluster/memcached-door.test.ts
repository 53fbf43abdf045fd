import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Wire } from '../conformance/wire.ts';
import { CALM, startCluster, type Cluster } from '../support/cluster.ts';
import { until } from '../support/until.ts';

const DJANGO = ':1:django.contrib.sessions.cache';
const PHP = 'memc.sess.key.';
const LOCK = 'memc.sess.key.lock.';
const BASE36 = '0123456789abcdefghijklmnopqrstuvwxyz';
const HEX = BASE36.slice(0, 16);

let cluster: Cluster;
const wires: Wire[] = [];

beforeAll(async () => {
  cluster = await startCluster({ config: CALM });
});

afterEach(() => {
  for (const wire of wires.splice(0)) wire.close();
});

afterAll(async () => {
  await cluster.close();
});

async function client(letter: string): Promise<Wire> {
  const wire = await Wire.open(cluster.node(letter).memcached);
  wires.push(wire);
  return wire;
}

/** Sends a request of the text or meta protocol, and resolves to its answer. */
async function ask(wire: Wire, request: string, withinMs = 5000): Promise<string> {
  await wire.send(Buffer.from(`${request}\r\n`));
  const isWhole = (): boolean =>
    /(?:^|\r\n)(?:END|STORED|NOT_STORED|EXISTS|DELETED|NOT_FOUND|TOUCHED|HD.*|EN|\w+_ERROR.*|\d+)\r\n$/.test(
      wire.received.toString('latin1'),
    );
  await wire.until(isWhole, withinMs);
  return wire.take().toString('latin1');
}

function store(mode: string, key: string, value: string, exptime = 60): string {
  return `${mode} ${key} 0 ${exptime} ${value.length}\r\n${value}`;
}

function hit(key: string, value: string): string {
  return `VALUE ${key} 0 ${value.length}\r\n${value}\r\nEND\r\n`;
}

function draw(alphabet: string, length = 32): string {
  return Array.from({ length }, () => alphabet.charAt(Math.floor(Math.random() * alphabet.length))).join('');
}

describe('the memcached doors of three nodes', () => {
  test('are one memcached, for any key', async () => {
    const [a, b, c] = [await client('a'), await client('b'), await client('c')];
    for (const key of ['a1', 'b1', 'c1', 'page:1', `${PHP}${draw(HEX)}`, 'sess:b9', 'gr\u00f6\u00dfe']) {
      expect(await ask(a, store('set', key, 'x'))).toBe('STORED\r\n');
      expect(await ask(b, `get ${key}`)).toBe(hit(Buffer.from(key).toString('latin1'), 'x'));
      expect(await ask(c, `append ${key} 0 0 1\r\ny`)).toBe('STORED\r\n');
      expect(await ask(a, `get ${key}`)).toBe(hit(Buffer.from(key).toString('latin1'), 'xy'));
      expect(await ask(b, `delete ${key}`)).toBe('DELETED\r\n');
      expect(await ask(c, `get ${key}`)).toBe('END\r\n');
    }
  });

  test('answer a get of many keys in its order, whoever owns them', async () => {
    const [a, b] = [await client('a'), await client('b')];
    const keys = Array.from({ length: 200 }, (_, index) => `${'abc?'.charAt(index % 4)}key${index}`);
    for (const key of keys) await ask(a, store('set', key, key));
    expect(await ask(b, `get missing ${keys.join(' ')}`)).toBe(
      `${keys.map((key) => `VALUE ${key} 0 ${key.length}\r\n${key}\r\n`).join('')}END\r\n`,
    );
  });

  test('and the HTTP doors have the same sessions', async () => {
    const { id } = await cluster.node('b').client.mint({ cart: ['book'] });
    expect(await ask(await client('c'), `get sess:${id}`)).toBe(hit(`sess:${id}`, '{"cart":["book"]}'));
    expect(await ask(await client('a'), store('set', `sess:${id}`, '{"cart":[]}'))).toBe('STORED\r\n');
    const { body } = await cluster.node('c').client.call('GET', `/v1/sessions/${id}`);
    expect(body).toMatchObject({ id, data: { cart: [] } });
  });

  test('keep what is destroyed from coming back (S5)', async () => {
    const key = `${PHP}${draw(HEX)}`;
    const [a, b] = [await client('a'), await client('b')];
    await ask(a, store('set', key, 'x'));
    expect(await ask(b, `delete ${key}`)).toBe('DELETED\r\n');
    expect(await ask(a, store('set', key, 'late'))).toBe('NOT_STORED\r\n');
    expect(await ask(b, `get ${key}`)).toBe('END\r\n');
  });
});

describe('S5 destroyed stays destroyed, across the nodes', () => {
  test.each(['a', 'b', 'c'])(
    'who was told that a session of %s is gone begins anew under its id, and a slower request does not',
    async (owner) => {
      const key = `${PHP}${owner}${draw(HEX)}`;
      const [slow, logout, next] = [await client('a'), await client('b'), await client('c')];
      await ask(logout, store('set', key, 'old'));
      expect(await ask(slow, `get ${key}`)).toBe(hit(key, 'old'));
      expect(await ask(logout, `delete ${key}`)).toBe('DELETED\r\n');
      expect(await ask(slow, store('set', key, 'old'))).toBe('NOT_STORED\r\n');
      expect(await ask(next, store('set', key, 'unread'))).toBe('NOT_STORED\r\n');
      expect(await ask(next, `get ${key}`)).toBe('END\r\n');
      expect(await ask(next, store('set', key, 'new'))).toBe('STORED\r\n');
      expect(await ask(slow, store('set', key, 'old'))).toBe('NOT_STORED\r\n');
      expect(await ask(logout, `get ${key}`)).toBe(hit(key, 'new'));
      expect(await ask(logout, store('set', key, 'newer'))).toBe('STORED\r\n');
      expect(await ask(next, `get ${key}`)).toBe(hit(key, 'newer'));
    },
  );

  test('what was deleted when it was not there any more does not come back either', async () => {
    const key = `${DJANGO}c${draw(BASE36)}`;
    const [a, b] = [await client('a'), await client('b')];
    expect(await ask(a, `delete ${key}`)).toBe('NOT_FOUND\r\n');
    expect(await ask(b, store('set', key, 'late'))).toBe('NOT_STORED\r\n');
  });
});

describe('locks', () => {
  test('queue first come first served across nodes, and are passed on when a client goes', async () => {
    const lock = `${LOCK}b${draw(HEX)}`;
    const add = store('add', lock, '1', 30);
    const [holder, second, third] = [await client('a'), await client('c'), await client('b')];
    expect(await ask(holder, add)).toBe('STORED\r\n');
    const asked = performance.now();
    const granted = ask(second, add);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const last = ask(third, add);
    await new Promise((resolve) => setTimeout(resolve, 50));
    holder.close();
    expect(await granted).toBe('STORED\r\n');
    expect(performance.now() - asked).toBeLessThan(690);
    expect(await ask(second, `delete ${lock}`)).toBe('DELETED\r\n');
    expect(await last).toBe('STORED\r\n');
  });

  test('that stay held are told to be, after the wait', async () => {
    const lock = `${LOCK}c${draw(HEX)}`;
    const [holder, other] = [await client('a'), await client('b')];
    expect(await ask(holder, store('add', lock, '1', 30))).toBe('STORED\r\n');
    const asked = performance.now();
    expect(await ask(other, store('add', lock, '1', 30))).toBe('NOT_STORED\r\n');
    expect(performance.now() - asked).toBeGreaterThan(600);
  });
});

describe('new sessions', () => {
  test('1,000 of Django’s that are created on b all begin with b', async () => {
    const wire = await client('b');
    const created: string[] = [];
    let draws = 0;
    while (created.length < 1000) {
      const id = draw(BASE36);
      draws += 1;
      if ((await ask(wire, store('add', DJANGO + id, 'data'))) === 'STORED\r\n') created.push(id);
    }
    expect(created.filter((id) => !id.startsWith('b'))).toEqual([]);
    expect(draws / created.length).toBeLessThan(60);
  });

  test('of PHP’s, most are local, and none is refused three times in a row', async () => {
    const wire = await client('b');
    const created: string[] = [];
    let mostRefusals = 0;
    for (let refusals = 0; created.length < 300;) {
      const id = draw(HEX);
      if ((await ask(wire, store('add', PHP + id, '', 30))) === 'STORED\r\n') {
        created.push(id);
        refusals = 0;
      } else refusals += 1;
      mostRefusals = Math.max(mostRefusals, refusals);
    }
    expect(mostRefusals).toBeLessThanOrEqual(2);
    expect(created.filter((id) => cluster.ownerOf(id).letter === 'b').length / created.length).toBeGreaterThan(0.55);
  });
});

describe('when a node is killed', () => {
  test('its sessions are a miss, may go on under their ids, and its clients’ locks are free', async () => {
    const orphan = `${PHP}a${draw(HEX)}`;
    const kept = `${PHP}a${draw(HEX)}`;
    const loggedOut = `${PHP}a${draw(HEX)}`;
    const lock = `${LOCK}b${draw(HEX)}`;
    const onA = await client('a');
    const [b, c] = [await client('b'), await client('c')];
    for (const key of [orphan, kept, loggedOut]) expect(await ask(b, store('set', key, 'old'))).toBe('STORED\r\n');
    expect(await ask(onA, store('add', lock, '1', 30))).toBe('STORED\r\n');

    await cluster.node('a').end('SIGKILL');
    const asked = performance.now();
    expect(await ask(b, `get ${orphan}`)).toBe('END\r\n');
    expect(performance.now() - asked).toBeLessThan(2000);
    expect(await ask(c, store('set', kept, 'new'))).toBe('STORED\r\n');
    expect(await ask(c, `delete ${loggedOut}`)).toBe('NOT_FOUND\r\n');
    expect(await ask(b, store('set', loggedOut, 'late'))).toBe('NOT_STORED\r\n');
    for (const wire of [b, c]) expect(await ask(wire, `get ${kept}`)).toBe(hit(kept, 'new'));
    await until('the lock is free', async () => (await ask(c, store('add', lock, '1', 30))) === 'STORED\r\n');

    await cluster.node('a').start();
    await cluster.settled();
    expect(await ask(await client('a'), `get ${kept}`)).toBe(hit(kept, 'new'));
    expect(await ask(await client('a'), `get ${orphan}`)).toBe('END\r\n');
    // Its owner, which had it when it died, knows of the logout as well.
    expect(await ask(await client('a'), store('set', loggedOut, 'late'))).toBe('NOT_STORED\r\n');
  });
});
