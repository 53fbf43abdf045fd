import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { ClientLocks } from '../../../../src/doors/kit/client-locks.ts';
import { Clients } from '../../../../src/doors/kit/clients.ts';
import { LockPlaces } from '../../../../src/doors/kit/held-locks.ts';
import { HeldMemory } from '../../../../src/doors/kit/held-memory.ts';
import { MeteredDispatch } from '../../../../src/doors/kit/metered-dispatch.ts';
import { Metrics } from '../../../../src/metrics/metrics.ts';
import { LetterMap } from '../../../../src/session/letter.ts';
import { FakeClient, turns } from '../../../support/fake-client.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { letter } from '../../../support/mesh-messages.ts';
import { answered, granted, hit, ScriptedSessions } from '../memcached/desk-fixture.ts';
import { ToyProtocol } from './toy-protocol.ts';

const LIMITS = { connections: 2, requests: 4, bytes: 1000, stallMs: 30_000, idleMs: 0, lingerMs: 1000 };

let clock: FakeClock;
let sessions: ScriptedSessions;
let metrics: Metrics;
let clients: Clients<readonly string[], string, null>;

beforeEach(() => {
  clock = new FakeClock();
  metrics = new Metrics();
  const log = pino({ level: 'silent' });
  sessions = new ScriptedSessions(new LetterMap(new Map([[letter('b'), { host: 'h', port: 1 }]])), clock, log);
  const mesh = new MeteredDispatch('toy', { sessions, metrics, clock, log });
  const places = new LockPlaces(3);
  const speak = (): ToyProtocol => {
    const locks = new ClientLocks({ letter: letter('b'), mesh, waitMs: 700, lockLimit: 2, places, metrics, clock });
    return new ToyProtocol(mesh, locks);
  };
  const memory = new HeldMemory({ limitBytes: 100_000, clock, log });
  const traffic = { connected: ignore, rejected: ignore, received: ignore, sent: ignore };
  clients = new Clients({
    ...{ door: 'toy', fullText: 'FULL\n', limits: LIMITS, speak, memory, traffic },
    ...{ metrics, clock, log },
  });
});

function ignore(): void {
  // This protocol has no statistics of its own.
}

function connect(): FakeClient {
  const client = new FakeClient();
  clients.admit(client.socket);
  return client;
}

async function say(client: FakeClient, ...lines: string[]): Promise<void> {
  client.send(lines.map((line) => `${line}\n`).join(''));
  await turns();
}

/** The ids that the mesh was asked for, in order. */
function asked(): string[] {
  return sessions.asked.map(({ id }) => id);
}

describe('a protocol of 60 lines over the kit', () => {
  test('is no longer than that, and the kit does all else', () => {
    const source = readFileSync(new URL('toy-protocol.ts', import.meta.url), 'utf8');
    expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(60);
  });

  test('has its pipelined requests answered in their order, though the mesh answers them in another (S0)', async () => {
    const client = connect();
    const late: ((value: string) => void)[] = [];
    sessions.dispatch = ({ id }) =>
      id === 'now'
        ? answered(hit('at once'))
        : new Promise((resolve) => late.push((value) => resolve(answered(hit(value)))));
    await say(client, 'GET one', 'GET two', 'GET now');
    late[1]?.('2');
    await turns();
    expect(client.received).toBe('');
    late[0]?.('1');
    await turns();
    expect(client.received).toBe('1\n2\nat once\n');
  });

  test('has no more requests begun than the window takes, and goes on as they are answered', async () => {
    const client = connect();
    await say(client, ...Array.from({ length: 9 }, (_, n) => `GET k${n}`));
    expect(asked()).toEqual(['k0', 'k1', 'k2', 'k3']);
    expect(client.socket.isPaused()).toBe(true);
    for (let n = 0; n < 9; n += 1) {
      await sessions.answerNext(answered(hit(String(n))));
      await turns();
    }
    expect(client.received).toBe('0\n1\n2\n3\n4\n5\n6\n7\n8\n');
    expect(client.socket.isPaused()).toBe(false);
  });

  test('has nothing more begun for a client that does not read, which is cut off in the end (S6)', async () => {
    const client = connect();
    client.stopReading();
    sessions.script = () => answered(hit('x'.repeat(600)));
    for (let n = 0; n < 10; n += 1) await say(client, 'GET k');
    expect(sessions.asked.length).toBeLessThanOrEqual(3);
    clock.advance(32_000);
    expect(client.socket.destroyed).toBe(true);
  });

  test('has a barrier wait for those before it, and those after it wait for that', async () => {
    const client = connect();
    await say(client, 'GET one', 'ALONE two', 'GET three');
    expect(asked()).toEqual(['one']);
    await sessions.answerNext(answered(hit('1')));
    await turns();
    expect(asked()).toEqual(['one', 'two']);
    await sessions.answerNext(answered(hit('2')));
    await turns();
    expect(asked()).toEqual(['one', 'two', 'three']);
  });

  test('has the locks that a client took given back when it hangs up', async () => {
    const client = connect();
    sessions.script = (command) => granted('token' in command ? (command.token ?? '') : '');
    await say(client, 'LOCK s1', 'LOCK s1', 'LOCK s2', 'LOCK s3');
    expect(client.received).toBe('answered\nYOURS\nanswered\nFULL\n');
    const tokens = sessions.asked.map((command) => ('token' in command ? command.token : undefined));
    client.socket.destroy();
    await turns();
    clock.advance(1);
    expect(sessions.asked.slice(2)).toEqual([
      { kind: 'unlock', id: 's1', token: tokens[0] },
      { kind: 'unlock', id: 's2', token: tokens[1] },
    ]);
  });

  test('has its requests counted under its door, and is told of a fault as one', async () => {
    const client = connect();
    await say(client, 'SET k v', 'GET k');
    await sessions.answerNext(answered({ kind: 'stored', cas: 1 }));
    await sessions.answerNext(new RangeError('a bug'));
    await turns();
    expect(client.received).toBe('answered\nFAULT\n');
    const text = await metrics.expose();
    expect(text).toContain('maglia_requests_total{door="toy",command="set",outcome="done"} 1');
    expect(text).toContain('maglia_requests_total{door="toy",command="get",outcome="error"} 1');
  });

  test('ends as its client says, after all has been answered; and turns away who is too many', async () => {
    const [client] = [connect(), connect()];
    const third = connect();
    expect(third.received).toBe('FULL\n');
    expect(third.socket.destroyed).toBe(true);
    await say(client, 'GET k', 'QUIT', 'GET never');
    expect(client.sawEnd).toBe(false);
    await sessions.answerNext(answered(hit('v')));
    await turns();
    expect(client.received).toBe('v\nBYE\n');
    expect(client.sawEnd).toBe(true);
    expect(asked()).toEqual(['k']);
  });
});
