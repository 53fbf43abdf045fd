import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { ListenError } from '../listening/listen-error.ts';
import type { Letter } from '../session/letter.ts';
import { formatAddress, type LetterMap, type MeshAddress } from '../session/letter-map.ts';
import { Admissions, type Refusal } from './admissions.ts';
import type { IsCredible } from './claimed-lives.ts';
import type { MeshLimits } from './limits.ts';
import type { Hello } from './message.ts';
import { PeerConnection, type RequestHandler } from './peer-connection.ts';
import { codeOf, explainCallerError, serverTlsOptions, type MeshSecurity } from './tls.ts';

export type { Refusal } from './admissions.ts';

/** Connections that have not been welcomed; one more is closed as it comes. */
const MAX_STRANGERS = 256;

export interface MeshServerOptions {
  /** Our own letter. */
  readonly letter: Letter;
  readonly listen: MeshAddress;
  readonly security: MeshSecurity;
  readonly map: LetterMap;
  /** Our hello to this caller, asked for anew for each. */
  readonly hello: (to: Letter) => Hello;
  readonly limits: MeshLimits;
  readonly isCredible: IsCredible;
  readonly handler: RequestHandler;
  readonly clock: Clock;
  readonly log: Logger;
  readonly callbacks: MeshServerCallbacks;
}

export interface MeshServerCallbacks {
  /** A peer has called and was welcomed: it is there, so our link to it may be nudged. */
  onHello(hello: Hello): void;
  onRefused(refusal: Refusal): void;
}

/**
 * The mesh port: accepts the connections that peers dial, judges who may come in, and has their requests carried out.
 * It asks nothing itself: our own requests go over our own links.
 */
export class MeshServer {
  readonly #options: MeshServerOptions;
  readonly #log: Logger;
  readonly #admissions: Admissions;
  readonly #server: Server;
  /** Every accepted socket below TLS. */
  readonly #sockets = new Set<Socket>();
  /** What a caller calls itself before it has proved anything. */
  readonly #claims = new WeakMap<Socket, Letter>();
  #closed: Promise<void> | undefined;

  constructor(options: MeshServerOptions) {
    this.#options = options;
    this.#log = options.log.child({ part: 'mesh-server' });
    this.#admissions = new Admissions({
      letter: options.letter,
      map: options.map,
      hello: options.hello,
      suspectAfterMs: options.limits.suspectAfterMs,
      isCredible: options.isCredible,
      clock: options.clock,
      log: this.#log,
      onHello: (hello) => options.callbacks.onHello(hello),
      onRefused: (refusal) => options.callbacks.onRefused(refusal),
    });
    this.#server = this.#createServer();
  }

  /**
   * Resolves to the address that it listens on; where port 0 was asked for, the system has chosen one.
   *
   * @throws ListenError where nobody can listen there.
   */
  listen(): Promise<MeshAddress> {
    const { host, port } = this.#options.listen;
    return new Promise((resolve, reject) => {
      const onError = (error: Error): void => reject(cannotListen({ host, port }, error));
      this.#server.once('error', onError);
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', onError);
        this.#server.on('error', (error) => this.#log.error({ err: error }, 'the mesh port has a problem'));
        const address = this.#server.address();
        const bound = { host, port: typeof address === 'object' && address !== null ? address.port : port };
        resolve(bound);
      });
    });
  }

  /** Welcomed connections; a peer normally has one. */
  get connectionCount(): number {
    return this.#admissions.peers.length;
  }

  /** Stops listening and destroys every connection. Idempotent; resolves when nothing is open any more. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#admissions.close();
    for (const socket of this.#sockets) socket.destroy();
    await stopped;
  }

  #createServer(): Server {
    const { limits, security } = this.#options;
    if (security.kind === 'plain') {
      const server = createTcpServer();
      server.on('connection', (socket) => {
        if (this.#accept(socket)) this.#receive(socket);
      });
      return server;
    }
    const claim = (socket: TLSSocket, letter: Letter): void => void this.#claims.set(socket, letter);
    const server = createTlsServer(serverTlsOptions(security.secret, limits.dialMs, claim));
    server.on('connection', (socket: Socket) => this.#accept(socket));
    server.on('tlsClientError', (error, socket) => this.#failed(error, socket));
    server.on('secureConnection', (socket) => this.#receive(socket));
    return server;
  }

  #accept(socket: Socket): boolean {
    socket.on('error', (error) => this.#log.debug({ err: error }, 'an accepted socket failed'));
    if (this.#sockets.size - this.connectionCount >= MAX_STRANGERS) {
      this.#log.debug({ from: addressOf(socket) }, 'too many callers that have not said who they are: one is closed');
      socket.destroy();
      return false;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return true;
  }

  #receive(socket: Socket): void {
    const { clock, handler, limits } = this.#options;
    const from = addressOf(socket);
    this.#admissions.add(
      new PeerConnection({ socket, from, limits, handler, clock, log: this.#log, host: this.#admissions }),
    );
  }

  /** The TLS handshake failed, or was not done in time: then the socket is still open. */
  #failed(error: Error, socket: TLSSocket): void {
    const from = addressOf(socket);
    const letter = this.#claims.get(socket);
    socket.destroy();
    const explanation = explainCallerError(error, this.#options.letter, letter);
    if (explanation === undefined) {
      this.#log.debug({ from, code: codeOf(error) }, 'a caller did not finish the TLS handshake');
      return;
    }
    this.#admissions.refuse({ ...(letter !== undefined && { letter }), refusal: 'wrong-secret', explanation, from });
  }
}

function addressOf(socket: Socket): string {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return 'an address that is gone:0';
  return formatAddress({ host: remoteAddress, port: remotePort });
}

function cannotListen(address: MeshAddress, error: Error): ListenError {
  const why = codeOf(error) || error.message;
  return new ListenError(
    `cannot listen for peers on ${formatAddress(address)}: ${why}; mesh.listen takes an address of this host, and a port that no other program has`,
    { cause: error },
  );
}
