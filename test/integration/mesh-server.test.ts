import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ListenError } from '../../src/listening/listen-error.ts';
import { systemClock } from '../../src/clock.ts';
import { MeshServer } from '../../src/mesh/mesh-server.ts';
import type { Hello, PeerAnswer, PeerRequest } from '../../src/mesh/message.ts';
import { tcp } from '../../src/mesh/tcp.ts';
import { LetterMap } from '../../src/session/letter.ts';
import { placesOfAll } from '../../src/mesh/traffic-class.ts';
import { encodeFrames, type Frame } from '../support/mesh-frames.ts';
import { letter } from '../support/mesh-messages.ts';
import {
  a,
  answerOf,
  b,
  c,
  callRaw,
  get,
  helloOf,
  limits,
  LogBook,
  mapOf,
  openLink,
  ping,
  plain,
  pong,
  startServer,
  type RawPeer,
  type TestServer,
} from '../support/mesh-nodes.ts';

const hello = (change = {}): Frame => ({ type: 'hello', message: helloOf(a, b, change) });
const request = (number: number, message = ping): Frame => ({ type: 'request', number, message });

const loopbackMap = new LetterMap(new Map([a, b, c].map((one, at) => [one, { host: '127.0.0.1', port: 7421 + at }])));

function refusalOf(frame: Frame): string {
  return frame.type === 'hello-answer' && frame.message.kind === 'refused' ? frame.message.refusal : frame.type;
}

/** A raw connection that was welcomed. */
async function callWelcomed({ address }: TestServer, change = {}): Promise<RawPeer> {
  const peer = await callRaw(address);
  peer.send(hello(change));
  await peer.frames.find(({ type }) => type === 'hello-answer');
  return peer;
}

