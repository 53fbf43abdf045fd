import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { binaryRequest, storeExtras } from '../conformance/binary-request.ts';
import { RunningDaemon } from '../conformance/running-daemon.ts';
import { Wire } from '../conformance/wire.ts';
import { hostAndPort } from '../support/listening.ts';
import { peakMegabytes, residentMegabytes } from '../support/resident-memory.ts';
import { until } from '../support/until.ts';

/*
 * Clients that do harm, and a daemon with a process of its own: what it has in memory is counted by the kernel, at its
 * highest. Each test sends or asks for many times as much as it allows.
 */

const TOO_LARGE = 'SERVER_ERROR object too large for cache\r\n';

const HUGE_PACKET = binaryRequest('set', {
  key: 'k',
  extras: storeExtras(0, 0),
  bodyBytes: 100_000_000 + 8 + 1,
})
  .subarray(0, 24 + 8 + 1)
  .toString('latin1');

/** Status 3, "Too large." */
const REFUSED_PACKET = '\x81\x01\0\0\0\0\0\x03\0\0\0\x0a\xde\xad\xbe\xef\0\0\0\0\0\0\0\0Too large.';

const open: { close(): Promise<void> | void }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

class Abused {
  readonly address: string;
  readonly #pid: number;
  readonly #before: number;
  readonly #other: Wire;

  private constructor({ address, pid }: RunningDaemon, other: Wire) {
    this.address = address;
    this.#pid = pid;
    this.#before = residentMegabytes(pid);
    this.#other = other;
  }

  static async start(limits: Readonly<Record<string, number>> = {}): Promise<Abused> {
    const daemon = await RunningDaemon.start(limits);
    open.push(daemon);
    const other = await Wire.open(daemon.address);
    open.push(other);
    return new Abused(daemon, other);
  }

  /** The most that was ever in memory, beyond what was when nobody did harm, in MiB. */
  get moreMegabytes(): number {
    return peakMegabytes(this.#pid) - this.#before;
  }

  async dial(): Promise<Wire> {
    const wire = await Wire.open(this.address);
    open.push(wire);
    return wire;
  }

  /** Another client stores and reads, as if nothing were. */
  async servesOthers(): Promise<void> {
    await ask(this.#other, 'set other 0 60 1\r\nx\r\nget other\r\n', 'STORED\r\nVALUE other 0 1\r\nx\r\nEND\r\n');
  }

  /** How many clients there are beside that one. */
  async clients(): Promise<number> {
    await this.#other.send(Buffer.from('stats\r\n'));
    await this.#other.until(() => this.#other.received.includes('END\r\n'));
    return Number(/curr_connections (\d+)/.exec(this.#other.take().toString())?.[1]) - 1;
  }
}

async function ask(wire: Wire, request: string, answer: string): Promise<void> {
  await wire.send(Buffer.from(request, 'latin1'));
  await wire.until(() => wire.received.length >= answer.length || wire.isClosed);
  expect(wire.take().toString('latin1')).toBe(answer);
}

/** A client that never reads. */
async function deaf(address: string): Promise<Socket> {
  const socket = connect(hostAndPort(address));
  await once(socket, 'connect');
  socket.pause();
  socket.on('error', () => undefined);
  open.push({ close: () => void socket.destroy() });
  return socket;
}

describe('clients that do harm', () => {
  test.each([
    ['text', 'set k 0 60 100000000\r\n', TOO_LARGE, '\r\n'],
    ['meta', 'ms k 100000000\r\n', TOO_LARGE, '\r\n'],
    ['binary', HUGE_PACKET, REFUSED_PACKET, ''],
  ])('a %s set of 100 MB is refused at once, four times, read to its end, and held nowhere', async (...how) => {
    const [, announcement, refusal, end] = how;
    const abused = await Abused.start();
    const wire = await abused.dial();
    const piece = Buffer.alloc(1_000_000, 'x');
    for (let round = 0; round < 4; round += 1) {
      await ask(wire, announcement, refusal);
      for (let sent = 0; sent < 100; sent += 1) await wire.sendAll(piece);
      await abused.servesOthers();
      await wire.send(Buffer.from(end));
    }
    expect(abused.moreMegabytes).toBeLessThan(100);
  });

  test('a set of 100 MB that never comes costs its connection after a while', async () => {
    const abused = await Abused.start({ clientStallSeconds: 1 });
    const wire = await abused.dial();
    await ask(wire, 'set k 0 60 100000000\r\n', TOO_LARGE);
    await wire.send(Buffer.alloc(1000, 'x'));
    await until('it is cut off', () => wire.isClosed);
    await abused.servesOthers();
  });

  test('half a command costs its connection after a while, and nobody else waits', async () => {
    const abused = await Abused.start({ clientStallSeconds: 1 });
    const halves = [
      'ge',
      'get k',
      'set k 0 60 5\r\n',
      'set k 0 60 5\r\nabc',
      'ms k 5\r\nabc',
      '\x80',
      '\x80\x01\x00\x01',
    ];
    const wires = await Promise.all(halves.map(() => abused.dial()));
    await Promise.all(wires.map((wire, index) => wire.send(Buffer.from(halves[index] ?? '', 'latin1'))));
    await abused.servesOthers();
    await until('all are cut off', () => wires.every(({ isClosed }) => isClosed));
    expect(wires.map((wire) => wire.take().toString())).toEqual(halves.map(() => ''));
    expect(await abused.clients()).toBe(0);
  });

  test('half commands that are large together lose those who hold most', async () => {
    const abused = await Abused.start({ clientMegabytes: 16 });
    const wires = await Promise.all(Array.from({ length: 400 }, () => abused.dial()));
    const half = Buffer.from(`set k 0 60 1000000\r\n${'x'.repeat(900_000)}`);
    for (const wire of wires) await wire.send(half);
    await until('most are cut off', () => wires.filter(({ isClosed }) => isClosed).length >= 380);
    await abused.servesOthers();
    expect(abused.moreMegabytes).toBeLessThan(150);
  });

  test('a client that never reads its replies is held up, then cut off; nobody else waits', async () => {
    const abused = await Abused.start({ clientStallSeconds: 2 });
    const other = await abused.dial();
    await ask(other, `set big 0 60 1000000\r\n${'x'.repeat(1_000_000)}\r\n`, 'STORED\r\n');
    const reader = await deaf(abused.address);
    // Ten gigabytes of replies.
    for (let sent = 0; sent < 100; sent += 1) reader.write('get big\r\n'.repeat(100));
    await until('the deaf client is cut off', async () => {
      await abused.servesOthers();
      return (await abused.clients()) === 1;
    });
    expect(abused.moreMegabytes).toBeLessThan(150);
  });

  test('5,000 idle connections do not keep others from being served', async () => {
    const abused = await Abused.start();
    const idle: Wire[] = [];
    open.push({ close: () => idle.forEach((wire) => wire.close()) });
    while (idle.length < 5000) {
      const more = Array.from({ length: 100 }, () => Wire.open(abused.address));
      idle.push(...(await Promise.all(more)));
    }
    await until('all are taken', async () => (await abused.clients()) === 5000);
    await abused.servesOthers();
    expect(idle.some(({ isClosed }) => isClosed)).toBe(false);
    expect(abused.moreMegabytes / 5000).toBeLessThan(0.03);
  });
});
