import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { prepareCluster, type ClusterNode } from '../../support/cluster.ts';
import { buildGate } from '../../support/gate.ts';
import { Visitor, type Page } from '../../support/visitor.ts';
import type { WebApplication } from '../../support/web-application.ts';
import { startPhp, type PhpSettings } from './php-site.ts';

/** No page waits longer for a daemon that is silent, on however slow a machine this runs. */
const SILENCE_ENDS_WITHIN_MS = 5000;

const TOKEN = 'a token that only these tests know';

let endings: (() => Promise<unknown>)[] = [];

beforeEach(() => {
  endings = [];
  return async () => {
    for (const end of endings.reverse()) await end();
  };
});

async function php(settings: PhpSettings, env: Readonly<Record<string, string>> = {}): Promise<WebApplication> {
  const application = await startPhp(settings, env);
  endings.push(() => application.stop());
  return application;
}

interface Doors {
  http: string[];
  tokenFile?: string;
}

/** A node by itself, with what `change` makes of its doors. */
async function startNode(change: (doors: Doors, node: ClusterNode) => void = () => undefined): Promise<ClusterNode> {
  const cluster = await prepareCluster({ letters: ['a'], store: 'memory' });
  endings.push(() => cluster.close());
  const node = cluster.node('a');
  const file = join(node.directory, 'cluster.json');
  const config = JSON.parse(readFileSync(file, 'utf8')) as { doors: Doors };
  change(config.doors, node);
  writeFileSync(file, JSON.stringify(config));
  await node.start();
  return node;
}

/** Something that is no daemon, and does with each connection whatever `talk` does. @returns its URL */
async function impostor(talk: (socket: Socket, at: number) => void): Promise<string> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    talk(socket, count);
    count += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A daemon's answer on the wire. */
