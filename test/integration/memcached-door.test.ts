import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { FlagValues } from '../../src/config/sources.ts';
import { Wire } from '../conformance/wire.ts';
import { turns } from '../support/fake-client.ts';
import { freePorts } from '../support/free-ports.ts';
import { InProcessNode } from '../support/in-process-node.ts';
import { until } from '../support/until.ts';

const open: { close(): Promise<void> | void }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function start(flags: FlagValues = {}): Promise<InProcessNode> {
  const node = await InProcessNode.start(flags);
  open.push(node);
  return node;
}

async function dial(path: string): Promise<Wire> {
  const wire = await Wire.open(path);
  open.push(wire);
  return wire;
}

async function ask(wire: Wire, request: string | Buffer, answer: string): Promise<void> {
  await wire.send(typeof request === 'string' ? Buffer.from(request) : request);
  await wire.until(() => wire.received.length >= answer.length || wire.isClosed);
  expect(wire.take().toString('latin1')).toBe(answer);
}

/** A client that never reads. */
async function deaf(path: string): Promise<Socket> {
  const socket = connect(path);
  await once(socket, 'connect');
  socket.pause();
  socket.on('error', () => undefined);
  open.push({ close: () => void socket.destroy() });
  return socket;
}

/** How many clients the door has now. */
async function connections(wire: Wire): Promise<number> {
  await wire.send(Buffer.from('stats\r\n'));
  await wire.until(() => wire.received.includes('END\r\n'));
  return Number(/curr_connections (\d+)/.exec(wire.take().toString())?.[1]);
}

function heldMegabytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().arrayBuffers / 1_048_576;
}

describe('the memcached door', () => {
  test('listens on TCP and on a unix socket that only user and group may use', async () => {
    const [port = 0] = await freePorts(1);
    const node = await start();
    expect((await stat(node.path)).mode & 0o777).toBe(0o660);
    const both = await start({ doorsMemcached: `127.0.0.1:${port}` });
    expect(both.path).toBeDefined();
    const socket = connect(port, '127.0.0.1');
    socket.end('mn\r\n');
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    expect(bytes.toString()).toBe('MN\r\n');
  });

  test('says what to do where its port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    open.push({ close: () => void server.close() });
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await expect(InProcessNode.start({ doorsMemcached: `127.0.0.1:${port}` })).rejects.toMatchObject({
      code: 'LISTEN',
      message: expect.stringMatching(
        new RegExp(`cannot listen on 127.0.0.1:${port}: .*EADDRINUSE.*; change doors.memcached, or stop`),
      ) as unknown,
    });
  });

  test('speaks text, meta and binary on one port', async () => {
    const { path } = await start();
    await ask(await dial(path), 'set k 0 60 1\r\nx\r\nmg k v\r\n', 'STORED\r\nVA 1\r\nx\r\n');
    const binary = await dial(path);
    await binary.send(Buffer.from('800a00000000000000000000deadbeef0000000000000000', 'hex'));
    await binary.until(() => binary.received.length >= 24);
    expect(binary.take().toString('hex')).toBe('810a00000000000000000000deadbeef0000000000000000');
  });

  test('answers what was begun when the node closes, and closes', async () => {
    const node = await InProcessNode.start();
    const wire = await dial(node.path);
    const idle = await dial(node.path);
    await wire.send(Buffer.from('set k 0 60 1\r\nx\r\n'));
    await wire.until(() => wire.received.length > 0);
    await node.close();
    await idle.until(() => idle.isClosed);
    await wire.until(() => wire.isClosed);
    expect([idle.isClosed, wire.isClosed, wire.take().toString()]).toEqual([true, true, 'STORED\r\n']);
  });
});

