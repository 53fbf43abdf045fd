import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { isNobodyThere } from './dial-memcached.ts';
import { MemcachedConnection } from './memcached-connection.ts';

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