function answer(body: unknown): string {
  const text = JSON.stringify(body);
  return `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

function visit(application: WebApplication, path = '/count'): Promise<Page> {
  return new Visitor().visit(application.url + path);
}

describe('PHP, when the daemon of its host', () => {
  test('is down: an exception that says where it was looked for; the first page after its return works', async () => {
    const node = await startNode();
    const application = await php({ 'maglia.url': node.http });
    const visitor = new Visitor();
    await visitor.visit(`${application.url}/count`);
    await node.end('SIGTERM');

    const page = await visitor.visit(`${application.url}/count`);
    expect(page.status).toBe(500);
    expect(page.body).toMatchObject({ error: 'Maglia\\DaemonUnavailable' });
    expect(page.body['message']).toContain(`127.0.0.1:${new URL(node.http).port}`);
    expect(page.body['message']).toContain('[DAEMON_UNREACHABLE]');
    expect((await visit(application, '/no-session')).status).toBe(200);

    await node.start();
    expect((await visitor.visit(`${application.url}/count`)).status).toBe(200);
  });

  test('hangs: the same after maglia.timeout', async () => {
    const node = await startNode();
    const application = await php({ 'maglia.url': node.http, 'maglia.timeout': 0.2, 'maglia.lock_wait': 0.2 });
    node.signal('SIGSTOP');
    const page = await visit(application);
    node.signal('SIGCONT');
    expect(page.body).toMatchObject({ error: 'Maglia\\DaemonUnavailable' });
    expect(page.body['message']).toContain('[DAEMON_SILENT]');
    expect(page.tookMs).toBeLessThan(SILENCE_ENDS_WITHIN_MS);
  });

  test.each([
    ['something that speaks no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 'DAEMON_BROKE_OFF'],
    ['a web server', 'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<h1>Hello</h1', 'NO_DAEMON'],
    ['a web server without such a page', 'HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno', 'NO_DAEMON'],
    ['something that says more than was asked', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}{}', 'DAEMON_BROKE_OFF'],
    ['something that does not say how much', 'HTTP/1.1 200 OK\r\n\r\n{}', 'DAEMON_BROKE_OFF'],
    ['something that says far too much', 'HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n', 'DAEMON_BROKE_OFF'],
    ['something that never ends its headers', `HTTP/1.1 200 OK\r\n${'X: x\r\n'.repeat(20_000)}`, 'DAEMON_BROKE_OFF'],
    ['something that ends in the middle', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{', 'DAEMON_BROKE_OFF'],
    ['something that hangs up', '', 'DAEMON_BROKE_OFF'],
  ])('is really %s: the same', async (_, says, code) => {
    const url = await impostor((socket) => socket.once('data', () => socket.end(says)));
    const page = await visit(await php({ 'maglia.url': url }));
    expect(page.body).toMatchObject({ error: 'Maglia\\DaemonUnavailable' });
    expect(page.body['message']).toContain(`[${code}]`);
  });

  test('has closed the connection meanwhile, as it does with idle ones: the page dials again', async () => {
    const gate = await buildGate();
    endings.push(() => gate.close());
    const id = `a${'0'.repeat(26)}`;
    const requests: string[] = [];
    const url = await impostor((socket) => {
      socket.once('data', (chunk: Buffer) => {
        requests.push(chunk.toString().split(' HTTP')[0] ?? '');
        socket.end(answer({ id, state: 'minted', version: 1, ttlSeconds: 9, owner: 'a', data: {} }));
      });
      socket.once('finish', () => gate.open());
    });
    const application = await php({ 'maglia.url': url, 'maglia.lock': 'off' });
    const page = await visit(application, `/slow?gate=${encodeURIComponent(gate.url)}`);
    expect(page.body, page.text).toMatchObject({ session: { counter: 1 }, complaints: [] });
    expect(requests).toEqual(['POST /v1/sessions/open', `PATCH /v1/sessions/${id}`]);
  });

  test('S0: answers late, the answer reaches nobody: its connection is used for nothing else', async () => {
    const id = `a${'0'.repeat(26)}`;
    const named = (name: string): string =>
      answer({ id, state: 'minted', version: 1, ttlSeconds: 9, owner: 'a', data: { name } });
    let late: (() => void) | undefined;
    const url = await impostor((socket, at) => {
      socket.on('data', () => {
        if (at === 0) late = () => socket.write(named('late'));
        else {
          late?.();
          socket.write(named('in time'));
        }
      });
    });
    const application = await php({ 'maglia.url': url, 'maglia.timeout': 0.2, 'maglia.lock': 'off' });
    const page = await visit(application, '/try-twice');
    expect(page.body).toMatchObject({ error: 'DAEMON_SILENT', session: { name: 'in time' } });
  });
});

describe('PHP finds the daemon', () => {
  test('through a unix socket', async () => {
    const node = await startNode((doors, { directory }) => doors.http.push(join(directory, 'http.sock')));
    const application = await php({ 'maglia.url': `unix://${join(node.directory, 'http.sock')}` });
    const visitor = new Visitor();
    for (const counter of [1, 2]) {
      expect((await visitor.visit(`${application.url}/count`)).body).toMatchObject({ counter, complaints: [] });
    }
  });

  test('at session.save_path, where that is an address', async () => {
    const application = await php({ 'session.save_path': (await startNode()).http });
    expect((await visit(application)).body).toMatchObject({ counter: 1, complaints: [] });
  });

  test('at MAGLIA_URL', async () => {
    const application = await php({}, { MAGLIA_URL: (await startNode()).http });
    expect((await visit(application)).body).toMatchObject({ counter: 1, complaints: [] });
  });

  test('behind a door that demands a token', async () => {
    const node = await startNode((doors, { directory }) => {
      doors.tokenFile = join(directory, 'token');
      writeFileSync(doors.tokenFile, TOKEN.replaceAll(' ', '-'), { mode: 0o600 });
      writeFileSync(join(directory, 'wrong'), 'not-the-token', { mode: 0o600 });
    });
    const known = await php({ 'maglia.url': node.http, 'maglia.token_file': join(node.directory, 'token') });
    expect((await visit(known)).body).toMatchObject({ counter: 1, complaints: [] });
    const stranger = await php({ 'maglia.url': node.http, 'maglia.token_file': join(node.directory, 'wrong') });
    const page = await visit(stranger);
    expect(page.body).toMatchObject({ error: 'Maglia\\Refused' });
    expect(page.body['message']).toContain('[UNAUTHORIZED]');
  });
});

describe('PHP settings', () => {
  test.each([
    ['maglia.url', 'https://127.0.0.1:7420'],
    ['maglia.url', 'http://127.0.0.1'],
    ['maglia.url', 'unix://run/maglia.sock'],
    ['maglia.timeout', 'soon'],
    ['maglia.timeout', '0'],
    ['maglia.lock_wait', '31'],
    ['maglia.lock', 'perhaps'],
    ['maglia.format', 'yaml'],
    ['maglia.token_file', '/nonexistent/token'],
  ])('%s = %s is an exception that says so, on pages with a session only', async (name, text) => {
    const application = await php({ [name]: text });
    const page = await visit(application);
    expect(page.status).toBe(500);
    expect(page.body).toMatchObject({ error: 'Maglia\\ConfigurationError' });
    expect(page.body['message']).toContain(text);
    expect((await visit(application, '/no-session')).status).toBe(200);
  });

  test('session.auto_start, which begins before any prepended file, is refused', async () => {
    const application = await php({ 'session.auto_start': 1 });
    expect((await visit(application)).status).toBe(500);
    expect(application.output).toContain('session.auto_start must be off');
  });
});
