import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { MemcachedLife } from './memcached-life.ts';
import { probe } from './memcached-probe.ts';
import type { ReadRecord } from './memcached-state-file.ts';
import { isAlive, type ProcessIdentity } from './process-identity.ts';

/** One that answers later is waited for, and the log says so. */
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
  readonly log: Logger;
  /** So long it may answer nothing, as one that runs may. */
  readonly silentAfterMs: number;
}

export async function findFormerMemcached(read: ReadRecord, wanted: WantedMemcached): Promise<FormerMemcached> {
  if (read.kind === 'none') return { kind: 'none' };
  if (read.kind === 'unreadable') return { kind: 'gone', why: 'its state file cannot be read' };

  const { daemon, memcached, program, args } = read.record;
  if (daemon !== undefined && isAlive(daemon)) return { kind: 'taken', daemonPid: daemon.pid };
  if (memcached.bootId !== wanted.daemon.bootId) return { kind: 'gone', why: 'this machine was restarted' };
  const life = new MemcachedLife({ memcached, program, args, daemon: wanted.daemon });
  if (!life.isProven()) return { kind: 'gone', why: 'it died while no daemon looked after it' };

  const why = await whyUseless(life.pid, wanted);
  return why === undefined ? { kind: 'usable', life } : { kind: 'unusable', life, why };
}

/** Undefined where it answers. One that has every session is not given up for a silence that a running one would be forgiven. */
async function whyUseless(memcachedPid: number, wanted: WantedMemcached): Promise<string | undefined> {
  const { dial, clock, log, silentAfterMs } = wanted;
  const firstMs = Math.min(ANSWER_MS, silentAfterMs);
  let answer = await probe(dial, clock, firstMs);
  if (answer === 'silent' && firstMs < silentAfterMs) {
    log.warn(
      { memcachedPid, silentAfterMs },
      'the former memcached does not answer; waiting for it, since it may have all sessions',
    );
    answer = await probe(dial, clock, silentAfterMs - firstMs);
  }
  if (answer === 'answered') return undefined;
  return answer === 'nobody' ? 'nobody listens on its socket' : `it has not answered for ${silentAfterMs / 1000} s`;
}
