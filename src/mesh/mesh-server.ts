import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { ListenError } from '../listening/listen-error.ts';
import { formatAddress, type Letter, type LetterMap, type MeshAddress } from '../session/letter.ts';
import { Admissions, type Refusal } from './admissions.ts';
import { plainAddress } from '../listening/caller-address.ts';
import type { IsCredible } from './claimed-lives.ts';
import { Complaints } from './complaints.ts';
import { resolveHost } from './host-lookup.ts';
import type { MeshLimits } from './limits.ts';
import { MapAddresses } from './map-addresses.ts';
import type { Hello } from './message.ts';
import { PeerConnection, type RequestHandler } from './peer-connection.ts';
import { addressOf, Reception, type TurnedAway } from './reception.ts';
import { codeOf, explainCallerError, explainForeigner, serverTlsOptions, type MeshSecurity } from './tls.ts';
import type { AcceptedSocket, SocketServer, Transport } from './transport.ts';

export type { Refusal } from './admissions.ts';

/**
 * Connections that the kernel keeps while the event loop is busy: all dials of 61 peers, twice. More would be a longer queue, in which a
 * peer's dial outlasts its deadline behind a crowd. Where it is full the kernel lets callers try again after a second, which
 * slows a crowd down that calls again and again.
 */
const BACKLOG = 128;

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
  readonly transport: Transport;
  readonly log: Logger;
  readonly callbacks: MeshServerCallbacks;
}

export interface MeshServerCallbacks {
  /** A peer has called and was welcomed: it is there, so our link to it may be nudged. */
  onHello(hello: Hello): void;
  onRefused(refusal: Refusal): void;
  /** A caller is sent away, for whatever reason. */
  onTurnedAway(reason: TurnedAway): void;
}

/**
 * The mesh port: accepts the connections that peers dial, judges who may come in, and has their requests carried out.
 * It asks nothing itself: our own requests go over our own links.
 */
export class MeshServer {
  readonly #options: MeshServerOptions;
  readonly #log: Logger;
  readonly #admissions: Admissions;
  readonly #addresses: MapAddresses;
  readonly #reception: Reception;
  readonly #server: SocketServer;
  /** The sockets of peers and of those who may be one, by their connections. */
  readonly #callers = new WeakMap<PeerConnection, AcceptedSocket>();
  /** What a caller calls itself before it has proved anything. */
  readonly #claims = new WeakMap<AcceptedSocket, Letter>();
  #closed: Promise<void> | undefined;

  constructor(options: MeshServerOptions) {
    this.#options = options;
    const { callbacks, clock, limits, map, security } = options;
    const log = options.log.child({ part: 'mesh-server' });
    this.#log = log;
    const complaints = new Complaints(clock, log);
    this.#addresses = new MapAddresses({ map, resolve: resolveHost, clock });
    this.#admissions = new Admissions({
      letter: options.letter,
      ...{ map, complaints, log },
      hello: options.hello,
      suspectAfterMs: limits.suspectAfterMs,
      isCredible: options.isCredible,
      onWelcomed: (hello, connection) => this.#welcomed(hello, connection),
      onRefused: (refusal) => callbacks.onRefused(refusal),
      onTurnedAway: (reason) => callbacks.onTurnedAway(reason),
    });
    const begin =
      security.kind === 'plain' ? (socket: AcceptedSocket) => this.#receive(socket) : this.#tlsOver(security.secret);
    this.#reception = new Reception({
      places: limits.callers,
      dialMs: limits.dialMs,
      isEncrypted: security.kind !== 'plain',
      addresses: this.#addresses,
      ...{ complaints, clock, log },
      onReady: begin,
      onForeign: (from, why) => this.#refuseForeigner(from, why),
      onTurnedAway: (reason) => callbacks.onTurnedAway(reason),
    });
    this.#server = options.transport.serve((socket) => this.#reception.accept(socket));
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
      this.#addresses.open();
      this.#server.listen({ host, port, backlog: BACKLOG }, () => {
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
    this.#addresses.close();
    await this.#admissions.close();
    this.#reception.close();
    await stopped;
  }

  /** Begins TLS over a connection. The server that does it has no port of its own. */
  #tlsOver(secret: Buffer): (socket: AcceptedSocket) => void {
    const claim = (socket: TLSSocket, letter: Letter): void => void this.#claims.set(socket, letter);
    const server = createTlsServer(serverTlsOptions(secret, this.#options.limits.dialMs, claim));
    server.on('tlsClientError', (error, socket) => this.#failed(error, socket));
    server.on('secureConnection', (socket) => {
      if (this.#reception.proved(socket)) this.#receive(socket);
      else socket.destroy();
    });
    return (socket) => void server.emit('connection', socket);
  }

  #receive(socket: AcceptedSocket): void {
    const { clock, handler, limits, transport } = this.#options;
    const { endOfTurn } = transport;
    const from = addressOf(socket);
    const host = this.#admissions;
    const connection = new PeerConnection({ socket, from, limits, handler, clock, endOfTurn, log: this.#log, host });
    this.#callers.set(connection, socket);
    this.#admissions.add(connection);
  }

  #welcomed(hello: Hello, connection: PeerConnection): void {
    const socket = this.#callers.get(connection);
    if (socket !== undefined) {
      this.#reception.welcomed(socket);
      if (socket.remoteAddress !== undefined)
        this.#addresses.welcomed(hello.letter, plainAddress(socket.remoteAddress));
    }
    this.#options.callbacks.onHello(hello);
  }

  #refuseForeigner(from: string, why: string): void {
    const explanation = explainForeigner(this.#options.letter, why);
    this.#admissions.refuse({ refusal: 'wrong-secret', explanation, from }, 'foreign');
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

function cannotListen(address: MeshAddress, error: Error): ListenError {
  const why = codeOf(error) || error.message;
  return new ListenError(
    `cannot listen for peers on ${formatAddress(address)}: ${why}; mesh.listen takes an address of this host, and a port that no other program has`,
    { cause: error },
  );
}
