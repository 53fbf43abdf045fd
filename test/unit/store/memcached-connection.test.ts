import { describe, expect, test, beforeEach, vi } from 'vitest';
import { StoreInDoubtError, StoreUnavailableError } from '../../../src/errors.ts';
import {
  transition,
  MemcachedConnection,
  type ConnectionEvent,
  type ConnectionState,
} from '../../../src/store/memcached-connection.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { answerTo, encodeAnswer } from '../../support/memcached-wire.ts';
import { ScriptedMemcached, settled } from '../../support/scripted-memcached.ts';

const STATES: readonly ConnectionState[] = ['held', 'dialling', 'proving', 'ready', 'draining', 'closed'];
const EVENTS: readonly ConnectionEvent[] = ['released', 'connected', 'proven', 'gaveUp', 'finished', 'ended'];

function after(...events: readonly ConnectionEvent[]): ConnectionState {
  return events.reduce<ConnectionState>(transition, 'held');
}

describe('a connection to memcached', () => {
  test('is ready only after its predecessor is gone, the socket is connected and the NOOP was answered', () => {
    expect(after('released', 'connected', 'proven')).toBe('ready');
    expect(after('released', 'proven')).toBe('dialling');
    expect(after('connected', 'proven')).toBe('held');
  });

  test('that took commands and is given up waits for memcached to close it', () => {
    expect(after('released', 'connected', 'proven', 'gaveUp')).toBe('draining');
    expect(after('released', 'connected', 'proven', 'gaveUp', 'ended')).toBe('closed');
  });

  test('that took none has nothing to wait for', () => {
    expect(after('released', 'gaveUp')).toBe('closed');
    expect(after('released', 'connected', 'gaveUp')).toBe('closed');
  });

  test('is never used again once it was given up (S0)', () => {
    const given = EVENTS.flatMap((one) =>
      EVENTS.map((two) => after('released', 'connected', 'proven', 'gaveUp', one, two)),
    );
    expect(new Set(given)).toEqual(new Set(['draining', 'closed']));
  });

  test('that is closed stays closed, and closes whenever nobody wants it any more', () => {
    for (const event of EVENTS) expect(transition('closed', event)).toBe('closed');
    for (const state of STATES) expect(transition(state, 'finished')).toBe('closed');
  });
});

const GET = 0;
const DEADLINE_MS = 50;

let clock: FakeClock;
let memcached: ScriptedMemcached;
let outcomes: Map<number, unknown>;
let unusable: string[];

beforeEach(() => {
  clock = new FakeClock();
  memcached = new ScriptedMemcached();
  outcomes = new Map();
  unusable = [];
});

function connect(
  predecessor: Promise<void> = Promise.resolve(),
  drainLimitMs?: number,
  dial = memcached.dial,
): MemcachedConnection {
  return new MemcachedConnection({
    dial,
    clock,
    deadlineMs: DEADLINE_MS,
    drainLimitMs,
    predecessor,
    onReady: () => undefined,
    onUnusable: (reason) => unusable.push(reason),
  });
}

function get(connection: MemcachedConnection, opaque: number, key = `key${opaque}`): void {
  const bytes = Buffer.alloc(24 + key.length);
  bytes.writeUInt8(0x80, 0);
  bytes.writeUInt8(GET, 1);
  bytes.writeUInt16BE(key.length, 2);
  bytes.writeUInt32BE(key.length, 8);
  bytes.writeUInt32BE(opaque, 12);
  bytes.write(key, 24);
  connection.submit({
    opcode: GET,
    opaque,
    bytes,
    answered: ({ val }) => outcomes.set(opaque, val.toString()),
    failed: (error) => outcomes.set(opaque, error),
  });
}

function requestsSent(connection = 0): string[] {
  return (memcached.connections[connection]?.requests ?? [])
    .filter(({ opcode }) => opcode === GET)
    .map(({ key }) => key);
}

