import { connect, type Socket } from 'node:net';
import type { SocketAddress } from '../config/config.ts';
import { hasCode } from './error-code.ts';

const KEEP_ALIVE_MS = 10_000;

export function dialMemcached(address: SocketAddress): Socket {
  if (address.kind === 'unix') return connect({ path: address.path });
  const { host, port } = address;
  return connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
}

/** Whether a dial failed because nobody listens there; somebody who is frozen still does. */
export function isNobodyThere(error: unknown): boolean {
  return hasCode(error, 'ECONNREFUSED') || hasCode(error, 'ENOENT');
}

export function describeAddress(address: SocketAddress): string {
  return address.kind === 'unix' ? address.path : `${address.host}:${address.port}`;
}
