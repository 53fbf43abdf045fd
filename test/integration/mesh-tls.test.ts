import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { connect, createServer, type TlsOptions } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { MeshAddress } from '../../src/session/letter.ts';
import { CERTIFICATE, CERTIFICATE_KEY } from '../support/certificate.ts';
import { encodeFrames } from '../support/mesh-frames.ts';
import {
  a,
  b,
  callRaw,
  helloOf,
  openLink,
  ping,
  plain,
  pong,
  secret,
  startServer,
  startTcp,
} from '../support/mesh-nodes.ts';

const TLS_13: TlsOptions = { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' };

/** A TLS server that is no maglia node; closed when the test ends. */
async function startForeignTls(options: TlsOptions): Promise<MeshAddress> {
  const server = createServer(options, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** The first bytes that a's link to b sends. */
async function helloOfTls(): Promise<Buffer> {
  return new Promise((resolve) => {
    void startTcp((socket) => void socket.once('data', resolve)).then((address) => openLink(address));
  });
}

test('nodes with one secret speak TLS 1.3, keyed by it and by a fresh exchange', async () => {
  const mesh = await startServer();
  const { link, ups, in: within } = openLink(mesh.address);
  await ups.find();
  expect(await link.request(ping, within(1000))).toEqual(pong);
  expect(mesh.logBook.warnings).toEqual([]);
});

describe('a wrong secret', () => {
  test('is named on both sides, with the letter of whoever has it', async () => {
    const mesh = await startServer({ security: secret('the right one, or so we think') });
    const { failures, link, logBook } = openLink(mesh.address, { security: secret('another') });
    const { cause, error } = await failures.find();
    expect(cause).toBe('handshake');
    expect(error).toMatchObject({ code: 'HANDSHAKE_REFUSED', refusal: 'wrong-secret' });
    expect(error.message).toMatch(/^a and b do not have the same secret: give both the same secretFile/);
    expect(link.state).toMatchObject({ kind: 'refused', refusal: 'wrong-secret' });
    expect(logBook.warnings).toEqual(['link: dialling -> refused']);

    const refusal = await mesh.refusals.find();
    expect(refusal).toMatchObject({ letter: a, refusal: 'wrong-secret' });
    expect(refusal.explanation).toMatch(/^a and b do not have the same secret/);
    expect(refusal.from).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(mesh.logBook.warnings).toHaveLength(1);
  });

  test('shuts nobody else out', async () => {
    const mesh = await startServer();
    const wrong = openLink(mesh.address, { security: secret('another') });
    await wrong.failures.find();
    const { link, ups, in: within } = openLink(mesh.address);
    await ups.find();
    expect(await link.request(ping, within(1000))).toEqual(pong);
  });
});

describe('one side with a secret, the other without', () => {
  test('a caller with a secret and a port without: both are told', async () => {
    const mesh = await startServer({ security: plain });
    const { failures } = openLink(mesh.address);
    const { error } = await failures.find();
    expect(error).toMatchObject({ refusal: 'wrong-secret' });
    expect(error.message).toMatch(/b answers a without encryption.*mesh\.plain on both/);
    expect(await mesh.refusals.find()).toMatchObject({ refusal: 'wrong-secret' });
    expect(mesh.refusals.all[0]?.explanation).toMatch(/b has mesh\.plain set, and the caller has a secret/);
  });

  test('a caller without a secret and a port with one: the port names it, the caller gets a hint', async () => {
    const mesh = await startServer();
    const { failures } = openLink(mesh.address, { security: plain });
    const { cause, error } = await failures.find();
    expect(cause).toBe('handshake');
    expect(error.message).toMatch(/if it has a secret, give one to this node as well/);
    expect(await mesh.refusals.find()).toMatchObject({ refusal: 'wrong-secret' });
    expect(mesh.refusals.all[0]?.explanation).toMatch(/does not speak maglia's encryption/);
  });
});

describe('a server that shows a certificate instead of knowing the secret', () => {
  test('is not believed', async () => {
    const address = await startForeignTls({ ...TLS_13, key: CERTIFICATE_KEY, cert: CERTIFICATE });
    const { failures } = openLink(address);
    const { error } = await failures.find();
    expect(error).toMatchObject({ refusal: 'wrong-secret' });
    expect(error.message).toMatch(/shows a certificate instead of knowing the secret/);
  });

  test('nor is one with neither', async () => {
    const { failures } = openLink(await startForeignTls(TLS_13));
    expect((await failures.find()).error).toMatchObject({ refusal: 'wrong-secret' });
  });
});

describe('callers that are no nodes', () => {
  test.each<[string, Buffer]>([
    ['a browser', Buffer.from('GET / HTTP/1.1\r\nHost: b\r\n\r\n')],
    ['a plain hello', encodeFrames({ type: 'hello', message: helloOf(a, b) })],
    ['zeroes', Buffer.alloc(100)],
    ['a TLS record of nothing', Buffer.from('16030100050100000100', 'hex')],
  ])('%s is turned away and leaves the port serving', async (_what, bytes) => {
    const mesh = await startServer({ limits: { dialMs: 200 } });
    const caller = await callRaw(mesh.address);
    caller.socket.write(bytes);
    await caller.closed;
    const { link, ups, in: within } = openLink(mesh.address);
    await ups.find();
    expect(await link.request(ping, within(1000))).toEqual(pong);
  });

  test('a TLS client without the secret is turned away', async () => {
    const mesh = await startServer();
    const client = connect({ port: mesh.address.port, host: mesh.address.host, rejectUnauthorized: false });
    const [error] = (await once(client, 'error')) as [Error];
    expect(error).toMatchObject({ code: expect.stringContaining('ALERT') as string });
    expect(await mesh.refusals.find()).toMatchObject({ refusal: 'wrong-secret' });
  });

  test('one that is silent, or stops in the middle of the handshake, is closed after the dial deadline', async () => {
    const mesh = await startServer({ limits: { dialMs: 60 } });
    const silent = await callRaw(mesh.address);
    const halfway = await callRaw(mesh.address);
    halfway.socket.write(Buffer.from('1603010111010001', 'hex'));
    await Promise.all([silent.closed, halfway.closed]);
    expect(mesh.server.connectionCount).toBe(0);
  });

  test('one that goes away again at once, or resets, is no matter for the log', async () => {
    const mesh = await startServer();
    const caller = await callRaw(mesh.address);
    caller.socket.end();
    await caller.closed;
    const rude = connectTcp(mesh.address.port, mesh.address.host);
    await once(rude, 'connect');
    rude.resetAndDestroy();
    const { ups } = openLink(mesh.address);
    await ups.find();
    expect(mesh.logBook.warnings).toEqual([]);
  });

  test('hundreds of failed handshakes leave room for a peer', async () => {
    const mesh = await startServer({ limits: { dialMs: 100 } });
    for (let batch = 0; batch < 6; batch++) {
      const callers = await Promise.all(Array.from({ length: 50 }, () => callRaw(mesh.address)));
      for (const [at, { socket }] of callers.entries()) if (at % 2 === 0) socket.write(Buffer.alloc(100));
      await Promise.all(callers.map(({ closed }) => closed));
    }
    const { ups } = openLink(mesh.address);
    expect(await ups.find()).toMatchObject({ letter: b });
  });

  test('a crowd from its own address that goes on calling does not keep a peer out, whatever it says', async () => {
    for (const words of ['', '160301', '16030101110100010d0303']) {
      const mesh = await startServer();
      const crowd = await Promise.all(Array.from({ length: 100 }, () => callRaw(mesh.address)));
      for (const { socket } of crowd) socket.write(Buffer.from(words, 'hex'));
      const { ups } = openLink(mesh.address);
      await ups.find();
      expect(mesh.turnedAway.all.filter((reason) => reason === 'crowd').length).toBeGreaterThanOrEqual(100 - 32);
    }
  });

  test('callers that replay the hello of a node make way for one that goes on with it', async () => {
    const mesh = await startServer({ limits: { dialMs: 20_000 } });
    const recorded = await helloOfTls();
    const crowd = await Promise.all(Array.from({ length: 64 }, () => callRaw(mesh.address)));
    for (const { socket } of crowd) socket.write(recorded);
    const { ups } = openLink(mesh.address, { limits: { dialMs: 20_000 } });
    await ups.find();
    expect(mesh.turnedAway.all).toContain('crowd');
    expect(crowd.some(({ socket }) => !socket.closed)).toBe(true);
  });

  test('the hello of a node may come in pieces', async () => {
    const mesh = await startServer();
    const recorded = await helloOfTls();
    const caller = await callRaw(mesh.address);
    const answered = once(caller.socket, 'data');
    for (const byte of recorded) {
      caller.socket.write(Buffer.from([byte]));
      await turn();
    }
    await answered;
    expect(mesh.turnedAway.all).toEqual([]);
  });

  test('closing the port closes those in the middle of the handshake', async () => {
    const mesh = await startServer();
    const halfway = await callRaw(mesh.address);
    await mesh.server.close();
    await halfway.closed;
    expect(mesh.server.connectionCount).toBe(0);
  });
});
