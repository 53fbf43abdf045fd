import { once } from 'node:events';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OpenReply } from '../../src/routing/open.ts';
import type { Reply } from '../../src/session/reply.ts';
import { until } from '../support/until.ts';
import { done, Door, found, ID, LETTER_A, SESSION } from '../unit/doors/http/door.ts';
import { ask, deferred, listen, RawClient, target } from './http-fixture.ts';

/** The same machinery as always, only sooner. */
const HASTY = { requestTimeout: 400, headersTimeout: 200, connectionsCheckingInterval: 50 };

const PUT = [
  `PUT /v1/sessions/${ID} HTTP/1.1`,
  'Host: localhost',
  'Content-Type: application/json',
  'Content-Length: 100',
  '',
  '',
].join('\r\n');

function problemIn(received: string): unknown {
  return JSON.parse(received.slice(received.lastIndexOf('\r\n\r\n') + 4));
}

describe('a client that is gone before it is answered', () => {
  test('does not keep the lock that it waited for', async () => {
    const door = new Door();
    const granted = deferred<OpenReply>();
    door.sessions.opened = granted.promise;
    const asked = deferred<Socket>();
    door.app.addHook('preHandler', (request, _reply, next) => {
      asked.resolve(request.raw.socket);
      next();
    });
    const client = await RawClient.open(target(await listen(door.app)));
    const body = JSON.stringify({ id: ID, lock: { waitMs: 1000 } });
    client.say(`POST /v1/sessions/open HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`);
    client.say(`Content-Length: ${body.length}\r\n\r\n${body}`);
    const ours = await asked.promise;
    client.socket.destroy();
    await once(ours, 'close');
    const content = { contentType: 'application/json', flags: 0, payload: Buffer.from('{}') };
    const lock = { token: 'held', expiresInMs: 30_000 };
    granted.resolve({
      kind: 'opened',
      id: ID,
      state: 'found',
      version: 1,
      ttlSeconds: 60,
      content,
      owner: LETTER_A,
      lock,
    });
    await until('it gives the lock back', () => door.command?.kind === 'unlock');
    expect(door.command).toEqual({ kind: 'unlock', id: ID, token: 'held' });
  });
});

describe('a client that is slow or talks nonsense', () => {
  test.each([
    ['nothing', ''],
    ['half a request line', 'GET /v1/ses'],
    ['headers without an end', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\n'],
    ['half a body', `${PUT}{"data":`],
    ['no body at all', PUT],
  ])('gets 408 for %s and is hung up on, and no session is touched', async (_name, bytes) => {
    const door = new Door();
    const client = await RawClient.open(target(await listen(door.app, undefined, { timeouts: HASTY })));
    client.say(bytes);
    const received = await client.gone();
    expect(received).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(received).toContain('Connection: close\r\n');
    expect(problemIn(received)).toMatchObject({ code: 'REQUEST_TIMEOUT' });
    expect(door.sessions.calls).toEqual([]);
  });

  test('holds up nobody else', async () => {
    const door = new Door();
    door.sessions.reply = found('{}');
    const listening = await listen(door.app);
    const slow = await Promise.all(Array.from({ length: 50 }, () => RawClient.open(target(listening))));
    for (const client of slow) client.say(`${PUT}{`);
    expect(await ask(target(listening), { path: `/v1/sessions/${ID}` })).toMatchObject({ status: 200 });
  });

  test.each([
    ['\u0016\u0003\u0001\u0002\u0000\u0001\u0000', 'a TLS client'],
    ['get version\r\n', 'a memcached client'],
    ['BREW /v1/sessions HTTP/1.1\r\nHost: localhost\r\n\r\n', 'a method that nobody knows'],
    ['GET /healthz HTTP/1.1\r\n\r\n', 'a request without Host'],
    ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 'two lengths'],
    ['POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n', 'a length below 0'],
    ['GET / HTTP/1.1\r\nHost: localhost\r\nX-A: a\0b\r\n\r\n', 'a NUL in a header'],
  ])('gets 400 for %j (%s) and is hung up on', async (bytes) => {
    const door = new Door();
    const client = await RawClient.open(target(await listen(door.app)));
    client.say(bytes);
    expect(await client.gone()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(door.sessions.calls).toEqual([]);
  });

  test('gets 431 for headers beyond the limit', async () => {
    const client = await RawClient.open(target(await listen(new Door().app)));
    client.say(`GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`);
    const received = await client.gone();
    expect(received).toMatch(/^HTTP\/1\.1 431 /);
    expect(problemIn(received)).toMatchObject({ code: 'HEADERS_TOO_LARGE' });
  });

  test('does not get its 408 in the place of an answer that it still waits for', async () => {
    const door = new Door();
    const [reply, asked] = [deferred<Reply>(), deferred<undefined>()];
    door.sessions.reply = reply.promise;
    door.sessions.onCall = () => asked.resolve(undefined);
    const client = await RawClient.open(target(await listen(door.app, undefined, { timeouts: HASTY })));
    client.say(`DELETE /v1/sessions/${ID} HTTP/1.1\r\nHost: localhost\r\n\r\nGET /v1/ses`);
    await asked.promise;
    expect(await client.gone()).toBe('');
    reply.resolve(done());
  });

  test('breaks nothing by random bytes', async () => {
    const listening = await listen(new Door().app);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const client = await RawClient.open(target(listening));
        client.say(Buffer.from(bytes));
        client.socket.end();
        await client.gone();
      }),
      { seed: 2, numRuns: 100 },
    );
    expect(await ask(target(listening), { path: '/healthz' })).toMatchObject({ status: 200 });
  });
});