describe('who may come in', () => {
  test('a peer that agrees is welcomed, and whoever wants to know is told', async () => {
    const mesh = await startServer({ security: plain });
    const peer = await callRaw(mesh.address);
    peer.send(hello());
    const welcome = { type: 'hello-answer', message: { kind: 'welcome', hello: helloOf(b, a) } };
    expect(await peer.frames.find()).toEqual(welcome);
    expect(mesh.hellos.all).toEqual([helloOf(a, b)]);
    expect(mesh.server.connectionCount).toBe(1);
  });

  test.each<[string, Record<string, unknown>]>([
    ['wrong-map', { mapDigest: mapOf(a, b).digest }],
    ['unknown-letter', { letter: letter('z') }],
    ['wrong-letter', { to: c }],
    ['not-a-peer', { letter: b }],
    ['wrong-version', { wireVersion: 99, oldestWireVersion: 98 }],
  ])('%s is refused: the reason is told to the caller, the log and whoever wants to know', async (refusal, change) => {
    const mesh = await startServer({ security: plain });
    const peer = await callRaw(mesh.address);
    peer.send(hello(change));
    expect(refusalOf(await peer.frames.find())).toBe(refusal);
    await peer.closed;
    expect(mesh.refusals.all).toMatchObject([{ refusal, from: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string }]);
    expect(mesh.logBook.warnings).toHaveLength(1);
    expect(mesh.server.connectionCount).toBe(0);
  });

  test('a link to a node with another map learns why, and so does that node', async () => {
    const mesh = await startServer();
    const { failures, link } = openLink(mesh.address, { hello: { mapDigest: 'another' } });
    const { cause, error } = await failures.find();
    expect(cause).toBe('handshake');
    expect(error).toMatchObject({ refusal: 'wrong-map' });
    expect(link.state).toMatchObject({ kind: 'refused', refusal: 'wrong-map' });
    expect(mesh.refusals.all[0]).toMatchObject({ letter: a, refusal: 'wrong-map', explanation: error.message });
  });

  test('the second of two living nodes with one letter is refused, the first is not disturbed', async () => {
    const mesh = await startServer();
    const first = openLink(mesh.address, { hello: { incarnation: 1 } });
    await first.ups.find();
    await first.link.request(ping, first.in(1000));
    const second = openLink(mesh.address, { hello: { incarnation: 2 } });
    expect((await second.failures.find()).error).toMatchObject({ refusal: 'duplicate-letter' });
    expect(mesh.refusals.all[0]).toMatchObject({ letter: a, refusal: 'duplicate-letter' });
    expect(await first.link.request(ping, first.in(1000))).toEqual(pong);
  });

  test('a new life replaces the connection of a former one that has fallen silent', async () => {
    const mesh = await startServer({ security: plain, limits: { suspectAfterMs: 0 } });
    const old = await callWelcomed(mesh, { incarnation: 1 });
    await callWelcomed(mesh, { incarnation: 2 });
    await old.closed;
    expect(mesh.server.connectionCount).toBe(1);
  });

  test('a node that began a new life on its connection is no rival of itself', async () => {
    const mesh = await startServer({ security: plain });
    const old = await callWelcomed(mesh, { incarnation: 1 });
    old.send(request(1, { kind: 'ping', incarnation: 2 }));
    await old.frames.find(({ type }) => type === 'answer');
    await callWelcomed(mesh, { incarnation: 2 });
    expect(mesh.server.connectionCount).toBe(2);
  });

  test('a peer has a few connections at most: the longest silent one goes', async () => {
    const mesh = await startServer({ security: plain });
    const first = await callWelcomed(mesh);
    for (let more = 0; more < 4; more++) await callWelcomed(mesh);
    await first.closed;
    expect(mesh.server.connectionCount).toBe(4);
  });

  test('whoever says nothing is closed when the dial deadline is over', async () => {
    const mesh = await startServer({ security: plain, limits: { dialMs: 50 } });
    const peer = await callRaw(mesh.address);
    await peer.closed;
    expect(mesh.logBook.warnings).toEqual(["closed a connection that is no peer's: no hello within 50 ms"]);
  });

  test.each([
    ['an address of the map, which may take all places', loopbackMap, 256],
    ['any other address, which may take an eighth of them', mapOf(a, b, c), 32],
  ])('of a crowd at %s the oldest make room, and a peer from there gets in', async (_where, map, places) => {
    const mesh = await startServer({ security: plain, map, limits: { dialMs: 60_000 } });
    const crowd: RawPeer[] = [];
    while (crowd.length < places + 20) crowd.push(await callRaw(mesh.address));
    await Promise.all(crowd.slice(0, 20).map(({ closed }) => closed));
    const { ups } = openLink(mesh.address, { security: plain, hello: { mapDigest: map.digest } });
    await ups.find();
    expect(mesh.turnedAway.all).toEqual(Array.from({ length: 21 }, () => 'crowd'));
    expect(crowd.filter(({ socket }) => !socket.closed)).toHaveLength(places - 1);
    expect(mesh.logBook.warnings).toHaveLength(1);
  });
});

