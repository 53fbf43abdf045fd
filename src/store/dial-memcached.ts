import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { SocketAddress } from '../config/config.ts';
import { hasCode } from '../errors.ts';
import { MemcachedConnection } from './memcached-connection.ts';

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

/** `nobody`: no one listens there, and a deadline that is longer does not help. */
export type Answer = 'answered' | 'silent' | 'nobody';

/** Whether the process that listens there answers a NOOP in time. A connection alone proves nothing: a frozen process has those too. */
export async function answers(dial: () => Duplex, clock: Clock, deadlineMs: number): Promise<boolean> {
  return (await probe(dial, clock, deadlineMs)) === 'answered';
}

export function probe(dial: () => Duplex, clock: Clock, deadlineMs: number): Promise<Answer> {
  let foundNobody = false;
  return new Promise((resolve) => {
    const connection = new MemcachedConnection({
      dial: () => dial().once('error', (error) => (foundNobody = isNobodyThere(error))),
      clock,
      deadlineMs,
      predecessor: Promise.resolve(),
      onReady: () => {
        resolve('answered');
        void connection.finish();
      },
      onUnusable: () => resolve(foundNobody ? 'nobody' : 'silent'),
    });
  });
}
