import { nanoid } from 'nanoid';
import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { lifeOf, type Exptime } from '../protocol/exptime.ts';
import type { Hit, Reply } from '../protocol/reply.ts';
import type { Letter } from '../session/letter.ts';
import type { LockGrant } from '../session/reply.ts';
import type { DoorCounts } from './door-counts.ts';
import { HeldLocks } from './held-locks.ts';
import type { LockReturns } from './lock-returns.ts';
import type { MeshDesk } from './mesh-desk.ts';
import { isAdd, type ItemCommand } from './to-operation.ts';
import { toLockReply, toReply } from './to-reply.ts';

export interface LockDeskParts {
  readonly letter: Letter;
  readonly mesh: MeshDesk;
  readonly waitMs: number;
  readonly counts: DoorCounts;
  readonly metrics: Pick<Metrics, 'observe'>;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly locks: Pick<LockReturns, 'reserve' | 'free' | 'giveBack'>;
  /** Locks that one client may hold or ask for at once. */
  readonly lockLimit: number;
}

const MISS: Reply = { kind: 'miss' };
const NOT_FOUND: Reply = { kind: 'not-found' };
const NOT_STORED: Reply = { kind: 'not-stored' };
const DELETED: Reply = { kind: 'deleted' };
const HELD: Hit = { kind: 'hit', value: Buffer.from('1'), flags: 0, cas: 1 };

/** More than any client that means well has: PHP needs two. */
const TOO_MANY_LOCKS: Reply = {
  kind: 'server-error',
  code: 'TOO_MANY_LOCKS',
  text: 'this client, or all clients of this node, hold too many locks: give some back',
};

/** The owner cuts what is longer than the longest hold, and takes this for it. */
const LONGEST_HOLD = 0;
const SHORTEST_HOLD_MS = 1;

/**
 * The locks that one client takes by adding keys with a lock's prefix, as PHP does it. They are kept by the sessions'
 * owners: there, a client that finds a lock held queues for it, instead of asking again and again. What the client holds ends
 * with its connection.
 */
export class LockDesk {
  readonly #parts: LockDeskParts;
  readonly #locks: HeldLocks;
  #phase: 'open' | 'closed' = 'open';

  constructor(parts: LockDeskParts) {
    this.#parts = parts;
    this.#locks = new HeldLocks(parts.clock, parts.lockLimit, parts.locks);
  }

  /** `add` takes the lock and `delete` gives it back. Nothing else is a lock's; it gets an honest answer. */
  answer(command: ItemCommand, id: string): Reply | Promise<Reply> {
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

  /** The client is gone: others are waiting for what it held. */
  close(): void {
    this.#phase = 'closed';
    for (const { id, token } of this.#locks.takeAll()) this.#parts.locks.giveBack(id, token);
  }

  async #acquire(command: ItemCommand, id: string, exptime: Exptime): Promise<Reply> {
    const { clock, counts, letter, mesh, metrics, waitMs } = this.#parts;
    const asking = this.#locks.ask(id);
    if (asking === 'held') return NOT_STORED;
    if (asking === 'full') return TOO_MANY_LOCKS;
    const askedAt = clock.monotonic();
    let grant: LockGrant | undefined;
    // Chosen here, so that a lock can be given back whose grant never came.
    const token = nanoid();
    const holdMs = holdMsOf(exptime, clock.now());
    const reply = await mesh.ask({ kind: 'lock', id, waitMs, holdMs, holder: letter, token }, 'lock', (answer) => {
      if (answer.kind === 'answered') grant = answer.lock;
      if (answer.kind === 'in-doubt') this.#parts.locks.giveBack(id, token);
      return toLockReply(command, answer);
    });
    const isGranted = grant !== undefined;
    counts.add(isGranted ? 'locks_granted' : 'locks_refused');
    metrics.observe(
      'lockWaitSeconds',
      { outcome: isGranted ? 'granted' : reply.kind === 'not-stored' ? 'held' : 'failed' },
      (clock.monotonic() - askedAt) / 1000,
    );
    this.#locks.settle(id, grant);
    if (this.#phase === 'closed') this.close();
    return reply;
  }

  #release(command: ItemCommand, id: string): Reply | Promise<Reply> {
    const token = this.#locks.take(id);
    if (token === undefined) return NOT_FOUND;
    return this.#parts.mesh.ask({ kind: 'unlock', id, token }, 'unlock', (answer) => {
      if (answer.kind === 'done') return DELETED;
      if (answer.kind === 'in-doubt') this.#parts.locks.giveBack(id, token);
      // It had run out, and perhaps another holds it now.
      return answer.kind === 'refused' ? NOT_FOUND : toReply(command, answer);
    });
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
