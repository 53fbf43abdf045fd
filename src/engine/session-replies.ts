import type { Reply } from '../session/reply.ts';
import type { Absent } from './vault.ts';

export function miss(absent: Absent): Reply {
  return { kind: 'miss', reason: absent.reason };
}

export function secondsLeft(until: number, now: number): number {
  return Math.max(0, Math.ceil((until - now) / 1000));
}
