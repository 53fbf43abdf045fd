import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { MemcachedConnection } from './memcached-connection.ts';

/** Whether whoever listens there answers a NOOP in time. A connection alone proves nothing: a frozen process has those too. */
export function answers(dial: () => Duplex, clock: Clock, deadlineMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = new MemcachedConnection({
      dial,
      clock,
      deadlineMs,
      predecessor: Promise.resolve(),
      onReady: () => {
        resolve(true);
        void connection.finish();
      },
      onUnusable: () => resolve(false),
    });
  });
}
