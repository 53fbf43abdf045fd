import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { HeldMemory } from '../../../src/listening/held-memory.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { Clients, type ClientsLimits } from '../../../src/server/clients.ts';
import { FakeClient, turns } from '../../support/fake-client.ts';
import { answered, DeskFixture, hit } from './desk-fixture.ts';

const HELD_BYTES = 100_000;

const LIMITS: ClientsLimits = {
  ...{ connections: 3, requests: 8, bytes: 65_536, stallMs: 30_000, idleMs: 0, lingerMs: 1000 },
  protocol: { ...DEFAULT_LIMITS, itemBytes: 1_000_000 },
};

let fixture: DeskFixture;
let clients: Clients;
let memory: HeldMemory;
const logged: string[] = [];

beforeEach(() => {
  logged.length = 0;
  fixture = new DeskFixture();
  const log = pino({ base: {} }, { write: (line: string) => void logged.push(line) });
  const { clock, counts, metrics } = fixture;
  memory = new HeldMemory({ limitBytes: HELD_BYTES, clock, log });
  clients = new Clients({ ...{ clock, counts, memory, metrics, log }, limits: LIMITS });
});

function connect(): FakeClient {
  const client = new FakeClient();
  clients.admit(client.socket, fixture.parts);
  return client;
}

describe('the clients of a door', () => {
  test('that are too many are closed as they come, and counted', async () => {
    const [one, , , fourth] = [connect(), connect(), connect(), connect()];
    expect(fourth.socket.destroyed).toBe(true);
    expect(clients.count).toBe(3);
    expect(fixture.counts.tally).toMatchObject({ total_connections: 3, rejected_connections: 1 });
    expect(await fixture.metric('maglia_client_connections{door="memcached"} ')).toBe('3');
    expect(await fixture.metric('maglia_client_connections_refused_total{door="memcached"} ')).toBe('1');
    one.socket.destroy();
    await turns();
    expect(clients.count).toBe(2);
    expect(connect().socket.destroyed).toBe(false);
  });

  test('that together have too much held lose the one that holds most', async () => {
    const [small, large, last] = [connect(), connect(), connect()];
    for (const [client, size] of [
      [small, 20_000],
      [large, 60_000],
      [last, 30_000],
    ] as const) {
      client.send(`set k 0 0 500000\r\n${'x'.repeat(size)}`);
      await turns();
    }
    expect([small, large, last].map(({ socket }) => socket.destroyed)).toEqual([false, true, false]);
    expect(memory.bytes).toBeLessThan(HELD_BYTES);
    expect(await fixture.metric('maglia_client_connections_cut_total{door="memcached",reason="memory"} ')).toBe('1');
    expect(logged.join('')).toContain('memory');
  });

  test('are looked at every second while there are any', async () => {
    const client = connect();
    client.send('get ');
    await turns();
    expect(fixture.clock.pending).toBe(1);
    fixture.clock.advance(31_000);
    expect(client.socket.destroyed).toBe(true);
    fixture.clock.advance(1000);
    expect(fixture.clock.pending).toBe(0);
  });

  test('that all send much at once are answered in slices, each in order, and one that asks little soon', async () => {
    clients = new Clients({
      ...{ clock: fixture.clock, counts: fixture.counts, memory, metrics: fixture.metrics },
      limits: { ...LIMITS, connections: 100, requests: 10_000 },
      log: pino({ level: 'silent' }),
    });
    const crowd = Array.from({ length: 60 }, () => connect());
    const modest = connect();
    for (const client of crowd) client.send(`${'mn\r\n'.repeat(100)}version\r\n`);
    modest.send('mn\r\n');
    await turns(2);
    const hasAll = crowd.filter(({ received }) => received.includes('VERSION'));
    // One turn's worth is 1,024 requests.
    expect(hasAll.length).toBeLessThan(25);
    await turns(12);
    for (const { received } of crowd) expect(received).toMatch(/^(MN\r\n){100}VERSION [^\r]+\r\n$/);
    expect(modest.received).toBe('MN\r\n');
  });

  test('that one is stuck does not hold up another', async () => {
    fixture.sessions.script = ({ id }) => (id === 'stuck' ? undefined : answered(hit('x')));
    const [one, other] = [connect(), connect()];
    one.send('get stuck\r\nget k\r\n');
    other.send('get k\r\n');
    await turns();
    expect(one.received).toBe('');
    expect(other.received).toBe('VALUE k 0 1\r\nx\r\nEND\r\n');
  });
});

describe('closing the door', () => {
  test('waits for what was begun', async () => {
    const client = connect();
    client.send('get k\r\n');
    await turns();
    let isClosed = false;
    const closed = clients.close(2000).then(() => (isClosed = true));
    await turns();
    expect(isClosed).toBe(false);
    await fixture.sessions.answerNext(answered(hit('x')));
    client.end();
    await closed;
    expect(client.received).toBe('VALUE k 0 1\r\nx\r\nEND\r\n');
    expect(fixture.clock.pending).toBe(0);
  });

  test('cuts off whoever is left after a while', async () => {
    const client = connect();
    client.send('get k\r\n');
    await turns();
    const closed = clients.close(2000);
    fixture.clock.advance(2000);
    await closed;
    expect(client.socket.destroyed).toBe(true);
  });

  test('with nobody there is done at once', async () => {
    await clients.close(2000);
    expect(clients.count).toBe(0);
  });
});
