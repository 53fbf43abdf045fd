import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { SocketAccess, SocketAddress } from '../../config/config.ts';
import { formatSocketAddress } from '../../config/socket-addresses.ts';
import { bind } from './bind.ts';
import { loggable } from '../../session/loggable.ts';

/** Connections that the kernel keeps for us while the event loop is busy. */
const BACKLOG = 1024;

const SOCKET_OPTIONS = {
  // A client that has sent its last request still reads the replies.
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  // After this long without a byte the kernel asks whether the other host is still there.
  keepAliveInitialDelay: 60_000,
} as const;

export interface ListenerParts {
  /** The door as logs call it. */
  readonly door: string;
  /** What a person does who cannot have the address. */
  readonly advice: string;
  /** Takes each connection. */
  readonly onClient: (socket: Socket) => void;
  readonly access: SocketAccess;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One address of a door. */
export class Listener {
  readonly address: SocketAddress;
  readonly #server: Server;

  private constructor(server: Server, address: SocketAddress) {
    this.#server = server;
    this.address = address;
  }

  /** @throws ListenError where the address cannot be had */
  static async open(address: SocketAddress, parts: ListenerParts): Promise<Listener> {
    const { access, advice, clock, door, log, onClient } = parts;
    const server = createServer(SOCKET_OPTIONS, onClient);
    const bound = await bind(server, address, { advice, backlog: BACKLOG, access, clock });
    const name = formatSocketAddress(bound);
    server.on('error', (error) =>
      log.error({ err: loggable(error), address: name }, `the ${door} door cannot take connections`),
    );
    log.info({ address: name }, `the ${door} door listens`);
    return new Listener(server, bound);
  }

  /** Takes no more connections. Those that were taken are not its own. */
  close(): void {
    this.#server.close();
  }
}
