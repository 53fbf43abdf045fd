import { Metrics } from '../../src/metrics/metrics.ts';
import { once } from 'node:events';
import { chmod, rename, stat, writeFile, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { SocketAddress } from '../../src/config/config.ts';
import { ListenError } from '../../src/listening/listen-error.ts';
import { listenHttp } from '../../src/doors/http/listen.ts';
import type { Reply } from '../../src/session/reply.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { done, Door, ID } from '../unit/doors/http/door.ts';
import { ask, deferred, listen, LOOPBACK, RawClient, SILENT, socketFolder, target } from './http-fixture.ts';

const DESTROY = `DELETE /v1/sessions/${ID} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
const HEALTH = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';
const CLUSTER = 'GET /v1/cluster HTTP/1.1\r\nHost: localhost\r\n\r\n';

describe('Expect: 100-continue', () => {
  const EXPECTING = HEALTH.replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n');

  test('S0: puts no byte into the answers while another is owed on the connection', async () => {
    const door = new Door();
    const reply = deferred<Reply>();
    door.sessions.reply = reply.promise;
    const listening = await listen(door.app);
    const client = await RawClient.open(target(listening));
    client.socket.write(DESTROY + EXPECTING);
    await vi.waitFor(() => expect(door.sessions.calls).toHaveLength(1));
    reply.resolve(done());
    await vi.waitFor(() => expect(client.received.match(/HTTP\/1\.1 20/g)).toHaveLength(2));
    // Node closes after the answer to who was not told to go on.
    expect(client.received).toMatch(/204[^]*Connection: close\r\n\r\n\{"status":"up"\}$/);
    expect(client.received).not.toContain('100 Continue');
  });

  test('is answered where nothing is owed', async () => {
    const client = await RawClient.open(target(await listen(new Door().app)));
    client.socket.write(EXPECTING);
    await vi.waitFor(() => expect(client.received).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/));
  });
});

describe('listening', () => {
  test('one door answers on all its addresses, and says which port it got', async () => {
    const path = join(await socketFolder(), 'http.sock');
    const listening = await listen(new Door().app, [LOOPBACK, { kind: 'unix', path }]);
    expect(listening.addresses).toEqual([
      { kind: 'tcp', host: '127.0.0.1', port: expect.any(Number) as number },
      { kind: 'unix', path },
    ]);
    for (const index of [0, 1]) {
      expect(await ask(target(listening, index), { path: '/healthz' })).toMatchObject({ status: 200 });
    }
  });

  test('a unix socket is open to its user and group only', async () => {
    const path = join(await socketFolder(), 'http.sock');
    await listen(new Door().app, [{ kind: 'unix', path }]);
    expect((await stat(path)).mode & 0o777).toBe(0o660);
  });

  test('a foreign Host is refused over TCP, and means nothing on a unix socket', async () => {
    const path = join(await socketFolder(), 'http.sock');
    const listening = await listen(new Door().app, [LOOPBACK, { kind: 'unix', path }]);
    const request = { path: '/v1/cluster', headers: { host: 'evil.example' } };
    expect(await ask(target(listening, 0), request)).toMatchObject({ status: 421, body: { code: 'WRONG_HOST' } });
    expect(await ask(target(listening, 1), request)).toMatchObject({ status: 200 });
  });

  test.each([
    [
      'two Host headers',
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n`,
      400,
      'MALFORMED_HTTP',
    ],
    [
      'the same Host twice',
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nhost: localhost\r\n\r\n`,
      400,
      'MALFORMED_HTTP',
    ],
    ["another host's URL", `GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n`, 421, 'WRONG_HOST'],
    ["another port's URL", `GET http://localhost:1/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n`, 421, 'WRONG_HOST'],
  ])('a request with %s is refused', async (_, bytes, status, code) => {
    const client = await RawClient.open(target(await listen(new Door().app)));
    client.say(bytes);
    await expect.poll(() => client.received).toContain(`"code":"${code}"`);
    expect(client.received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  test('a request with a whole URL of this host is answered', async () => {
    const client = await RawClient.open(target(await listen(new Door().app)));
    client.say('GET http://LOCALHOST/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await expect.poll(() => client.received).toContain('"status":"up"');
  });

  test('the socket that a killed daemon left is removed', async () => {
    const folder = await socketFolder();
    const path = join(folder, 'http.sock');
    await leaveStaleSocket(join(folder, 'old.sock'), path);
    const listening = await listen(new Door().app, [{ kind: 'unix', path }]);
    expect(await ask(target(listening), { path: '/healthz' })).toMatchObject({ status: 200 });
  });

  test('a socket on which somebody listens is left alone', async () => {
    const path = join(await socketFolder(), 'http.sock');
    const first = await listen(new Door().app, [{ kind: 'unix', path }]);
    await expect(listen(new Door().app, [{ kind: 'unix', path }])).rejects.toThrow(/somebody listens on .*http\.sock/);
    expect(await ask(target(first), { path: '/healthz' })).toMatchObject({ status: 200 });
  });

  test('a file that is not a socket is left alone', async () => {
    const path = join(await socketFolder(), 'precious.txt');
    await writeFile(path, 'precious');
    await expect(listen(new Door().app, [{ kind: 'unix', path }])).rejects.toThrow(/is not a socket/);
    expect(await readFile(path, 'utf8')).toBe('precious');
  });

  test('all addresses or none: what cannot be had is named, and the rest is given back', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void blocker.close());
    await once(blocker, 'listening');
    const bound = blocker.address();
    const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
    const path = join(await socketFolder(), 'http.sock');
    const taken: SocketAddress = { kind: 'tcp', host: '127.0.0.1', port };

    const attempt = listen(new Door().app, [{ kind: 'unix', path }, taken]);
    await expect(attempt).rejects.toThrow(ListenError);
    await expect(attempt).rejects.toThrow(new RegExp(`127\\.0\\.0\\.1:${port}.*EADDRINUSE.*doors\\.http`));
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  test('a folder that is not there, or not ours to look into, is told', async () => {
    const folder = await socketFolder();
    const missing: SocketAddress = { kind: 'unix', path: join(folder, 'nowhere', 'http.sock') };
    await expect(listen(new Door().app, [missing])).rejects.toThrow(ListenError);
    await writeFile(join(folder, 'file'), '');
    await chmod(folder, 0o700);
    const below: SocketAddress = { kind: 'unix', path: join(folder, 'file', 'http.sock') };
    await expect(listen(new Door().app, [below])).rejects.toThrow(/cannot look at/);
  });
});

describe('closing', () => {
  test('finishes what is in flight, refuses what comes on open connections, takes no new ones', async () => {
    const path = join(await socketFolder(), 'http.sock');
    const door = new Door();
    const [reply, asked, closing] = [deferred<Reply>(), deferred<undefined>(), deferred<undefined>()];
    door.sessions.reply = reply.promise;
    door.sessions.onCall = () => asked.resolve(undefined);
    door.app.addHook('preClose', (hookDone) => {
      closing.resolve(undefined);
      hookDone();
    });
    const listening = await listen(door.app, [LOOPBACK, { kind: 'unix', path }]);
    const busy = await RawClient.open(target(listening));
    const halfway = await RawClient.open(target(listening));
    busy.say(DESTROY);
    halfway.say(HEALTH + CLUSTER.slice(0, 20));
    await asked.promise;
    await halfway.hears('"up"');

    const closed = listening.close();
    await closing.promise;
    halfway.say(CLUSTER.slice(20));
    await halfway.hears('CLOSING');
    expect(halfway.received).toContain('HTTP/1.1 503 Service Unavailable');
    await expect(ask(target(listening), { path: '/healthz' })).rejects.toThrow('ECONNREFUSED');

    reply.resolve(done());
    await closed;
    expect(await busy.gone()).toContain('HTTP/1.1 204 No Content');
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  test('does not wait for connections on which nothing is asked', async () => {
    const listening = await listen(new Door().app);
    const silent = await RawClient.open(target(listening));
    const idle = await RawClient.open(target(listening));
    idle.say(HEALTH);
    await idle.hears('"up"');
    await listening.close();
    await silent.gone();
    expect(await idle.gone()).toContain('"up"');
  });

  test('cuts after two seconds what does not finish', async () => {
    const door = new Door();
    const asked = deferred<undefined>();
    const clock = new FakeClock();
    door.sessions.reply = new Promise(() => undefined);
    door.sessions.onCall = () => asked.resolve(undefined);
    const listening = await listen(door.app, [LOOPBACK], { clock });
    const stuck = await RawClient.open(target(listening));
    stuck.say(DESTROY);
    await asked.promise;

    const closed = listening.close();
    await vi.waitUntil(() => clock.pending === 2, { interval: 1 });
    clock.advance(1999);
    expect(stuck.socket.closed).toBe(false);
    clock.advance(1);
    await closed;
    expect(await stuck.gone()).toBe('');
    expect(clock.pending).toBe(0);
  });

  test('closes once, whoever asks and how often', async () => {
    const listening = await listenHttp(new Door().app, [LOOPBACK], {
      access: { mode: 0o660 },
      connections: 10_000,
      metrics: new Metrics(),
      clock: new FakeClock(),
      log: SILENT,
    });
    const first = listening.close();
    expect(listening.close()).toBe(first);
    await first;
    expect(listening.close()).toBe(first);
  });
});

/** A socket file without a listener, as a process leaves it that is killed: closing removes only the old name. */
async function leaveStaleSocket(name: string, stale: string): Promise<void> {
  const server = createServer().listen(name);
  await once(server, 'listening');
  await rename(name, stale);
  server.close();
  await once(server, 'close');
}