describe('a connection to memcached', () => {
  test('sends nothing but a NOOP until that is answered', async () => {
    memcached.mode = 'frozen';
    const connection = connect();
    get(connection, 1);
    await settled();
    expect(memcached.connections[0]?.requests.map(({ opcode }) => opcode)).toEqual([0x0a]);
    expect(connection.state).toBe('proving');
  });

  test('answers each request with its own answer, in whatever order they come', async () => {
    const connection = connect();
    get(connection, 1);
    get(connection, 2);
    await settled();
    const far = memcached.connections[0];
    for (const request of [...(far?.requests.slice(1) ?? [])].reverse()) far?.socket.write(answerTo(request));
    await settled();
    expect(outcomes).toEqual(
      new Map([
        [2, 'key2'],
        [1, 'key1'],
      ]),
    );
  });

  test('writes all requests of one turn at once', async () => {
    const near = memcached.dial();
    const connection = connect(undefined, undefined, () => near);
    await settled();
    const corked = vi.spyOn(near, 'cork');
    get(connection, 1);
    void Promise.resolve().then(() => get(connection, 2));
    process.nextTick(() => get(connection, 3));
    await new Promise((resolve) => queueMicrotask(() => resolve(undefined)));
    expect(corked).not.toHaveBeenCalled();
    await settled();
    expect(corked).toHaveBeenCalledOnce();
    expect(requestsSent().sort()).toEqual(['key1', 'key2', 'key3']);
  });

  test('fails everything in flight when one request passes its deadline, and what was sent is in doubt', async () => {
    const connection = connect();
    get(connection, 1);
    await settled();
    clock.advance(30);
    get(connection, 2);
    await settled();
    clock.advance(20);
    await settled();
    expect(outcomes.get(1)).toBeInstanceOf(StoreInDoubtError);
    expect(outcomes.get(2)).toBeInstanceOf(StoreInDoubtError);
    expect(unusable).toHaveLength(1);
  });

  test('reads what has arrived before it judges, for this process may be the late one', async () => {
    const connection = connect();
    get(connection, 1);
    await settled();
    const far = memcached.connections[0];
    const request = far?.requests[1];
    if (request !== undefined) far?.socket.write(answerTo(request));
    clock.advance(DEADLINE_MS);
    await settled();
    expect(outcomes.get(1)).toBe('key1');
    expect(connection.state).toBe('ready');
  });

  test('gives each request its full deadline, however long the connection was idle', async () => {
    const connection = connect();
    await settled();
    clock.advance(1_000);
    await settled();
    get(connection, 1);
    await settled();
    clock.advance(DEADLINE_MS - 1);
    await settled();
    expect(outcomes.size).toBe(0);
    clock.advance(1);
    await settled();
    expect(outcomes.get(1)).toBeInstanceOf(StoreInDoubtError);
  });

  test('has one timer for all requests, and none once it is idle', async () => {
    memcached.onRequest = (request, far) => void far.socket.write(answerTo(request));
    const connection = connect();
    for (let n = 0; n < 100; n += 1) get(connection, n);
    expect(clock.pending).toBe(1);
    await settled();
    expect(outcomes.size).toBe(100);
    clock.advance(DEADLINE_MS);
    await settled();
    expect(clock.pending).toBe(0);
  });

  test('believes nothing any more that comes after a timeout (S0)', async () => {
    memcached.closes = false;
    const connection = connect();
    get(connection, 1);
    await settled();
    clock.advance(DEADLINE_MS);
    await settled();
    const far = memcached.connections[0];
    const request = far?.requests[1];
    if (request !== undefined) far?.socket.write(answerTo(request, 'late'));
    await settled();
    expect(outcomes.get(1)).toBeInstanceOf(StoreInDoubtError);
    get(connection, 2);
    expect(outcomes.get(2)).toBeInstanceOf(StoreUnavailableError);
  });

  test('fails everything in flight when memcached closes it cleanly', async () => {
    const connection = connect();
    get(connection, 1);
    await settled();
    get(connection, 2);
    memcached.connections[0]?.socket.end();
    await settled();
    expect(outcomes.get(1)).toBeInstanceOf(StoreInDoubtError);
    expect(outcomes.has(2)).toBe(true);
    expect(connection.state).toBe('closed');
  });

  test('fails everything when it cannot be dialled, and nothing was sent', async () => {
    memcached.mode = 'refusing';
    const connection = connect();
    get(connection, 1);
    await settled();
    expect(outcomes.get(1)).toBeInstanceOf(StoreUnavailableError);
    expect(String(outcomes.get(1))).toContain('ECONNREFUSED');
    expect(unusable).toHaveLength(1);
    await connection.gone;
  });

  test('gives up a dial that leads nowhere', async () => {
    memcached.mode = 'frozen';
    const connection = connect();
    get(connection, 1);
    await settled();
    clock.advance(DEADLINE_MS);
    await settled();
    expect(outcomes.get(1)).toBeInstanceOf(StoreUnavailableError);
    expect(connection.state).toBe('closed');
    await connection.gone;
  });

  test.each([
    ['a number that was never asked', encodeAnswer({ opcode: GET, opaque: 99 })],
    ['another command', encodeAnswer({ opcode: 1, opaque: 1 })],
    ['another protocol', Buffer.from('ERROR Too many open connections\r\n')],
  ])('is given up over an answer for %s', async (_, answer) => {
    const connection = connect();
    get(connection, 1);
    await settled();
    memcached.connections[0]?.socket.write(answer);
    await settled();
    expect(outcomes.get(1)).toBeInstanceOf(StoreInDoubtError);
    expect(['draining', 'closed']).toContain(connection.state);
  });

  test('is given up when the first answer is not the one to its NOOP', async () => {
    memcached.mode = 'frozen';
    const connection = connect();
    get(connection, 1);
    await settled();
    memcached.connections[0]?.socket.write(
      encodeAnswer({ opcode: GET, opaque: 1, extras: Buffer.alloc(4), value: 'x' }),
    );
    await settled();
    expect(outcomes.get(1)).toBeInstanceOf(StoreUnavailableError);
  });
});

