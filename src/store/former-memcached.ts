import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { MemcachedLife } from './memcached-life.ts';
import { answers } from './memcached-probe.ts';
import type { ReadRecord } from './memcached-state-file.ts';
import { isAlive, type ProcessIdentity } from './process-identity.ts';

/** As long as a running one would be given before it counts as frozen. */
const ANSWER_MS = 3_000;

/** What a former daemon of this node left behind. */
export type FormerMemcached =
  | { readonly kind: 'none' }
  /** It looked after one, and that is not there any more. */
  | { readonly kind: 'gone'; readonly why: string }
  /** Another daemon is alive and looks after it. */
  | { readonly kind: 'taken'; readonly daemonPid: number }
  | { readonly kind: 'unusable'; readonly life: MemcachedLife; readonly why: string }
  | { readonly kind: 'usable'; readonly life: MemcachedLife };

export interface WantedMemcached {
  readonly daemon: ProcessIdentity;
  readonly dial: () => Duplex;
  readonly clock: Clock;
}

export async function findFormerMemcached(read: ReadRecord, wanted: WantedMemcached): Promise<FormerMemcached> {
  if (read.kind === 'none') return { kind: 'none' };
  if (read.kind === 'unreadable') return { kind: 'gone', why: 'its state file cannot be read' };

  const { daemon, memcached, program, args } = read.record;
  if (daemon !== undefined && isAlive(daemon)) return { kind: 'taken', daemonPid: daemon.pid };
  if (memcached.bootId !== wanted.daemon.bootId) return { kind: 'gone', why: 'this machine was restarted' };
  const life = new MemcachedLife({ memcached, program, args, daemon: wanted.daemon });
  if (!life.isProven()) return { kind: 'gone', why: 'it died while no daemon looked after it' };

  if (!(await answers(wanted.dial, wanted.clock, ANSWER_MS))) {
    return { kind: 'unusable', life, why: `it did not answer within ${ANSWER_MS} ms` };
  }
  return { kind: 'usable', life };
}
