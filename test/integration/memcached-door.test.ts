import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { FlagValues } from '../../src/config/sources.ts';
import { Wire } from '../conformance/wire.ts';
import { freePorts } from '../support/free-ports.ts';
import { InProcessNode } from '../support/in-process-node.ts';

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

  test('closes connections beyond the limit as they come', async () => {
    const { path } = await start({ limitsClients: '2' });
    const [one, two, three] = [await dial(path), await dial(path), await dial(path)];
    await three.until(() => three.isClosed);
    expect([one, two, three].map(({ isClosed }) => isClosed)).toEqual([false, false, true]);
  });
});
