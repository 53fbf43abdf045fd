import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { StoreInDoubtError, StoreUnavailableError } from '../../src/errors.ts';
import { dialMemcached } from '../../src/store/dial-memcached.ts';
import { MemcachedFigures } from '../../src/store/memcached-figures.ts';
import { MemcachedServer } from '../../src/store/memcached-client.ts';
import { MemcachedStore } from '../../src/store/memcached-store.ts';
import { answerTo, encodeAnswer, readRequests, type WireRequest } from '../support/memcached-wire.ts';
import { until } from '../support/until.ts';

const NOOP = 0x0a;
const GET = 0x00;

/** A memcached on a real socket that answers as badly as a test wants. */
let fake: Server;
let sockets: Socket[];
let chunks: number;
let onRequest: (request: WireRequest, socket: Socket) => void;
let store: MemcachedStore;

beforeEach(async () => {
  sockets = [];
  chunks = 0;
  onRequest = (request, socket) => socket.write(answerTo(request));
  fake = createServer((socket) => {
    sockets.push(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', () => (chunks += 1));
    readRequests(socket, (request) => {
      if (request.opcode === NOOP) socket.write(answerTo(request));
      else onRequest(request, socket);
    });
  });
  await new Promise<void>((resolve) => fake.listen(0, '127.0.0.1', resolve));
  store = openStore(100);
});

afterEach(async () => {
  await store.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => fake.close(resolve));
});

function openStore(deadlineMs: number): MemcachedStore {
  const { port } = fake.address() as AddressInfo;
  const address = { kind: 'tcp', host: '127.0.0.1', port } as const;
  const common = { clock: systemClock, log: pino({ level: 'silent' }) };
  const server = new MemcachedServer({ ...common, address, dial: () => dialMemcached(address), deadlineMs });
  return new MemcachedStore({
    ...common,
    server,
    figures: new MemcachedFigures({ clock: systemClock, dial: () => dialMemcached(address), deadlineMs }),
    maxRecordBytes: () => 2_000_000,
    health: () => ({ state: 'up' }),
    metrics: { observe: () => undefined },
  });
}

function outcomeOf(operation: Promise<Buffer | undefined>): Promise<unknown> {
  return operation.then(
    (value) => value?.toString(),
    (error: unknown) => error,
  );
}

function valueAnswer({ opaque }: WireRequest, value: Buffer | string): Buffer {
  return encodeAnswer({ opcode: GET, opaque, extras: Buffer.alloc(4), value });
}

