import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { MemcachedReply } from './protocol/reply.ts';
import type { SessionCommand } from '../../session/command.ts';
import { loggable } from '../../session/loggable.ts';
import type { Reply } from '../../session/reply.ts';
import type { Soon } from '../../soon.ts';
import type { SessionsPort } from '../kit/sessions-port.ts';
import { INTERNAL } from './to-reply.ts';

export interface MeshDeskParts {
  readonly sessions: Pick<SessionsPort, 'dispatch'>;
  readonly metrics: Pick<Metrics, 'count' | 'observe'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Logger;
}

interface Asking {
  readonly name: string;
  readonly startedAt: number;
  readonly judge: (reply: Reply) => MemcachedReply;
  readonly count: ((reply: MemcachedReply) => void) | undefined;
}

/** Asks the mesh for this door: counts and times each command, and answers for what fails in a way it should not. */
export class MeshDesk {
  readonly #parts: MeshDeskParts;

  constructor(parts: MeshDeskParts) {
    this.#parts = parts;
  }

  /**
   * Never rejects.
   *
   * @param name the command as the metrics call it
   * @param judge what the mesh's reply means to the client
   * @param count is told what the client is answered, also where that is a fault of ours
   */
  ask(command: SessionCommand, name: string, judge: Asking['judge'], count?: Asking['count']): Soon<MemcachedReply> {
    const asking: Asking = { name, startedAt: this.#parts.clock.monotonic(), judge, count };
    try {
      const reply = this.#parts.sessions.dispatch(command);
      if (!(reply instanceof Promise)) return this.#judged(reply, asking);
      return reply.then(
        (known) => this.#judged(known, asking),
        (error: unknown) => this.#failed(error, asking),
      );
    } catch (error) {
      return this.#failed(error, asking);
    }
  }

  #judged(reply: Reply, asking: Asking): MemcachedReply {
    let judged: MemcachedReply;
    try {
      judged = asking.judge(reply);
    } catch (error) {
      return this.#failed(error, asking);
    }
    asking.count?.(judged);
    this.#measure(asking, outcomeOf(reply));
    return judged;
  }

  #failed(error: unknown, asking: Asking): MemcachedReply {
    const { log } = this.#parts;
    log.error({ err: loggable(error), command: asking.name }, 'a memcached command failed in a way it should not');
    asking.count?.(INTERNAL);
    this.#measure(asking, 'error');
    return INTERNAL;
  }

  #measure({ name: command, startedAt }: Asking, outcome: string): void {
    const { clock, metrics } = this.#parts;
    const asked = { door: 'memcached', command };
    metrics.count('requests', { ...asked, outcome });
    metrics.observe('requestSeconds', asked, (clock.monotonic() - startedAt) / 1000);
  }
}

/** As the other doors tell it: a condition that does not hold is a refusal. */
function outcomeOf(reply: Reply): string {
  if (reply.kind !== 'answered') return reply.kind;
  switch (reply.answer.kind) {
    case 'miss':
    case 'not-found':
      return 'miss';
    case 'not-stored':
    case 'exists':
    case 'non-numeric':
      return 'refused';
    case 'hit':
    case 'stored':
    case 'deleted':
    case 'touched':
    case 'number':
    case 'ok':
      return 'done';
  }
}
