import { connect, type Socket } from 'node:net';
import type { SocketAddress } from '../config/config.ts';

const KEEP_ALIVE_MS = 10_000;

export function dialMemcached(address: SocketAddress): Socket {
  if (address.kind === 'unix') return connect({ path: address.path });
  const { host, port } = address;
  return connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
}

export function describeAddress(address: SocketAddress): string {
  return address.kind === 'unix' ? address.path : `${address.host}:${address.port}`;
}
