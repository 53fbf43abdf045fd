import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { StoreInDoubtError, StoreTooLargeError, StoreUnavailableError } from '../../../src/errors.ts';
import { MemcachedServer } from '../../../src/store/memcached-client.ts';
import { MemcachedFigures } from '../../../src/store/memcached-figures.ts';
import { MemcachedStore, memcachedExpiration } from '../../../src/store/memcached-store.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { answerTo, encodeAnswer, type WireRequest } from '../../support/memcached-wire.ts';
import { ScriptedMemcached, settled } from '../../support/scripted-memcached.ts';

const DEADLINE_MS = 50;
const OPCODE = { get: 0, set: 1, add: 2, delete: 4, flush: 8 };

let clock: FakeClock;
let memcached: ScriptedMemcached;
let observed: string[];
let lines: { level: number; msg: string; from?: string; to?: string }[];
let server: MemcachedServer;
let store: MemcachedStore;

beforeEach(() => {
  clock = new FakeClock();
  memcached = new ScriptedMemcached();
  memcached.onRequest = (request, far) => void far.socket.write(answerTo(request));
  observed = [];
  lines = [];
  const log = pino(
    { level: 'info' },
    { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[0]) },
  );
  server = new MemcachedServer({
    address: { kind: 'unix', path: '/run/maglia/memcached.sock' },
    dial: memcached.dial,
    clock,
    log,
    deadlineMs: DEADLINE_MS,
  });
  store = new MemcachedStore({
    server,
    figures: new MemcachedFigures({ dial: memcached.dial, clock, deadlineMs: DEADLINE_MS }),
    maxRecordBytes: () => 1_000,
    health: () => ({ state: 'up', pid: 42 }),
    clock,
    metrics: { observe: (_, labels) => observed.push(Object.values(labels).join(' ')) },
    log,
  });
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Lets memcached answer every request of a command with a status. */
function refuse(opcode: number, status: number): void {
  memcached.onRequest = (request, far) => {
    const { opaque } = request;
    far.socket.write(
      request.opcode === opcode ? encodeAnswer({ opcode, opaque, status, value: 'no' }) : answerTo(request),
    );
  };
}

function requests(): WireRequest[] {
  return memcached.connections.flatMap((far) => far.requests).filter(({ opcode }) => opcode !== 0x0a);
}

/** A handler must be there before the clock moves, or Node takes the rejection for a forgotten one. */
async function failureOf(operation: Promise<unknown>, meanwhile: () => unknown = () => undefined): Promise<unknown> {
  const failure = operation.then(
    () => undefined,
    (error: unknown) => error,
  );
  await meanwhile();
  return failure;
}

async function passDeadline(): Promise<void> {
  await settled();
  clock.advance(DEADLINE_MS);
  await settled();
}

describe('the memcached store', () => {
  test('connects when it is asked something, and not before', async () => {
    await settled();
    expect(memcached.connections).toHaveLength(0);
    expect(await store.get('k')).toEqual(Buffer.from('k'));
    expect(memcached.connections).toHaveLength(1);
  });

  test('tells an empty value from none', async () => {
    memcached.onRequest = (request, far) =>
      void far.socket.write(answerTo(request, request.key === 'empty' ? '' : null));
    expect(await store.get('empty')).toEqual(Buffer.alloc(0));
    expect(await store.get('missing')).toBeUndefined();
  });

  test('sends the bytes that it was given, whatever the caller does with them afterwards', async () => {
    const value = Buffer.from([0, 1, 0xff, 0x0d, 0x0a]);
    const done = store.set('k', value, 60);
    value.fill(7);
    await done;
    expect(requests()[0]?.value).toEqual(Buffer.from([0, 1, 0xff, 0x0d, 0x0a]));
  });

  test('sends no flags and the time to live', async () => {
    await store.set('k', Buffer.from('v'), 1440);
    await store.add('k', Buffer.from('v'), 100 * 86_400);
    const extras = requests().map((request) => [request.extras.readUInt32BE(0), request.extras.readUInt32BE(4)]);
    expect(extras).toEqual([
      [0, 1441],
      [0, Math.floor(clock.now() / 1000) + 100 * 86_400 + 1],
    ]);
  });

  test('says whether add and delete found the key', async () => {
    expect(await store.add('k', Buffer.from('v'), 60)).toBe(true);
    expect(await store.delete('k')).toBe(true);
    refuse(OPCODE.add, 2);
    expect(await store.add('k', Buffer.from('v'), 60)).toBe(false);
    refuse(OPCODE.delete, 1);
    expect(await store.delete('k')).toBe(false);
  });

  test('does not send what is too large, so that memcached keeps the old value', async () => {
    await expect(store.set('k', Buffer.alloc(1_001), 60)).rejects.toThrow(StoreTooLargeError);
    await expect(store.add('k', Buffer.alloc(1_001), 60)).rejects.toThrow(StoreTooLargeError);
    await settled();
    expect(requests()).toEqual([]);
  });

  test('does not send a key that memcached would not hold', async () => {
    await expect(store.get('')).rejects.toThrow(StoreUnavailableError);
    await expect(store.set('k'.repeat(251), Buffer.from('v'), 60)).rejects.toThrow(StoreUnavailableError);
    await expect(store.add('a b', Buffer.from('v'), 60)).rejects.toThrow(StoreUnavailableError);
    await expect(store.delete('a\nb')).rejects.toThrow(StoreUnavailableError);
    expect(memcached.connections).toEqual([]);
  });

  test.each([
    ['too large', 0x03, StoreTooLargeError],
    ['out of memory', 0x82, StoreUnavailableError],
    ['invalid arguments', 0x04, StoreUnavailableError],
    ['key exists, which a set never meets', 0x02, StoreUnavailableError],
    ['an unknown status', 0x1234, StoreUnavailableError],
  ])('turns the answer "%s" to a set into its error, and keeps the connection', async (_, status, expected) => {
    refuse(OPCODE.set, status);
    expect(await failureOf(store.set('k', Buffer.from('v'), 60))).toBeInstanceOf(expected);
    expect(await store.get('k')).toEqual(Buffer.from('k'));
    expect(memcached.connections).toHaveLength(1);
  });

  test('takes a refused flush for a failure, which memjs does not', async () => {
    refuse(OPCODE.flush, 0x81);
    await expect(store.clear()).rejects.toThrow(StoreUnavailableError);
  });

  test('never sends a write again of which it does not know whether it was done', async () => {
    memcached.onRequest = () => undefined;
    const failure = await failureOf(store.set('k', Buffer.from('v'), 60), passDeadline);
    expect(failure).toBeInstanceOf(StoreInDoubtError);
    clock.advance(60_000);
    await settled();
    expect(requests()).toHaveLength(1);
  });

  test('is asked over a new connection after one was lost', async () => {
    await store.get('k');
    memcached.connections[0]?.socket.end();
    await settled();
    expect(await store.get('k')).toEqual(Buffer.from('k'));
    expect(memcached.connections).toHaveLength(2);
  });

  test('is asked over a new connection after a timeout, even where the request is made while the others fail', async () => {
    memcached.onRequest = () => undefined;
    const first = store.get('k').catch(() => {
      memcached.onRequest = (request, far) => void far.socket.write(answerTo(request));
      return store.get('again');
    });
    await passDeadline();
    expect(await first).toEqual(Buffer.from('again'));
  });

  test('sends nothing more before memcached has worked off a connection that was given up (S1)', async () => {
    await store.get('k');
    memcached.onRequest = () => undefined;
    memcached.closes = false;
    expect(await failureOf(store.set('k', Buffer.from('old'), 60), passDeadline)).toBeInstanceOf(StoreInDoubtError);
    expect(await failureOf(store.set('k', Buffer.from('next'), 60), passDeadline)).toBeInstanceOf(
      StoreUnavailableError,
    );
    expect(memcached.connections).toHaveLength(1);

    const newer = store.set('k', Buffer.from('new'), 60);
    memcached.onRequest = (request, far) => void far.socket.write(answerTo(request));
    memcached.connections[0]?.socket.end();
    await newer;
    expect(memcached.connections).toHaveLength(2);
    expect(requests().map(({ value }) => value.toString())).toEqual(['', 'old', 'new']);
  });

  test('logs one line when memcached is lost and one when it is back, however many attempts fail between', async () => {
    await store.get('k');
    memcached.mode = 'refusing';
    memcached.connections[0]?.socket.end();
    await settled();
    for (let n = 0; n < 5; n += 1) await failureOf(store.get('k'));
    memcached.mode = 'answering';
    await store.get('k');
    expect(lines.map(({ from, to }) => [from, to])).toEqual([
      ['untried', 'up'],
      ['up', 'down'],
      ['down', 'up'],
    ]);
  });

  test('observes each operation with what came of it', async () => {
    await store.get('k');
    await store.clear();
    await failureOf(store.set('k', Buffer.alloc(1_001), 60));
    memcached.onRequest = () => undefined;
    await failureOf(store.delete('k'), passDeadline);
    memcached.mode = 'refusing';
    await failureOf(store.add('k', Buffer.from('v'), 60));
    expect(observed).toEqual(['get done', 'clear done', 'set too-large', 'delete in-doubt', 'add unavailable']);
  });

  test('never takes a user name or a password from the environment', async () => {
    vi.stubEnv('MEMCACHIER_USERNAME', 'somebody');
    vi.stubEnv('MEMCACHIER_PASSWORD', 'secret');
    vi.stubEnv('MEMCACHIER_SERVERS', 'elsewhere.example:11211');
    const other = new MemcachedServer({
      address: { kind: 'tcp', host: '127.0.0.1', port: 11_211 },
      dial: memcached.dial,
      clock,
      log: pino({ level: 'silent' }),
      deadlineMs: DEADLINE_MS,
    });
    expect([other.username, other.password]).toEqual([undefined, undefined]);
    other.listSasl();
    other.saslAuth();
    await settled();
    expect(memcached.connections).toEqual([]);
  });

  test('describes itself by what its keeper knows', () => {
    expect(store.describe()).toEqual({ kind: 'memcached', state: 'up', pid: 42 });
  });

  test('lets what is in flight settle when it is closed, and takes nothing more', async () => {
    memcached.onRequest = (request, far) => setImmediate(() => far.socket.write(answerTo(request)));
    await store.get('first');
    const last = store.get('last');
    await Promise.resolve();
    const closed = store.close();
    await expect(store.get('k')).rejects.toThrow(StoreUnavailableError);
    expect(await last).toEqual(Buffer.from('last'));
    await closed;
    expect(store.close()).toBeInstanceOf(Promise);
  });
});

const NOW_MS = 1_700_000_000_500;
const DAY = 86_400;

test('up to 30 days the field is relative, with one second more for the ticks of memcached', () => {
  expect(memcachedExpiration(1, NOW_MS)).toBe(2);
  expect(memcachedExpiration(1440, NOW_MS)).toBe(1441);
  expect(memcachedExpiration(30 * DAY - 1, NOW_MS)).toBe(30 * DAY);
});

test('above 30 days it is a moment, for memcached would take it for one anyway', () => {
  expect(memcachedExpiration(30 * DAY, NOW_MS)).toBe(1_700_000_000 + 30 * DAY + 1);
  expect(memcachedExpiration(365 * DAY, NOW_MS)).toBe(1_700_000_000 + 365 * DAY + 1);
});

test('however large the time to live, the field holds it', () => {
  expect(memcachedExpiration(Number.MAX_SAFE_INTEGER, NOW_MS)).toBe(0xffff_ffff);
});
