import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpClient, type Endpoint } from '../../src/cli/http-client.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { systemClock } from '../../src/clock.ts';
import { FakeClock } from '../support/fake-clock.ts';

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Answers each request with what it was asked. */
async function startEcho(where: { port: number; host: string } | { path: string }): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      response.statusCode = 201;
      response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
    });
  });
  await new Promise<void>((resolve) => server.listen(where, resolve));
  cleanups.push(() => new Promise((resolve) => void server.close(() => resolve())));
  return server;
}

function tcp(server: { address(): string | AddressInfo | null }): Endpoint {
  return { kind: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** Takes connections and does with them what it is told. */
async function startSocketServer(onSocket: (socket: Socket) => void): Promise<Endpoint> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => void server.close(() => resolve()));
  });
  return tcp(server);
}

describe('the client of the commands', () => {
  it('sends method, path, token and body as given, and gives the answer back', async () => {
    const server = await startEcho({ port: 0, host: '127.0.0.1' });
    const client = new HttpClient({ endpoint: tcp(server), token: 'secret', deadlineMs: 5000, clock: systemClock });
    const answer = await client.call({
      method: 'PUT',
      path: '/v1/x',
      headers: { 'if-match': '"3"' },
      body: Buffer.from('hé'),
    });
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      method: 'PUT',
      url: '/v1/x',
      body: 'hé',
      headers: { authorization: 'Bearer secret', 'if-match': '"3"', 'content-length': '3' },
    });
  });

  it('reaches a daemon on a unix socket', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'maglia-test-'));
    cleanups.push(() => rm(directory, { recursive: true }));
    const path = join(directory, 'http.sock');
    await startEcho({ path });
    const client = new HttpClient({ endpoint: { kind: 'unix', path }, deadlineMs: 5000, clock: systemClock });
    const answer = await client.call({ method: 'GET', path: '/readyz' });
    expect(JSON.parse(answer.body.toString())).toMatchObject({ url: '/readyz', headers: { host: 'localhost' } });
  });

  it('says that nobody is there, and what to do, where the connection is refused', async () => {
    const server = await startEcho({ port: 0, host: '127.0.0.1' });
    const endpoint = tcp(server);
    await cleanups.pop()?.();
    const client = new HttpClient({ endpoint, deadlineMs: 5000, clock: systemClock });
    await expect(client.call({ method: 'GET', path: '/' })).rejects.toMatchObject({
      exitCode: EXIT.unreachable,
      message: expect.stringMatching(/ECONNREFUSED.*maglia serve.*--url/) as unknown,
    });
  });

  it('is in doubt where the daemon hangs up without an answer', async () => {
    const endpoint = await startSocketServer((socket) => socket.once('data', () => socket.destroy()));
    const client = new HttpClient({ endpoint, deadlineMs: 5000, clock: systemClock });
    await expect(client.call({ method: 'POST', path: '/' })).rejects.toMatchObject({ exitCode: EXIT.unavailable });
  });

  it('is in doubt where the deadline passes after the call has left', async () => {
    const clock = new FakeClock();
    const endpoint = await startSocketServer((socket) => socket.once('data', () => clock.advance(5000)));
    const client = new HttpClient({ endpoint, deadlineMs: 5000, clock });
    await expect(client.call({ method: 'POST', path: '/' })).rejects.toMatchObject({
      exitCode: EXIT.unavailable,
      message: expect.stringMatching(/no answer within 5000 ms\): a write may have been done$/) as unknown,
    });
  });

  it('says of a read that was not answered nothing of a write', async () => {
    const clock = new FakeClock();
    const endpoint = await startSocketServer((socket) => socket.once('data', () => clock.advance(5000)));
    const client = new HttpClient({ endpoint, deadlineMs: 5000, clock });
    await expect(client.call({ method: 'GET', path: '/v1/cluster' })).rejects.toMatchObject({
      exitCode: EXIT.unavailable,
      message: expect.stringMatching(/no answer within 5000 ms\): ask again$/) as unknown,
    });
  });

  it('leaves no timer behind once it is answered', async () => {
    const clock = new FakeClock();
    const server = await startEcho({ port: 0, host: '127.0.0.1' });
    await new HttpClient({ endpoint: tcp(server), deadlineMs: 5000, clock }).call({ method: 'GET', path: '/' });
    expect(clock.pending).toBe(0);
  });
});