describe('an answer', () => {
  test('that comes after its request timed out reaches no other request, whatever that asks for (S0)', async () => {
    const late: (() => void)[] = [];
    onRequest = (request, socket) => late.push(() => socket.write(valueAnswer(request, 'of somebody else')));
    const timedOut = await Promise.all([outcomeOf(store.get('one')), outcomeOf(store.get('two'))]);
    for (const failure of timedOut) expect(failure).toBeInstanceOf(StoreInDoubtError);

    onRequest = (request, socket) => {
      for (const answer of late) answer();
      socket.write(answerTo(request));
    };
    const keys = Array.from({ length: 50 }, (_, n) => `k${n}`);
    expect(await Promise.all(keys.map((key) => outcomeOf(store.get(key))))).toEqual(keys);
    expect(sockets).toHaveLength(2);
  });

  test('that comes on a connection which is given up already is not believed either (S0)', async () => {
    for (let round = 0; round < 5; round += 1) {
      onRequest = (request, socket) => void socket.once('end', () => socket.write(valueAnswer(request, 'late')));
      expect(await outcomeOf(store.get('slow'))).toBeInstanceOf(StoreInDoubtError);
      onRequest = (request, socket) => socket.write(answerTo(request));
      expect(await outcomeOf(store.get(`fast${round}`))).toBe(`fast${round}`);
    }
    expect(sockets).toHaveLength(6);
  });

  test('with a number that was never given out ends the connection', async () => {
    onRequest = (request, socket) => socket.write(valueAnswer({ ...request, opaque: request.opaque + 1 }, 'wrong'));
    expect(await outcomeOf(store.get('k'))).toBeInstanceOf(StoreInDoubtError);
    onRequest = (request, socket) => socket.write(answerTo(request));
    expect(await outcomeOf(store.get('k'))).toBe('k');
    expect(sockets).toHaveLength(2);
  });

  test('may come one byte at a time', async () => {
    onRequest = (request, socket) => {
      for (const byte of answerTo(request)) socket.write(Buffer.from([byte]));
    };
    const keys = Array.from({ length: 20 }, (_, n) => `k${n}`);
    expect(await Promise.all(keys.map((key) => outcomeOf(store.get(key))))).toEqual(keys);
  });

  test('may come in two parts, split anywhere', async () => {
    const { length } = answerTo({
      opcode: GET,
      opaque: 1,
      key: 'key',
      extras: Buffer.alloc(0),
      value: Buffer.alloc(0),
    });
    for (let at = 1; at < length; at += 1) {
      onRequest = (request, socket) => {
        const bytes = answerTo(request);
        socket.write(bytes.subarray(0, at));
        setImmediate(() => socket.write(bytes.subarray(at)));
      };
      expect(await outcomeOf(store.get('key'))).toBe('key');
    }
    expect(sockets).toHaveLength(1);
  });

  test('of a megabyte in a thousand parts is put together once', async () => {
    const patient = openStore(5_000);
    const value = Buffer.alloc(1_048_576, 'x');
    onRequest = (request, socket) => {
      const bytes = valueAnswer(request, value);
      for (let at = 0; at < bytes.length; at += 1_024) socket.write(bytes.subarray(at, at + 1_024));
    };
    expect((await patient.get('large'))?.equals(value)).toBe(true);
    await patient.close();
  });

  test.each([
    ['of another protocol', Buffer.from('VALUE k 0 1\r\nx\r\nEND\r\n')],
    ['with a request in it', Buffer.concat([Buffer.from([0x80]), Buffer.alloc(23)])],
    ['that says it has 4 GiB', Buffer.concat([Buffer.from('8100000000000000ffffffff', 'hex'), Buffer.alloc(12)])],
  ])('%s ends the connection, and the next one works', async (_, bytes) => {
    onRequest = (_request, socket) => socket.write(bytes);
    expect(await outcomeOf(store.get('k'))).toBeInstanceOf(StoreInDoubtError);
    onRequest = (request, socket) => socket.write(answerTo(request));
    expect(await outcomeOf(store.get('k'))).toBe('k');
  });
});

describe('a connection that memcached closes', () => {
  test.each([
    ['cleanly', (socket: Socket) => socket.end()],
    ['with a reset', (socket: Socket) => socket.resetAndDestroy()],
  ])('%s fails everything that is in flight, at once', async (_, close) => {
    const patient = openStore(60_000);
    let received = 0;
    onRequest = (_request, socket) => {
      received += 1;
      if (received === 20) close(socket);
    };
    const inFlight = Array.from({ length: 20 }, (_unused, n) => outcomeOf(patient.get(`k${n}`)));
    for (const failure of await Promise.all(inFlight)) expect(failure).toBeInstanceOf(StoreInDoubtError);
    await patient.close();
  });

  test('while idle costs nobody anything', async () => {
    await store.get('k');
    sockets[0]?.end();
    await until('the client has closed its side too', () => sockets[0]?.destroyed);
    expect(await outcomeOf(store.get('k'))).toBe('k');
  });
});

describe('a store without a memcached', () => {
  test('is unavailable at once where nobody listens', async () => {
    const patient = openStore(60_000);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => fake.close(resolve));
    expect(await outcomeOf(patient.get('k'))).toBeInstanceOf(StoreUnavailableError);
    await patient.close();
    await new Promise<void>((resolve) => fake.listen(0, '127.0.0.1', resolve));
  });
});

describe('the requests of one turn', () => {
  test('leave in one write', async () => {
    await store.get('first');
    const before = chunks;
    await Promise.all(Array.from({ length: 100 }, (_, n) => store.get(`k${n}`)));
    expect(chunks - before).toBe(1);
  });
});
