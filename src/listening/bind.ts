import { chmod } from 'node:fs/promises';
import type { ListenOptions, Server } from 'node:net';
import type { Clock } from '../clock.ts';
import type { SocketAddress } from '../config/config.ts';
import { formatSocketAddress } from '../config/socket-addresses.ts';
import { ListenError } from './listen-error.ts';
import { removeStaleSocket } from './stale-socket.ts';

/** Who may connect to a unix socket: the daemon's user and group. */
const SOCKET_MODE = 0o660;

export interface BindParts {
  /** What a person does who cannot have the address. */
  readonly advice: string;
  /** Connections that the kernel keeps while the event loop is busy; Node's own number without. */
  readonly backlog?: number;
  readonly clock: Clock;
}

/**
 * Has a door's server listen. Resolves to where it does, with the port that was found where the configured one is 0.
 *
 * @throws ListenError naming the address that cannot be had
 */
export async function bind(server: Server, address: SocketAddress, parts: BindParts): Promise<SocketAddress> {
  if (address.kind === 'unix') await removeStaleSocket(address.path, parts.clock);
  await listening(server, address, parts);
  if (address.kind === 'unix') await restrictAccess(address.path, server);
  return boundAddress(server, address);
}

function listening(server: Server, address: SocketAddress, { advice, backlog }: BindParts): Promise<void> {
  const where: ListenOptions =
    address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => {
      const name = formatSocketAddress(address);
      reject(new ListenError(`cannot listen on ${name}: ${error.message}; ${advice}`, { cause: error }));
    };
    server.once('error', onError);
    server.listen({ ...where, ...(backlog !== undefined && { backlog }) }, () => {
      server.off('error', onError);
      resolve();
    });
  });
}

async function restrictAccess(path: string, server: Server): Promise<void> {
  try {
    await chmod(path, SOCKET_MODE);
  } catch (error) {
    server.close();
    throw new ListenError(`cannot set who may use ${path}: ${String(error)}`, { cause: error });
  }
}

function boundAddress(server: Server, address: SocketAddress): SocketAddress {
  const bound = server.address();
  if (address.kind === 'unix' || bound === null || typeof bound === 'string') return address;
  return { ...address, port: bound.port };
}
