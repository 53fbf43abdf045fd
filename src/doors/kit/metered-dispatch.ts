import type { Logger } from 'pino';
import type { Clock } from '../../clock.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { OpenReply, OpenRequest } from '../../routing/open.ts';
import type { MintRequest, SessionsPort } from '../../routing/sessions-port.ts';
import type { SessionCommand } from '../../session/command.ts';
import type { Letter } from '../../session/letter.ts';
import { loggable } from '../../session/loggable.ts';
import type { Reply } from '../../session/reply.ts';
import type { Soon } from '../../soon.ts';

export interface MeteredDispatchParts {
  readonly sessions: SessionsPort;
  readonly metrics: Pick<Metrics, 'count' | 'observe'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Logger;
}

/** A command, and what becomes of the mesh's reply on its way to the client. */
export interface Asking<Answer> {
  /** The command as the metrics call it. */
  readonly name: string;
  /** What the mesh's reply means to the client. */
  readonly judge: (reply: Reply) => Answer;
  /** What the client is answered where something fails in a way it should not. */
  readonly fault: Answer;
  /** Is told what the client is answered, also where that is a fault of ours. */
  readonly count?: (answer: Answer) => void;
}

/** The mesh as one door asks it: each call is counted and timed on its way through. */
export class MeteredDispatch implements SessionsPort {
  readonly #door: string;
  readonly #parts: MeteredDispatchParts;

  constructor(door: string, parts: MeteredDispatchParts) {
    this.#door = door;
    this.#parts = parts;
  }

  mint(request: MintRequest): Soon<Reply> {
    return this.#passOn('mint', () => this.#parts.sessions.mint(request));
  }

  open(request: OpenRequest): Soon<OpenReply> {
    return this.#passOn('open', () => this.#parts.sessions.open(request));
  }

  /** What fails in a way it should not is counted, and thrown on. */
  dispatch(command: SessionCommand): Soon<Reply> {
    return this.#passOn(command.kind, () => this.#parts.sessions.dispatch(command));
  }

  ownerOf(id: string): Letter {
    return this.#parts.sessions.ownerOf(id);
  }

  giveBack(id: string, token: string): void {
    this.#parts.sessions.giveBack(id, token);
  }

  /** Never throws nor rejects: what fails in a way it should not is logged, and answered as the fault that it is. */
  ask<Answer>(command: SessionCommand, asking: Asking<Answer>): Soon<Answer> {
    const startedAt = this.#parts.clock.monotonic();
    try {
      const reply = this.#parts.sessions.dispatch(command);
      if (!(reply instanceof Promise)) return this.#judged(reply, asking, startedAt);
      return reply.then(
        (known) => this.#judged(known, asking, startedAt),
        (error: unknown) => this.#failed(error, asking, startedAt),
      );
    } catch (error) {
      return this.#failed(error, asking, startedAt);
    }
  }

  #judged<Answer>(reply: Reply, asking: Asking<Answer>, startedAt: number): Answer {
    let answer: Answer;
    try {
      answer = asking.judge(reply);
    } catch (error) {
      return this.#failed(error, asking, startedAt);
    }
    asking.count?.(answer);
    this.#measure(asking.name, outcomeOf(reply), startedAt);
    return answer;
  }

  #failed<Answer>(error: unknown, { count, fault, name }: Asking<Answer>, startedAt: number): Answer {
    this.#parts.log.error(
      { err: loggable(error), command: name },
      `a ${this.#door} command failed in a way it should not`,
    );
    count?.(fault);
    this.#measure(name, 'error', startedAt);
    return fault;
  }

  #passOn<R extends Reply | OpenReply>(name: string, call: () => Soon<R>): Soon<R> {
    const startedAt = this.#parts.clock.monotonic();
    let reply: Soon<R>;
    try {
      reply = call();
    } catch (error) {
      this.#measure(name, 'error', startedAt);
      throw error;
    }
    if (reply instanceof Promise) return this.#passOnLater(name, startedAt, reply);
    this.#measure(name, outcomeOf(reply), startedAt);
    return reply;
  }

  async #passOnLater<R extends Reply | OpenReply>(name: string, startedAt: number, reply: Promise<R>): Promise<R> {
    let outcome = 'error';
    try {
      const known = await reply;
      outcome = outcomeOf(known);
      return known;
    } finally {
      this.#measure(name, outcome, startedAt);
    }
  }

  #measure(command: string, outcome: string, startedAt: number): void {
    const { clock, metrics } = this.#parts;
    metrics.count('requests', { door: this.#door, command, outcome });
    metrics.observe('requestSeconds', { door: this.#door, command }, (clock.monotonic() - startedAt) / 1000);
  }
}

/**
 * A condition that does not hold is a refusal, whatever the client calls it. Whether a session was found or made anew is told
 * by its state; here the call is done.
 */
function outcomeOf(reply: Reply | OpenReply): string {
  if (reply.kind === 'opened') return 'done';
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
