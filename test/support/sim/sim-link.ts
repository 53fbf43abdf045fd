import {
  LinkBusyError,
  LinkDownError,
  LinkLostError,
  type HandshakeRefusal,
  type MagliaError,
} from '../../../src/errors.ts';
import type { Timer } from '../../../src/clock.ts';
import type { PeerLink } from '../../../src/membership/peer-link.ts';
import { DIAL_SPACING_MS, redialDelayMs } from '../../../src/mesh/backoff.ts';
import type { Asker } from '../../../src/mesh/in-flight.ts';
import { transition, type LinkEvent, type LinkState } from '../../../src/mesh/link-state.ts';
import type { Hello, PeerAnswer, PeerRequest } from '../../../src/mesh/message.ts';
import type { Letter } from '../../../src/session/letter.ts';
import { AcceptedConnection, welcome, type Endpoint, type Pipe, type SimNetwork } from './sim-network.ts';
import type { SimProcess } from './sim-process.ts';

export interface SimLinkParts {
  readonly from: Letter;
  readonly to: Letter;
  readonly network: SimNetwork;
  readonly process: SimProcess;
  readonly hello: (to: Letter) => Hello;
  readonly dialMs: number;
  readonly inFlightLimit: number;
  readonly callbacks: SimLinkCallbacks;
}

/** As the real link's. */
export interface SimLinkCallbacks {
  readonly onUp: () => void;
  readonly onDown: (why: string) => void;
  readonly onDialRefused: () => void;
  readonly onDialRejected: (refusal: HandshakeRefusal) => void;
}

interface Waiting {
  readonly resolve: (answer: PeerAnswer) => void;
  readonly reject: (error: MagliaError) => void;
  readonly deadline: Timer;
}

/** The dialler's side of a connection. */
interface Connection {
  readonly forth: Pipe;
  readonly back: Pipe;
  readonly accepted: AcceptedConnection;
  readonly endpoint: Endpoint;
}

/** One turn of an event loop, in which what has come already is read before a deadline is held against the peer. */
const TURN_MS = 0.05;

/** A link with the real one's manners (`mesh/link.ts`) and no socket. */
export class SimLink implements PeerLink {
  readonly #parts: SimLinkParts;
  readonly #waiting = new Set<Waiting>();
  #state: LinkState = { kind: 'waiting', why: 'not dialled yet' };
  #connection: Connection | undefined;
  #failures = 0;
  #wasRejected = false;
  #dialledAt = Number.NEGATIVE_INFINITY;
  #redialTimer: Timer | undefined;

