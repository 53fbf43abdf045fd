import type { TrafficCounts } from '../kit/door-protocol.ts';
import type { MemcachedReply } from './protocol/reply.ts';
import type { KeyCommand } from './to-operation.ts';

/** What this door has done, under memcached's names for it. */
export interface Tally {
  readonly get_hits: number;
  readonly get_misses: number;
  readonly cmd_get: number;
  readonly cmd_set: number;
  readonly cmd_flush: number;
  readonly cmd_touch: number;
  readonly delete_hits: number;
  readonly delete_misses: number;
  readonly incr_hits: number;
  readonly incr_misses: number;
  readonly decr_hits: number;
  readonly decr_misses: number;
  readonly cas_hits: number;
  readonly cas_misses: number;
  readonly cas_badval: number;
  readonly touch_hits: number;
  readonly touch_misses: number;
  readonly auth_cmds: number;
  readonly auth_errors: number;
  readonly bytes_read: number;
  readonly bytes_written: number;
  readonly total_connections: number;
  readonly rejected_connections: number;
  /** Ours, told by `stats maglia`. */
  readonly steered: number;
  readonly ttl_defaulted: number;
  readonly locks_granted: number;
  readonly locks_refused: number;
}

export type TallyName = keyof Tally;

const ZERO: Tally = {
  get_hits: 0,
  get_misses: 0,
  cmd_get: 0,
  cmd_set: 0,
  cmd_flush: 0,
  cmd_touch: 0,
  delete_hits: 0,
  delete_misses: 0,
  incr_hits: 0,
  incr_misses: 0,
  decr_hits: 0,
  decr_misses: 0,
  cas_hits: 0,
  cas_misses: 0,
  cas_badval: 0,
  touch_hits: 0,
  touch_misses: 0,
  auth_cmds: 0,
  auth_errors: 0,
  bytes_read: 0,
  bytes_written: 0,
  total_connections: 0,
  rejected_connections: 0,
  steered: 0,
  ttl_defaulted: 0,
  locks_granted: 0,
  locks_refused: 0,
};

/** Counts for `stats`, until a client resets them. The daemon's own metrics are other ones, and are never reset. */
export class DoorCounts implements TrafficCounts {
  #tally: Record<TallyName, number> = { ...ZERO };

  get tally(): Tally {
    return this.#tally;
  }

  add(name: TallyName, by = 1): void {
    this.#tally[name] += by;
  }

  reset(): void {
    this.#tally = { ...ZERO };
  }

  connected(): void {
    this.add('total_connections');
  }

  rejected(): void {
    this.add('rejected_connections');
  }

  received(bytes: number): void {
    this.add('bytes_read', bytes);
  }

  sent(bytes: number): void {
    this.add('bytes_written', bytes);
  }

  /** Counts an item's command by what it came to. An error counts as asked, and neither as a hit nor as a miss. */
  answered(command: KeyCommand, reply: MemcachedReply): void {
    switch (command.kind) {
      case 'read':
        this.#read(reply, command.touch !== undefined);
        return;
      case 'store':
        this.#store(reply, command.mode === 'cas');
        return;
      case 'delete':
        this.#hitOrMiss(reply, 'delete_hits', 'delete_misses');
        return;
      case 'arithmetic':
        if (command.direction === 'incr') this.#hitOrMiss(reply, 'incr_hits', 'incr_misses');
        else this.#hitOrMiss(reply, 'decr_hits', 'decr_misses');
        return;
      case 'touch':
        this.add('cmd_touch');
        this.#hitOrMiss(reply, 'touch_hits', 'touch_misses');
        return;
      case 'mark-stale':
      case 'inspect':
        return;
    }
  }

  #read(reply: MemcachedReply, isTouch: boolean): void {
    this.add('cmd_get');
    this.#hitOrMiss(reply, 'get_hits', 'get_misses');
    if (!isTouch) return;
    this.add('cmd_touch');
    this.#hitOrMiss(reply, 'touch_hits', 'touch_misses');
  }

  #store(reply: MemcachedReply, isCas: boolean): void {
    this.add('cmd_set');
    if (!isCas) return;
    if (reply.kind === 'exists') this.add('cas_badval');
    else this.#hitOrMiss(reply, 'cas_hits', 'cas_misses');
  }

  #hitOrMiss({ kind }: MemcachedReply, hit: TallyName, miss: TallyName): void {
    if (kind === 'miss' || kind === 'not-found') this.add(miss);
    else if (kind === 'hit' || kind === 'stored' || kind === 'deleted' || kind === 'touched' || kind === 'number') {
      this.add(hit);
    }
  }
}
