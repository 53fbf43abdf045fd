import { chmod, chown } from 'node:fs/promises';
import type { ListenOptions, Server } from 'node:net';
import type { Clock } from '../../clock.ts';
import type { SocketAccess, SocketAddress } from '../../config/config.ts';
import { formatSocketAddress } from '../../config/socket-addresses.ts';
import { ListenError } from '../../listening/listen-error.ts';
import { removeStaleSocket } from './stale-socket.ts';

/** Leaves a socket to the daemon's user alone, until its group and mode are set. */
const CLOSED_UMASK = 0o177;

const KEEP_OWNER = -1;

export interface BindParts {
  /** What a person does who cannot have the address. */
  readonly advice: string;
  /** Connections that the kernel keeps while the event loop is busy; Node's own number without. */
  readonly backlog?: number;
  readonly access: SocketAccess;
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
  if (address.kind === 'unix') await giveAccess(address.path, parts.access, server);
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
    const listen = (): void =>
      void server.listen({ ...where, ...(backlog !== undefined && { backlog }) }, () => {
        server.off('error', onError);
        resolve();
      });
    if (address.kind === 'unix') underClosedUmask(listen);
    else listen();
  });
}

/** Node makes a socket's file before `listen` returns, so that nothing else is made under this mask. */
function underClosedUmask(make: () => void): void {
  const before = process.umask(CLOSED_UMASK);
  try {
    make();
  } finally {
    process.umask(before);
  }
}

/** The group first: with the mode in between, the daemon's own group could connect. */
async function giveAccess(path: string, { group, mode }: SocketAccess, server: Server): Promise<void> {
  try {
    if (group !== undefined) await chown(path, KEEP_OWNER, group);
    await chmod(path, mode);
  } catch (error) {
    server.close();
    const whose = group === undefined ? '' : `; to give it to group ${group} the daemon's user must be in that group`;
    throw new ListenError(`cannot set who may use ${path}: ${String(error)}${whose}`, { cause: error });
  }
}

function boundAddress(server: Server, address: SocketAddress): SocketAddress {
  const bound = server.address();
  if (address.kind === 'unix' || bound === null || typeof bound === 'string') return address;
  return { ...address, port: bound.port };
}