describe('a body beyond the limit', () => {
  const TOO_MUCH = Buffer.alloc(4 * 1024 * 1024, 0x20);

  test('is answered 413 although the client is still sending it, and the connection goes on', async () => {
    const door = new Door();
    const client = await RawClient.open(target(await listen(door.app)));
    client.say(PUT.replace('Content-Length: 100', `Content-Length: ${TOO_MUCH.length}`));
    client.say(TOO_MUCH);
    await client.hears('BODY_TOO_LARGE');
    expect(client.received).toMatch(/^HTTP\/1\.1 413 /);
    client.say('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await client.hears('"up"');
    expect(door.sessions.calls).toEqual([]);
  });

  test('is answered 413 in chunks too, before all of it is there', async () => {
    const door = new Door();
    const client = await RawClient.open(target(await listen(door.app)));
    client.say(PUT.replace('Content-Length: 100', 'Transfer-Encoding: chunked'));
    const chunk = Buffer.alloc(SESSION.maxBytes * 3 + 10_000, 0x20);
    client.say(`${chunk.length.toString(16)}\r\n`);
    client.say(chunk);
    await client.hears('BODY_TOO_LARGE');
    expect(client.received).toMatch(/^HTTP\/1\.1 413 /);
    expect(door.sessions.calls).toEqual([]);
  });
});

test('a client that goes away in the middle of its body harms nobody, and nothing is written', async () => {
  const door = new Door();
  const listening = await listen(door.app);
  const client = await RawClient.open(target(listening));
  client.say(`${PUT}{"data":{"half":`);
  client.socket.resetAndDestroy();
  await client.gone();
  expect(await ask(target(listening), { path: '/healthz' })).toMatchObject({ status: 200 });
  expect(door.sessions.calls).toEqual([]);
  expect(door.logLines.filter((line) => line.includes('"level":50'))).toEqual([]);
});

test('a body in many small pieces is one body', async () => {
  const door = new Door();
  door.sessions.reply = done();
  const client = await RawClient.open(target(await listen(door.app)));
  client.socket.setNoDelay(true);
  const body = JSON.stringify({ data: { text: 'añ😀'.repeat(5) } });
  const request = PUT.replace('Content-Length: 100', `Content-Length: ${Buffer.byteLength(body)}`) + body;
  for (const byte of Buffer.from(request)) client.say(Buffer.from([byte]));
  await client.hears('"version":7');
  expect(door.command).toMatchObject({
    content: { payload: Buffer.from(JSON.stringify({ text: 'añ😀'.repeat(5) })) },
  });
});