describe('requests', () => {
  test('are answered as each is ready', async () => {
    const release: ((answer: PeerAnswer) => void)[] = [];
    const mesh = await startServer({
      security: plain,
      handler: (_from, asked) =>
        asked.kind === 'ping' ? Promise.resolve(pong) : new Promise((resolve) => release.push(resolve)),
    });
    const peer = await callWelcomed(mesh);
    peer.send(request(1, get('b1')), request(2));
    await peer.frames.find((frame) => frame.type === 'answer' && frame.number === 2);
    release[0]?.(await answerOf(get('b1')));
    await peer.frames.find((frame) => frame.type === 'answer' && frame.number === 1);
    expect(peer.frames.all.map((frame) => ('number' in frame ? frame.number : 0))).toEqual([0, 2, 1]);
  });

  test('that are ready in one turn leave in one write', async () => {
    const mesh = await startServer({ security: plain });
    const peer = await callWelcomed(mesh);
    const chunks: number[] = [];
    peer.socket.on('data', (chunk: Buffer) => chunks.push(chunk.length));
    peer.send(...Array.from({ length: 20 }, (_, at) => request(at + 1)));
    await peer.frames.count(21);
    expect(chunks).toEqual([20 * encodeFrames({ type: 'answer', number: 1, message: pong }).length]);
  });

  test('of one connection are carried out so many at a time, and the rest wait', async () => {
    const waiting: (() => void)[] = [];
    let most = 0;
    const mesh = await startServer({
      security: plain,
      limits: { inFlightPerLink: 8 },
      handler: () =>
        new Promise((resolve) => {
          waiting.push(() => resolve(pong));
          most = Math.max(most, waiting.length);
        }),
    });
    const peer = await callWelcomed(mesh);
    peer.send(...Array.from({ length: 500 }, (_, at) => request(at + 1)));
    const answered = peer.frames.count(501);
    await mesh.asked.count(40);
    while (peer.frames.all.length < 501) {
      for (const resolve of waiting.splice(0)) resolve();
      await turn();
    }
    await answered;
    expect(most).toBe(placesOfAll(8));
  });

  test('whose answer cannot be sent get none, and the connection goes on', async () => {
    const mesh = await startServer({
      security: plain,
      handler: (_from, asked) =>
        Promise.resolve(
          asked.kind === 'ping' ? pong : { kind: 'verdict', agreed: true, heardAgoMs: 1, incarnation: 0.5 },
        ),
    });
    const peer = await callWelcomed(mesh);
    peer.send(request(1, get('b1')), request(2));
    await peer.frames.count(3);
    expect(peer.frames.all.slice(1)).toEqual(
      expect.arrayContaining([
        { type: 'no-answer', number: 1, reason: 'failed' },
        { type: 'answer', number: 2, message: pong },
      ]),
    );
  });

  test('of a peer that does not read its answers wait, and in the end it is closed', async () => {
    const mesh = await startServer({ security: plain, handler: answerAtLength(32 * 1024) });
    const slow = await callWelcomed(mesh);
    slow.socket.pause();
    slow.send(...Array.from({ length: 3000 }, (_, at) => request(at + 1, get('b1'))));
    const { link, ups, in: within } = openLink(mesh.address, { security: plain, from: c });
    await ups.find();
    expect(await link.request(ping, within(1000))).toEqual(pong);
    await closedByServer(mesh, 2);
    // As many as are carried out at a time, and what the queue and the kernel's buffers hold; 3000 would be 94 MiB.
    expect(mesh.asked.all.length).toBeLessThan(1500);
    expect(mesh.logBook.lines.map(({ why }) => why)).toContain('it left its answers unread for 5000 ms');
    expect(await link.request(ping, within(1000))).toEqual(pong);
  });

  test('whose answers together are too large for a peer that does not read close it at once', async () => {
    const mesh = await startServer({ security: plain, handler: answerAtLength(1024 * 1024) });
    const slow = await callWelcomed(mesh);
    slow.socket.pause();
    slow.send(...Array.from({ length: 200 }, (_, at) => request(at + 1, get('b1'))));
    await closedByServer(mesh, 1);
    expect(mesh.logBook.lines.map(({ why }) => String(why)).join()).toMatch(/left \d+ bytes of answers unread/);
  });
});