describe('the successor of a connection that was given up', () => {
  async function giveUpOne(drainLimitMs?: number): Promise<MemcachedConnection> {
    memcached.closes = false;
    const first = connect(undefined, drainLimitMs);
    get(first, 1);
    await settled();
    clock.advance(DEADLINE_MS);
    await settled();
    return first;
  }

  test('is not even dialled before memcached has worked off the old one and closed it (S1)', async () => {
    const first = await giveUpOne();
    const second = connect(first.gone);
    get(second, 2);
    await settled();
    expect(memcached.connections).toHaveLength(1);
    memcached.connections[0]?.socket.end();
    await settled();
    expect(requestsSent(1)).toEqual(['key2']);
  });

  test('fails its requests at their deadlines meanwhile, and serves later ones', async () => {
    const first = await giveUpOne();
    const second = connect(first.gone);
    get(second, 2);
    clock.advance(DEADLINE_MS - 10);
    get(second, 3);
    clock.advance(10);
    await settled();
    expect(outcomes.get(2)).toBeInstanceOf(StoreUnavailableError);
    expect(second.state).toBe('held');
    memcached.connections[0]?.socket.end();
    await settled();
    expect(requestsSent(1)).toEqual(['key3']);
  });

  test('waits for a far host only so long', async () => {
    const first = await giveUpOne(5_000);
    const second = connect(first.gone);
    clock.advance(4_999);
    await settled();
    get(second, 2);
    expect(memcached.connections).toHaveLength(1);
    clock.advance(1);
    await settled();
    expect(requestsSent(1)).toEqual(['key2']);
  });
});

describe('finishing a connection', () => {
  test('lets what is in flight be answered first', async () => {
    const connection = connect();
    get(connection, 1);
    await settled();
    const gone = connection.finish();
    expect(connection.state).toBe('ready');
    const far = memcached.connections[0];
    const request = far?.requests[1];
    if (request !== undefined) far?.socket.write(answerTo(request));
    await gone;
    expect(outcomes.get(1)).toBe('key1');
    expect(unusable).toEqual([]);
  });

  test('takes no longer than the deadlines of what is in flight', async () => {
    const connection = connect();
    get(connection, 1);
    await settled();
    const gone = connection.finish();
    clock.advance(DEADLINE_MS);
    await gone;
    expect(outcomes.get(1)).toBeInstanceOf(StoreInDoubtError);
  });

  test('does not wait for a predecessor that is never gone', async () => {
    const connection = connect(new Promise(() => undefined));
    await connection.finish();
    expect(memcached.connections).toEqual([]);
  });
});
