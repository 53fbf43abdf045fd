import type { Clock } from '../clock.ts';
import { AnswerTooLongError, FrameTooLongError, LinkBusyError, LinkDownError, LinkLostError } from '../errors.ts';
import type { PeerLinks } from '../membership/peer-link.ts';
import type { Route } from '../mesh/message.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { isRead, lockWaitMs, withoutLockWait, type SessionCommand } from '../session/command.ts';
import type { Letter } from '../session/letter.ts';
import type { Reply } from '../session/reply.ts';

/** What became of a forwarded command: answered, or surely not done and worth another try elsewhere. */
export type Forwarded = { readonly kind: 'answered'; readonly reply: Reply } | { readonly kind: 'again' };

/** One command's way over a link. */
export interface Passage {
  /** The peer that is asked. */
  readonly via: Letter;
  readonly route: Route;
  /** The letter that answers for the id, and the life of it that we mean. */
  readonly owner: Letter;
  readonly incarnation: number;
  /** Monotonic. */
  readonly deadlineAt: number;
}

/** The peer answers this much before we give up on it, so that a slow store does not cost us the link. */
const ANSWER_MARGIN_MS = 15;

/** Of the requests that may be in flight to a peer, those that wait for locks are this part at most: they take long. */
const WAITING_SHARE = 1 / 4;

export interface ForwarderParts {
  readonly links: PeerLinks;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly metrics: Pick<Metrics, 'count'>;
  readonly inFlightPerLink: number;
}

/**
 * Sends a command to a peer and says what that came to. A write whose bytes have left is never sent again
 * (docs/guarantees.md#rule-5).
 */
export class Forwarder {
  readonly #links: PeerLinks;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #metrics: Pick<Metrics, 'count'>;
  readonly #mostWaits: number;
  /** How many wait for locks, by the peer that was asked. */
  readonly #waits = new Map<Letter, number>();

  constructor({ links, clock, metrics, inFlightPerLink }: ForwarderParts) {
    this.#links = links;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#mostWaits = Math.floor(inFlightPerLink * WAITING_SHARE);
  }

  /** A lock that is held is waited for only while few wait on the same link; else the request gets it at once or not at all. */
  forward(command: SessionCommand, passage: Passage): Promise<Forwarded> {
    if (lockWaitMs(command) === 0) return this.#forward(command, passage);
    const { via } = passage;
    const waits = this.#waits.get(via) ?? 0;
    if (waits >= this.#mostWaits) {
      this.#metrics.count('lockWaitsRefused', { peer: via });
      return this.#forward(withoutLockWait(command), passage);
    }
    this.#waits.set(via, waits + 1);
    return this.#forward(command, passage).finally(() => this.#waits.set(via, (this.#waits.get(via) ?? 1) - 1));
  }

  #forward(command: SessionCommand, passage: Passage): Promise<Forwarded> {
    const { via, route, owner, incarnation, deadlineAt } = passage;
    const budgetMs = Math.floor(deadlineAt - this.#clock.monotonic()) - ANSWER_MARGIN_MS;
    if (budgetMs <= 0) return Promise.resolve({ kind: 'again' });
    const request = { kind: 'execute', route, owner, incarnation, budgetMs, command } as const;
    return new Promise((resolve, reject) => {
      this.#links(via).ask(request, deadlineAt, {
        onAnswer: (answer) => {
          this.#count(via, route, 'answered');
          resolve(answer.kind === 'reply' ? judgeReply(answer.reply) : { kind: 'again' });
        },
        onFailed: (error) => {
          const forwarded = this.#judgeFailure(error, command, passage);
          if (forwarded === undefined) reject(error);
          else resolve(forwarded);
        },
      });
    });
  }

  /** @returns undefined for what is nobody's failure, but a bug */
  #judgeFailure(error: unknown, command: SessionCommand, { via, route }: Passage): Forwarded | undefined {
    if (error instanceof LinkLostError) {
      this.#count(via, route, 'lost');
      if (isRead(command)) return { kind: 'again' };
      return { kind: 'answered', reply: { kind: 'in-doubt', code: 'OWNER_UNREACHABLE' } };
    }
    if (error instanceof AnswerTooLongError) {
      this.#count(via, route, 'answered');
      const reply = isRead(command) ? TOO_LARGE : ({ kind: 'in-doubt', code: 'OWNER_UNREACHABLE' } as const);
      return { kind: 'answered', reply };
    }
    this.#count(via, route, 'not-sent');
    if (error instanceof FrameTooLongError) return { kind: 'answered', reply: TOO_LARGE };
    if (error instanceof LinkBusyError) {
      return { kind: 'answered', reply: { kind: 'unavailable', code: 'PEER_BACKPRESSURE' } };
    }
    return error instanceof LinkDownError ? { kind: 'again' } : undefined;
  }

  #count(peer: Letter, route: Route, outcome: 'answered' | 'not-sent' | 'lost'): void {
    this.#metrics.count('forwards', { peer, route, outcome });
  }
}

/** One of the two nodes takes longer sessions than the other. */
const TOO_LARGE: Reply = { kind: 'refused', code: 'TOO_LARGE' };

/** Answers that say "surely not done, and things are about to change" are no answer yet. */
function judgeReply(reply: Reply): Forwarded {
  const isPassing =
    reply.kind === 'unavailable' &&
    (reply.code === 'STALE_INCARNATION' || reply.code === 'OWNER_UNREACHABLE' || reply.code === 'JOINING');
  return isPassing ? { kind: 'again' } : { kind: 'answered', reply };
}