describe('bytes that are no frames', () => {
  test.each<[string, Buffer, RegExp]>([
    ['text', Buffer.from('GET / HTTP/1.1\r\nHost: b\r\n\r\n'), /cannot be understood.*at most 4096/],
    ['a frame longer than a greeting may be', Buffer.from([0, 0, 0x10, 1]), /4097 bytes is announced/],
    ['a request before the hello', encodeFrames(request(1)), /a request before the hello/],
    ['an answer', encodeFrames({ type: 'answer', number: 1, message: pong }), /answers what nobody asked/],
    ['an answer to a hello', encodeFrames({ type: 'hello-answer', message: refused() }), /nobody said/],
  ])('%s in place of a hello closes the connection', async (_what, bytes, warning) => {
    const mesh = await startServer({ security: plain });
    const peer = await callRaw(mesh.address);
    peer.socket.write(bytes);
    await peer.closed;
    expect(mesh.logBook.warnings.join()).toMatch(warning);
  });

  test.each<[string, Frame | Buffer]>([
    ['a second hello', hello()],
    ['a frame over the limit', Buffer.from([0xff, 0, 0, 0])],
    ['half a frame and a mistake', Buffer.from([0, 0, 0, 5, 99, 0, 0, 0, 1])],
  ])('%s after the welcome closes the connection, and the log says why', async (_what, bad) => {
    const mesh = await startServer({ security: plain });
    const peer = await callWelcomed(mesh);
    if (Buffer.isBuffer(bad)) peer.socket.write(bad);
    else peer.send(bad);
    await peer.closed;
    expect(mesh.logBook.lines.some(({ why }) => String(why).includes('cannot be understood'))).toBe(true);
  });

  test('a half frame is given up after a while, though the sender dribbles on', async () => {
    const mesh = await startServer({ security: plain, limits: { dialMs: 20_000 } });
    const peer = await callRaw(mesh.address);
    const bytes = encodeFrames(hello());
    let at = 0;
    const dribble = setInterval(() => peer.socket.write(bytes.subarray(at, ++at)), 200);
    await peer.closed;
    clearInterval(dribble);
    expect(at).toBeLessThan(bytes.length);
    expect(mesh.logBook.warnings.join()).toMatch(/not finished within 5000 ms/);
  });

  test('ten thousand random byte strings leave it serving', async () => {
    const mesh = await startServer({ security: plain });
    const { link, ups, in: within } = openLink(mesh.address, { security: plain });
    await ups.find();
    const strings = fc.sample(fc.uint8Array({ minLength: 1, maxLength: 60 }), { seed: 7421, numRuns: 10_000 });
    const lanes = Array.from({ length: 20 }, (_, lane) => lane);
    await Promise.all(
      lanes.map(async (lane) => {
        for (let at = lane; at < strings.length; at += lanes.length) {
          const peer = await callRaw(mesh.address);
          peer.socket.end(Buffer.from(strings[at] ?? []));
          await peer.closed;
        }
      }),
    );
    expect(await link.request(get('b1'), within(1000))).toMatchObject({ id: 'b1' });
    expect(mesh.server.connectionCount).toBe(1);
    expect(mesh.logBook.warnings.length).toBeLessThan(300);
  });

  test('random bytes after the welcome leave it serving the others', async () => {
    const mesh = await startServer({ security: plain });
    const { link, ups, in: within } = openLink(mesh.address, { security: plain, from: c });
    await ups.find();
    for (const bytes of fc.sample(fc.uint8Array({ minLength: 20, maxLength: 200 }), { seed: 3, numRuns: 200 })) {
      const peer = await callWelcomed(mesh);
      peer.socket.end(Buffer.from(bytes));
      await peer.closed;
    }
    expect(await link.request(ping, within(1000))).toEqual(pong);
  });
});

describe('a server that is told to', () => {
  test('close ends every connection, and its port is free', async () => {
    const mesh = await startServer({ security: plain });
    const peers = [await callWelcomed(mesh), await callRaw(mesh.address)];
    const closing = mesh.server.close();
    expect(mesh.server.close()).toBe(closing);
    await closing;
    await Promise.all(peers.map(({ closed }) => closed));
    const { failures } = openLink(mesh.address, { security: plain });
    expect(await failures.find()).toMatchObject({ cause: 'refused' });
  });

  test('listen where somebody listens already says so', async () => {
    const { address } = await startServer({ security: plain });
    const second = new MeshServer({
      letter: c,
      isCredible: () => true,
      listen: address,
      security: plain,
      map: mapOf(a, b, c),
      hello: (to) => helloOf(c, to),
      limits,
      handler: (_from, asked) => answerOf(asked),
      clock: systemClock,
      transport: tcp,
      log: new LogBook().log,
      callbacks: { onHello: () => undefined, onRefused: () => undefined, onTurnedAway: () => undefined },
    });
    const failed = second.listen();
    await expect(failed).rejects.toThrow(ListenError);
    await expect(failed).rejects.toThrow('EADDRINUSE; mesh.listen takes');
    await second.close();
  });
});

/** Answers each command with this many bytes. */
function answerAtLength(bytes: number): (from: Hello, asked: PeerRequest) => Promise<PeerAnswer> {
  const content = { contentType: '', flags: 0, payload: Buffer.alloc(bytes) };
  const reply = { kind: 'done', id: 'b1', version: 1, ttlSeconds: 1, content } as const;
  return (_from, asked) =>
    Promise.resolve(asked.kind === 'ping' ? pong : { kind: 'reply', id: 'b1', executorIncarnation: 1, reply });
}

function refused(): Extract<Frame, { type: 'hello-answer' }>['message'] {
  return { kind: 'refused', refusal: 'wrong-map', explanation: '' };
}

/** Resolves when a connection of `before` welcomed ones is gone. */
async function closedByServer(mesh: TestServer, before: number): Promise<void> {
  while (mesh.server.connectionCount >= before) await turn();
}
