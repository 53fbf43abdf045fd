import type { Clock } from '../../clock.ts';
import type { Reply } from '../../session/reply.ts';
import type { Soon } from '../../soon.ts';
import { ClientLocks, type ClientLocksParts } from '../kit/client-locks.ts';
import type { DoorCounts } from './door-counts.ts';
import { lifeOf, type Exptime } from './protocol/exptime.ts';
import type { MemcachedHit, MemcachedReply } from './protocol/reply.ts';
import { isAdd, type KeyCommand } from './to-operation.ts';
import { INTERNAL, toLockReply, toReply } from './to-reply.ts';

export interface LockDeskParts extends ClientLocksParts {
  readonly counts: DoorCounts;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

const MISS: MemcachedReply = { kind: 'miss' };
const NOT_FOUND: MemcachedReply = { kind: 'not-found' };
const NOT_STORED: MemcachedReply = { kind: 'not-stored' };
const DELETED: MemcachedReply = { kind: 'deleted' };
const HELD: MemcachedHit = { kind: 'hit', value: Buffer.from('1'), flags: 0, cas: 1 };

/** More than any client that means well has: PHP needs two. */
const TOO_MANY_LOCKS: MemcachedReply = {
  kind: 'server-error',
  code: 'TOO_MANY_LOCKS',
  text: 'this client, or all clients of this node, hold too many locks: give some back',
};

/** The owner cuts what is longer than the longest hold, and takes this for it. */
const LONGEST_HOLD = 0;
const SHORTEST_HOLD_MS = 1;

/** The locks that one client takes by adding keys with a lock's prefix, as PHP does it. */
export class LockDesk {
  readonly #counts: DoorCounts;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #locks: ClientLocks;

  constructor(parts: LockDeskParts) {
    this.#counts = parts.counts;
    this.#clock = parts.clock;
    this.#locks = new ClientLocks(parts);
  }

  /** `add` takes the lock and `delete` gives it back. Nothing else is a lock's; it gets an honest answer. */
  answer(command: KeyCommand, id: string): Soon<MemcachedReply> {
    switch (command.kind) {
      case 'store':
        return isAdd(command) ? this.#acquire(command, id, command.exptime) : NOT_STORED;
      case 'delete':
        return this.#release(command, id);
      case 'read':
      case 'inspect':
        return this.#locks.has(id) ? HELD : MISS;
      case 'touch':
        return this.#locks.has(id) ? { kind: 'touched', flags: HELD.flags, cas: HELD.cas } : NOT_FOUND;
      case 'mark-stale':
      case 'arithmetic':
        return NOT_FOUND;
    }
  }

  /** The client is gone. */
  close(): void {
    this.#locks.close();
  }

  #acquire(command: KeyCommand, id: string, exptime: Exptime): Promise<MemcachedReply> {
    return this.#locks.take<MemcachedReply>(id, holdMsOf(exptime, this.#clock.now()), {
      held: NOT_STORED,
      full: TOO_MANY_LOCKS,
      fault: INTERNAL,
      judge: (reply) => toLockReply(command, reply),
      settled: (isGranted) => this.#counts.add(isGranted ? 'locks_granted' : 'locks_refused'),
    });
  }

  #release(command: KeyCommand, id: string): Soon<MemcachedReply> {
    const judge = (reply: Reply): MemcachedReply => {
      if (reply.kind === 'done') return DELETED;
      // It had run out, and perhaps another holds it now.
      return reply.kind === 'refused' ? NOT_FOUND : toReply(command, reply);
    };
    return this.#locks.release<MemcachedReply>(id, { fault: INTERNAL, judge }) ?? NOT_FOUND;
  }
}

function holdMsOf(exptime: Exptime, nowMs: number): number {
  const life = lifeOf(exptime, nowMs);
  switch (life.kind) {
    case 'unlimited':
      return LONGEST_HOLD;
    case 'over':
      return SHORTEST_HOLD_MS;
    case 'limited':
      return life.seconds * 1000;
  }
}