  constructor(parts: SimLinkParts) {
    this.#parts = parts;
    parts.process.onDeath(() => this.#die());
  }

  get state(): LinkState {
    return this.#state;
  }

  open(): void {
    this.#redialIn(0);
  }

  ask(message: PeerRequest, deadlineAt: number, asker: Asker): void {
    this.request(message, deadlineAt).then(
      (answer) => asker.onAnswer(answer),
      (error: unknown) => asker.onFailed(error as MagliaError),
    );
  }

  request(message: PeerRequest, deadlineAt: number): Promise<PeerAnswer> {
    const { process, to, inFlightLimit } = this.#parts;
    const connection = this.#connection;
    if (connection === undefined) return Promise.reject(new LinkDownError(`no link to ${to}`));
    const leftMs = deadlineAt - process.clock.monotonic();
    if (leftMs <= 0) return Promise.reject(new LinkDownError('the deadline has passed'));
    if (this.#waiting.size >= inFlightLimit) return Promise.reject(new LinkBusyError('too many in flight'));
    return new Promise((resolve, reject) => {
      const deadline = process.clock.after(Math.ceil(leftMs), () =>
        process.clock.after(TURN_MS, () => {
          if (this.#waiting.has(waiting)) this.#lose('a request was not answered by its deadline');
        }),
      );
      const waiting: Waiting = { resolve, reject, deadline };
      this.#waiting.add(waiting);
      this.#send(connection, message, waiting);
    });
  }

  drop(reason: string): void {
    this.#lose(reason);
  }

  nudge(): void {
    if (this.#redialTimer !== undefined) this.#redialIn(0);
  }

  #send({ forth, back, accepted, endpoint }: Connection, message: PeerRequest, waiting: Waiting): void {
    const { process } = this.#parts;
    const receive = (answer: PeerAnswer | undefined): void =>
      process.deliver('input', () => {
        if (!this.#waiting.delete(waiting)) return;
        waiting.deadline.cancel();
        if (answer === undefined) waiting.reject(new LinkLostError('the peer failed while it handled a request'));
        else waiting.resolve(answer);
      });
    const answerWith = (answer: PeerAnswer | undefined): void => {
      if (accepted.isOpen && !endpoint.process.isDead) back.send(() => receive(answer));
    };
    forth.send(() =>
      endpoint.process.deliver('input', () => {
        if (!accepted.isOpen) return;
        accepted.heard(message);
        endpoint.handler(accepted.hello, message).then(
          (answer) => answerWith(answer),
          () => answerWith(undefined),
        );
      }),
    );
  }

  #redialIn(delayMs: number): void {
    const { clock } = this.#parts.process;
    this.#redialTimer?.cancel();
    const spacingMs = this.#dialledAt + DIAL_SPACING_MS - clock.monotonic();
    this.#redialTimer = clock.after(Math.max(delayMs, spacingMs), () => {
      this.#redialTimer = undefined;
      this.#dial();
    });
  }

  #dial(): void {
    const { network, process, to, from, hello, dialMs } = this.#parts;
    this.#dialledAt = process.clock.monotonic();
    this.#enter({ kind: 'dialled', why: 'dialling' });
    const attempt: Attempt = {
      isOver: false,
      deadline: process.clock.after(dialMs, () => this.#failed(attempt, 'it has not answered in time')),
      forth: network.pipe(from, to),
      back: network.pipe(to, from),
    };
    attempt.forth.send(() => this.#arrive(attempt, hello(to)));
  }

  /** At the peer's machine. */
  #arrive(attempt: Attempt, hello: Hello): void {
    const { network, process, to } = this.#parts;
    const endpoint = network.listener(to);
    if (endpoint === undefined) {
      attempt.back.send(() => process.deliver('input', () => this.#refused(attempt)));
      return;
    }
    endpoint.process.onDeath(() => {
      attempt.back.send(() => process.deliver('input', () => this.#failed(attempt, 'it closed the connection')));
    });
    endpoint.process.deliver('input', () => {
      const answer = welcome(network, endpoint, hello);
      if (answer.kind === 'refused') {
        attempt.back.send(() => process.deliver('input', () => this.#rejected(attempt, answer)));
        return;
      }
      const accepted = new AcceptedConnection(hello, network.world);
      network.connectionsOf(to).add(accepted);
      attempt.back.send(() =>
        process.deliver('input', () => this.#welcomed(attempt, { ...attempt, accepted, endpoint }, answer.hello)),
      );
      endpoint.onHello(hello);
    });
  }

  #welcomed(attempt: Attempt, connection: Connection, hello: Hello): void {
    if (attempt.isOver) {
      this.#hangUp(connection);
      return;
    }
    attempt.isOver = true;
    attempt.deadline.cancel();
    this.#failures = 0;
    this.#connection = connection;
    const { endpoint, back } = connection;
    endpoint.process.onDeath(() =>
      back.send(() =>
        this.#parts.process.deliver('input', () => {
          if (this.#connection === connection) this.#lose('the peer closed the connection');
        }),
      ),
    );
    if (endpoint.process.isDead) {
      // It died between its welcome and now: the end of the stream is on its way.
      back.send(() => this.#parts.process.deliver('input', () => this.#lose('the peer closed the connection')));
    }
    this.#enter({ kind: 'welcomed', why: 'welcomed', hello });
    this.#parts.callbacks.onUp();
  }

  #refused(attempt: Attempt): void {
    if (!this.#end(attempt, { kind: 'failed', why: 'it refuses connections' }, false)) return;
    this.#parts.callbacks.onDialRefused();
  }

  #failed(attempt: Attempt, why: string): void {
    this.#end(attempt, { kind: 'failed', why }, false);
  }

  #rejected(
    attempt: Attempt,
    { refusal, explanation }: Extract<ReturnType<typeof welcome>, { kind: 'refused' }>,
  ): void {
    if (!this.#end(attempt, { kind: 'refused', why: explanation, refusal }, true)) return;
    this.#parts.callbacks.onDialRejected(refusal);
  }

  /** The dial has come to nothing; false where it was over already. */
  #end(attempt: Attempt, event: LinkEvent, wasRejected: boolean): boolean {
    if (attempt.isOver) return false;
    attempt.isOver = true;
    attempt.deadline.cancel();
    this.#wasRejected = wasRejected;
    this.#failures += 1;
    this.#enter(event);
    this.#redialIn(redialDelayMs(this.#failures, this.#wasRejected, this.#parts.network.random.next()));
    return true;
  }

  #lose(why: string): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#connection = undefined;
    this.#enter({ kind: 'lost', why });
    this.#hangUp(connection);
    const failed = [...this.#waiting];
    this.#waiting.clear();
    for (const { deadline, reject } of failed) {
      deadline.cancel();
      reject(new LinkLostError(`the link to ${this.#parts.to} was lost: ${why}`));
    }
    this.#parts.callbacks.onDown(why);
    this.#failures = 0;
    this.#redialIn(0);
  }

  /** What was written may still be read at the other end, or be lost with the connection. */
  #hangUp({ forth, back, accepted, endpoint }: Connection): void {
    const { network, to } = this.#parts;
    back.discard();
    const close = (): void =>
      endpoint.process.deliver('input', () => {
        accepted.isOpen = false;
        network.connectionsOf(to).delete(accepted);
      });
    if (network.random.chance(0.5)) {
      forth.send(close);
    } else {
      forth.discard();
      if (!network.isCut(this.#parts.from, to)) network.world.after(network.delayMs(), close);
    }
  }

  #die(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#enter({ kind: 'closed', why: 'its process is dead' });
    if (connection !== undefined) this.#hangUp(connection);
  }

  #enter(event: LinkEvent): void {
    this.#state = transition(this.#state, event);
  }
}

interface Attempt {
  isOver: boolean;
  readonly deadline: Timer;
  readonly forth: Pipe;
  readonly back: Pipe;
}