describe('clients that do harm', () => {
  test('a set of 100 MB is refused at once, is read to its end, and held nowhere', async () => {
    const { path } = await start();
    const wire = await dial(path);
    const before = heldMegabytes();
    await ask(wire, 'set k 0 60 100000000\r\n', 'SERVER_ERROR object too large for cache\r\n');
    const piece = Buffer.alloc(1_000_000, 'x');
    for (let sent = 0; sent < 100; sent += 1) await wire.send(piece, Buffer.alloc(0));
    await ask(wire, '\r\nmn\r\n', 'MN\r\n');
    expect(heldMegabytes() - before).toBeLessThan(60);
  });

  test('half a command costs its connection after a while, and nobody else waits', async () => {
    const { path } = await start({ limitsClientStallSeconds: '1' });
    const half = await dial(path);
    await half.send(Buffer.from('set k 0 60 500000\r\nabc'));
    await ask(await dial(path), 'mn\r\n', 'MN\r\n');
    await half.until(() => half.isClosed);
    expect(half.isClosed).toBe(true);
    expect(half.take().toString()).toBe('');
  });

  test('a client that never reads is held up, then cut off; nobody else waits', async () => {
    const { path } = await start({ limitsClientStallSeconds: '2' });
    const other = await dial(path);
    await ask(other, `set big 0 60 1000000\r\n${'x'.repeat(1_000_000)}\r\n`, 'STORED\r\n');
    const before = heldMegabytes();
    const reader = await deaf(path);
    for (let sent = 0; sent < 100; sent += 1) reader.write('get big\r\n'.repeat(100));
    let most = 0;
    await until('the deaf client is cut off', async () => {
      most = Math.max(most, heldMegabytes() - before);
      await ask(other, 'mn\r\n', 'MN\r\n');
      return (await connections(other)) === 1;
    });
    // Some copies of the value that the store made, and what waits to be collected.
    expect(most).toBeLessThan(150);
  });

  test('many that together hold too much lose whoever holds most', async () => {
    const { path } = await start({ limitsClientMegabytes: '8' });
    const wires = await Promise.all(Array.from({ length: 20 }, () => dial(path)));
    await Promise.all(wires.map((wire) => wire.send(Buffer.from(`set k 0 60 1000000\r\n${'x'.repeat(700_000)}`))));
    await until('some are cut off', () => wires.filter(({ isClosed }) => isClosed).length >= 8);
    await ask(await dial(path), 'mn\r\n', 'MN\r\n');
  });

  test('5,000 idle connections do not keep others from being served', async () => {
    const { path } = await start();
    const before = process.memoryUsage().rss;
    const idle: Wire[] = [];
    while (idle.length < 5000) {
      idle.push(await dial(path));
      // Node accepts one in each turn.
      await turns(1);
    }
    const wire = await dial(path);
    expect(await connections(wire)).toBe(5001);
    await ask(wire, 'mn\r\n', 'MN\r\n');
    expect(idle.some(({ isClosed }) => isClosed)).toBe(false);
    // Both ends are in this process.
    expect((process.memoryUsage().rss - before) / 5000).toBeLessThan(40_000);
    for (const wire of idle) wire.close();
  });

  test('connections beyond the limit are closed as they come', async () => {
    const { path } = await start({ limitsClients: '2' });
    const [one, two, three] = [await dial(path), await dial(path), await dial(path)];
    await three.until(() => three.isClosed);
    expect([one, two, three].map(({ isClosed }) => isClosed)).toEqual([false, false, true]);
  });

  test('random bytes never break it', async () => {
    const { path } = await start();
    const before = heldMegabytes();
    for (let round = 0; round < 200; round += 1) {
      const wire = await dial(path);
      const first = Buffer.from(['get ', 'set a 0 0 ', '\x80', 'ms a ', ''][round % 5] ?? '', 'latin1');
      await wire.send(Buffer.concat([first, randomBytes(1 + ((round * 997) % 60_000))]), randomBytes(50));
      wire.close();
    }
    await ask(await dial(path), 'mn\r\n', 'MN\r\n');
    expect(heldMegabytes() - before).toBeLessThan(60);
  });
});

describe('a door that other machines reach', () => {
  test('lets nobody do anything who has not said who it is', async () => {
    const [port = 0] = await freePorts(1);
    const users = { '/sasl': { text: 'shop:a-good-password\n', mode: 0o600 } };
    const node = await InProcessNode.start({ doorsMemcached: `0.0.0.0:${port}`, doorsSaslFile: '/sasl' }, users);
    open.push(node);
    const say = async (text: string): Promise<string> => {
      const socket = connect(port, '127.0.0.1');
      socket.end(text);
      const chunks: Buffer[] = [];
      for await (const chunk of socket) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString();
    };
    expect(await say('get k\r\n')).toBe('CLIENT_ERROR unauthenticated\r\n');
    expect(await say('set x 0 0 20\r\nshop a-good-password\r\nset k 0 60 1\r\nx\r\nget k\r\n')).toBe(
      'STORED\r\nSTORED\r\nVALUE k 0 1\r\nx\r\nEND\r\n',
    );
    expect(await say('set x 0 0 19\r\nshop a-bad-password\r\nget k\r\n')).toBe(
      'CLIENT_ERROR authentication failure\r\n',
    );
  });
});
