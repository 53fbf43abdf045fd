import { createServer, type RequestListener, type Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { SocketAccess, SocketAddress } from '../../config/config.ts';
import { formatSocketAddress } from '../../config/socket-addresses.ts';
import { bind } from '../kit/bind.ts';
import { CLOSE_GRACE_MS } from '../kit/door.ts';
import { FullDoor } from '../kit/full-door.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { loggable } from '../../session/loggable.ts';
import { answerClientErrors } from './client-errors.ts';
import { Connections } from './connections.ts';
import { HttpPlaces } from './places.ts';
import { SERVER_OPTIONS, SILENCE_MS } from './server-options.ts';

/** Connections that become idle while the door closes are looked for so often. */
const IDLE_SWEEP_MS = 50;

export interface ListenParts {
  readonly access: SocketAccess;
  /** Connections of all addresses together, shared among them alike. */
  readonly connections: number;
  readonly metrics: Pick<Metrics, 'count'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Other than the usual ones in tests. */
  readonly timeouts?: Partial<Record<keyof typeof SERVER_OPTIONS, number>>;
}

/** The HTTP door on its addresses. */
export interface HttpListening {
  /** Where it listens, with the port that was found where the configured one is 0. */
  readonly addresses: readonly SocketAddress[];
  /** Open connections on all of them. */
  readonly connectionCount: number;
  /**
   * Takes no more connections, refuses further requests with CLOSING, lets those in flight finish for up to two
   * seconds, then cuts what is left. Idempotent; all callers share one promise.
   */
  close(): Promise<void>;
}

interface HttpListener {
  readonly server: Server;
  readonly connections: Connections;
  readonly address: SocketAddress;
}

/**
 * Listens on all addresses or none. They share one app; it is closed with them.
 *
 * @throws ListenError naming the address that cannot be had.
 */
export async function listenHttp(
  app: FastifyInstance,
  addresses: readonly SocketAddress[],
  parts: ListenParts,
): Promise<HttpListening> {
  await app.ready();
  const listeners: HttpListener[] = [];
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= closeAll(app, listeners, parts.clock));
  try {
    const { clock, log, metrics } = parts;
    const limit = Math.max(1, Math.floor(parts.connections / addresses.length));
    const full = new FullDoor({ door: 'http', limit, option: 'limits.httpClients', metrics, clock, log });
    for (const address of addresses)
      listeners.push(await listenOn(app, address, { ...parts, connections: limit }, full));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    addresses: listeners.map((listener) => listener.address),
    get connectionCount() {
      return listeners.reduce((sum, { connections }) => sum + connections.count, 0);
    },
    close,
  };
}

async function listenOn(
  app: FastifyInstance,
  address: SocketAddress,
  parts: ListenParts,
  full: FullDoor,
): Promise<HttpListener> {
  const { access, clock, log } = parts;
  const server = createServer({ ...SERVER_OPTIONS, ...parts.timeouts });
  const connections = new Connections(server);
  const places = new HttpPlaces({ limit: parts.connections, full, clock });
  const listener = listenerFor(app, address, connections, places);
  server.on('request', listener);
  // Node would put an interim response into the middle of an answer that is owed to a former request (S0).
  server.on('checkContinue', (request, response) => {
    if (connections.latestOn(request.socket) === undefined) response.writeContinue();
    listener(request, response);
  });
  server.timeout = SILENCE_MS;
  server.on('connection', (socket) => places.enter(socket));
  answerClientErrors(server, connections);

  const bound = await bind(server, address, { advice: 'change doors.http', access, clock });
  const name = formatSocketAddress(bound);
  server.on('error', (error) =>
    log.error({ err: loggable(error), address: name }, 'the http door cannot take connections'),
  );
  log.info({ address: name }, 'the http door listens');
  return { server, connections, address: bound };
}

function listenerFor(
  app: FastifyInstance,
  address: SocketAddress,
  connections: Connections,
  places: HttpPlaces,
): RequestListener {
  const byDoor: RequestListener = (request, response) => {
    // A unix socket has no name that a Host could be compared with, and no browser reaches it.
    if (address.kind === 'unix') request.headers.host = 'localhost';
    app.routing(request, response);
  };
  return (request, response) => {
    connections.begin(request, response);
    places.answer(request, response, byDoor);
  };
}

async function closeAll(app: FastifyInstance, listeners: readonly HttpListener[], clock: Clock): Promise<void> {
  const servers = listeners.map((listener) => listener.server);
  const closed = Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  await app.close();
  let sweep = clock.after(0, function again() {
    for (const listener of listeners) closeIdle(listener);
    sweep = clock.after(IDLE_SWEEP_MS, again);
  });
  const deadline = clock.after(CLOSE_GRACE_MS, () => {
    for (const server of servers) server.closeAllConnections();
  });
  await closed;
  sweep.cancel();
  deadline.cancel();
}

/** Node counts a connection as idle only after its first request; those opened in advance never get to it. */
function closeIdle({ server, connections }: HttpListener): void {
  server.closeIdleConnections();
  for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
}
