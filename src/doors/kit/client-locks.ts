import { nanoid } from 'nanoid';
import type { Clock } from '../../clock.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { Letter } from '../../session/letter.ts';
import type { LockGrant, RefusalCode, Reply } from '../../session/reply.ts';
import type { Soon } from '../../soon.ts';
import { HeldLocks, type LockPlaces } from './held-locks.ts';
import type { Asking, MeteredDispatch } from './metered-dispatch.ts';

export interface ClientLocksParts {
  /** This node, whose client it is. */
  readonly letter: Letter;
  readonly mesh: Pick<MeteredDispatch, 'ask' | 'giveBack'>;
  /** How long a client queues for a lock. */
  readonly waitMs: number;
  /** Locks that one client may hold or ask for at once; and those of all clients. */
  readonly lockLimit: number;
  readonly places: LockPlaces;
  readonly metrics: Pick<Metrics, 'observe'>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** How a client is answered that asks for a lock. */
export interface LockAsking<Answer> extends Pick<Asking<Answer>, 'judge' | 'fault'> {
  /** It asks for it already, or holds it. */
  readonly held: Answer;
  /** It, or all clients together, hold too many. */
  readonly full: Answer;
  /** Is told whether the lock was granted, where its owner was asked. */
  readonly settled?: (isGranted: boolean) => void;
}

/** As the metrics have it. `held`: another has it, or there is nothing that it could be of. */
interface Outcome {
  readonly name: 'granted' | 'held' | 'failed';
  readonly grant?: LockGrant;
}

const FAILED: Outcome = { name: 'failed' };
const HELD: Outcome = { name: 'held' };
const HELD_CODES: ReadonlySet<RefusalCode> = new Set(['LOCK_TIMEOUT', 'SESSION_BUSY', 'DESTROYED']);

/**
 * The locks that one client takes. They are kept by the sessions' owners: there, a client that finds a lock held queues for it,
 * instead of asking again and again. What the client holds ends with its connection.
 */
export class ClientLocks {
  readonly #parts: ClientLocksParts;
  readonly #locks: HeldLocks;
  #phase: 'open' | 'closed' = 'open';

  constructor(parts: ClientLocksParts) {
    this.#parts = parts;
    this.#locks = new HeldLocks(parts.clock, parts.lockLimit, parts.places);
  }

  has(id: string): boolean {
    return this.#locks.has(id);
  }

  /**
   * Never rejects.
   *
   * @param holdMs the owner cuts it to the longest hold; 0 asks for that
   * @param token chosen here or by the client, so that a lock can be given back whose grant never came
   */
  async take<Answer>(id: string, holdMs: number, asking: LockAsking<Answer>, token = nanoid()): Promise<Answer> {
    const { clock, letter: holder, mesh, metrics, waitMs } = this.#parts;
    const asked = this.#locks.ask(id);
    if (asked !== 'asked') return asked === 'held' ? asking.held : asking.full;
    const askedAt = clock.monotonic();
    let outcome = FAILED;
    const answer = await mesh.ask<Answer>(
      { kind: 'lock', id, waitMs, holdMs, holder, token },
      {
        name: 'lock',
        fault: asking.fault,
        judge: (reply) => {
          if (reply.kind === 'in-doubt') mesh.giveBack(id, token);
          outcome = outcomeOf(reply);
          return asking.judge(reply);
        },
      },
    );
    asking.settled?.(outcome.grant !== undefined);
    metrics.observe('lockWaitSeconds', { outcome: outcome.name }, (clock.monotonic() - askedAt) / 1000);
    this.#locks.settle(id, outcome.grant);
    if (this.#phase === 'closed') this.close();
    return answer;
  }

  /** Undefined where this client does not hold it. Never rejects. */
  release<Answer>(id: string, asking: Pick<Asking<Answer>, 'judge' | 'fault'>): Soon<Answer> | undefined {
    const { mesh } = this.#parts;
    const token = this.#locks.take(id);
    if (token === undefined) return undefined;
    return mesh.ask<Answer>(
      { kind: 'unlock', id, token },
      {
        name: 'unlock',
        fault: asking.fault,
        judge: (reply) => {
          if (reply.kind === 'in-doubt') mesh.giveBack(id, token);
          return asking.judge(reply);
        },
      },
    );
  }

  /** The client is gone: others are waiting for what it held. */
  close(): void {
    this.#phase = 'closed';
    for (const { id, token } of this.#locks.takeAll()) this.#parts.mesh.giveBack(id, token);
  }
}

function outcomeOf(reply: Reply): Outcome {
  if (reply.kind === 'answered' && reply.lock !== undefined) return { name: 'granted', grant: reply.lock };
  return reply.kind === 'miss' || (reply.kind === 'refused' && HELD_CODES.has(reply.code)) ? HELD : FAILED;
}
