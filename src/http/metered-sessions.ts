import type { Clock } from '../clock.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { OpenReply, OpenRequest } from '../routing/open.ts';
import type { CommandKind, SessionCommand } from '../session/command.ts';
import type { Letter } from '../session/letter.ts';
import type { Reply } from '../session/reply.ts';
import type { Soon } from '../soon.ts';
import type { MintRequest, SessionsPort } from './sessions-port.ts';

/** Counts and times each session call of this door on its way through. */
export class MeteredSessions implements SessionsPort {
  readonly #sessions: SessionsPort;
  readonly #metrics: Pick<Metrics, 'count' | 'observe'>;
  readonly #clock: Clock;

  constructor(sessions: SessionsPort, metrics: Pick<Metrics, 'count' | 'observe'>, clock: Clock) {
    this.#sessions = sessions;
    this.#metrics = metrics;
    this.#clock = clock;
  }

  mint(request: MintRequest): Soon<Reply> {
    return this.#metered('mint', () => this.#sessions.mint(request));
  }

  open(request: OpenRequest): Soon<OpenReply> {
    return this.#metered('open', () => this.#sessions.open(request));
  }

  dispatch(command: SessionCommand): Soon<Reply> {
    return this.#metered(command.kind, () => this.#sessions.dispatch(command));
  }

  ownerOf(id: string): Letter {
    return this.#sessions.ownerOf(id);
  }

  #metered<R extends Reply | OpenReply>(command: CommandKind | 'mint', call: () => Soon<R>): Soon<R> {
    const startedAt = this.#clock.monotonic();
    let reply: Soon<R>;
    try {
      reply = call();
    } catch (error) {
      this.#count(command, 'error', startedAt);
      throw error;
    }
    if (reply instanceof Promise) return this.#meteredLater(command, startedAt, reply);
    this.#count(command, outcomeOf(reply), startedAt);
    return reply;
  }

  async #meteredLater<R extends Reply | OpenReply>(
    command: CommandKind | 'mint',
    startedAt: number,
    reply: Promise<R>,
  ): Promise<R> {
    let outcome = 'error';
    try {
      const settled = await reply;
      outcome = outcomeOf(settled);
      return settled;
    } finally {
      this.#count(command, outcome, startedAt);
    }
  }

  #count(command: CommandKind | 'mint', outcome: string, startedAt: number): void {
    this.#metrics.count('requests', { door: 'http', command, outcome });
    this.#metrics.observe('requestSeconds', { door: 'http', command }, (this.#clock.monotonic() - startedAt) / 1000);
  }
}

/** Whether a session was found or made anew is told by its state; for this table the call is done. */
function outcomeOf(reply: Reply | OpenReply): string {
  return reply.kind === 'opened' ? 'done' : reply.kind;
}
