import { Metrics } from '../../src/metrics/metrics.ts';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request, type RequestOptions } from 'node:http';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { systemClock, type Clock } from '../../src/clock.ts';
import type { SocketAddress } from '../../src/config/config.ts';
import { listenHttp, type HttpListening, type ListenParts } from '../../src/doors/http/listen.ts';

export const LOOPBACK: SocketAddress = { kind: 'tcp', host: '127.0.0.1', port: 0 };
export const SILENT = pino({ level: 'silent' });

/** Listens, and closes with the test. */
export async function listen(
  app: FastifyInstance,
  addresses: readonly SocketAddress[] = [LOOPBACK],
  parts: {
    readonly clock?: Clock;
    readonly timeouts?: NonNullable<ListenParts['timeouts']>;
    readonly connections?: number;
  } = {},
): Promise<HttpListening> {
  const listening = await listenHttp(app, addresses, {
    access: { mode: 0o660 },
    connections: 10_000,
    metrics: new Metrics(),
    clock: systemClock,
    log: SILENT,
    ...parts,
  });
  onTestFinished(() => listening.close());
  return listening;
}

/** How to connect to the address that came out at `index`. */
export function target(listening: HttpListening, index = 0): { host: string; port: number } | { path: string } {
  const address = listening.addresses[index];
  if (address === undefined) throw new RangeError(`there is no address ${index}`);
  return address.kind === 'tcp' ? { host: address.host, port: address.port } : { path: address.path };
}

/** A folder for sockets, removed with the test. */
export async function socketFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'maglia-http-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** A client that says exactly what the test tells it to. */
export class RawClient {
  readonly socket: Socket;
  received = '';

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes: Buffer) => (this.received += bytes.toString('latin1')));
    socket.on('error', () => undefined);
  }

  static async open(to: NetConnectOpts): Promise<RawClient> {
    const client = new RawClient(connect(to));
    onTestFinished(() => void client.socket.destroy());
    await once(client.socket, 'connect');
    return client;
  }

  say(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  /** Resolves once the other side has sent this. */
  async hears(text: string): Promise<void> {
    while (!this.received.includes(text)) await once(this.socket, 'data');
  }

  /** Resolves when the connection is gone, with all that came over it. */
  async gone(): Promise<string> {
    if (!this.socket.closed) await once(this.socket, 'close');
    return this.received;
  }
}

/** A promise that the test settles. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** One request over a connection of its own. */
export function ask(
  to: { host: string; port: number } | { path: string },
  options: RequestOptions,
): Promise<{ status: number; body: unknown }> {
  const where = 'path' in to ? { socketPath: to.path } : to;
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...where, agent: false, ...options }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, body: text === '' ? undefined : (JSON.parse(text) as unknown) });
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
