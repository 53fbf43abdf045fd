import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import {
  ClosedError,
  FrameError,
  HandshakeRefusedError,
  LinkBusyError,
  LinkDownError,
  LinkLostError,
  MagliaError,
} from '../errors.ts';
import type { Letter, MeshAddress } from '../session/letter.ts';
import { checkAnswer, type IsCredible } from './claimed-lives.ts';
import { DialLoop } from './dial-loop.ts';
import { dialInVersions } from './dial-versions.ts';
import type { DialFailure, DialHeirs } from './dial.ts';
import type { FramedSocket } from './framed-socket.ts';
import { writeFrame } from './frames.ts';
import { HostLookup } from './host-lookup.ts';
import { InFlight, unansweredError, type Asker } from './in-flight.ts';
import { MAX_QUEUED_BYTES, MAX_WAITING_BYTES, mayBeSent, type MeshLimits } from './limits.ts';
import { LinkQueue } from './link-queue.ts';
import { transition, type LinkEvent, type LinkState } from './link-state.ts';
import type { Hello, NoAnswerReason, PeerAnswer, PeerRequest, Takes } from './message.ts';
import { writeRequest } from './request-codec.ts';
import type { MeshSecurity } from './tls.ts';
import {
  classOf,
  isWaitingClass,
  placesOf,
  SHARES,
  WAITING_CLASSES,
  type TrafficClass,
  type WaitingClass,
} from './traffic-class.ts';
import type { Transport } from './transport.ts';
import { describeWelcome } from './wire-version.ts';

/** `timeout`: a request was not answered by its deadline. `lost`: anything else that ended the connection. */
export type DownCause = 'lost' | 'timeout';

export interface LinkOptions {
  readonly self: Letter;
  /** The peer's letter. */
  readonly letter: Letter;
  readonly address: MeshAddress;
  readonly security: MeshSecurity;
  /** Our hello to this peer, asked for anew at each dial. */
  readonly hello: () => Hello;
  readonly limits: MeshLimits;
  readonly isCredible: IsCredible;
  readonly clock: Clock;
  readonly transport: Transport;
  readonly log: Logger;
  /** From [0, 1), for the jitter between dials. */
  readonly random: () => number;
  readonly callbacks: LinkCallbacks;
}

/** Called as things happen; the link's state is the new one already. `close` calls `onState` only, once. */
export interface LinkCallbacks {
  /** The peer has welcomed us; `hello` is its own. */
  onUp(hello: Hello): void;
  /** Once after each `onUp`. What was in flight has failed, and the link is about to dial at once. */
  onDown(cause: DownCause, why: string): void;
  onDialFailed(cause: DialFailure, error: LinkDownError | HandshakeRefusedError): void;
  onState(from: LinkState, to: LinkState): void;
}

/**
 * Our connection to one peer, dialled by us and used for our requests only; the peer has one of its own to us.
 *
 *   request ─► queue, if there is no room ─► in-flight (number, deadline) ─► batch ─► one write per turn ─► peer
 *   caller  ◄─────────────────────────────── in-flight (number, kind, id) ◄─ decoder ◄──────────────────── peer
 *
 * S0: a connection on which a deadline passed, or an answer did not fit its request, is destroyed. Everything in flight
 * on it fails, and no byte of it is read after that.
 */
export class Link {
  readonly letter: Letter;
  readonly #options: LinkOptions;
  readonly #log: Logger;
  readonly #inFlight: InFlight;
  readonly #queues: Readonly<Record<WaitingClass, LinkQueue>>;
  readonly #dials: DialLoop;
  readonly #lookup = new HostLookup();
  readonly #heirs: DialHeirs = {
    onAnswer: (connection, number, answer) => this.#answered(connection, number, answer),
    onNoAnswer: (connection, number, reason) => this.#unanswered(connection, number, reason),
    onDrained: (connection) => {
      if (connection === this.#connection) this.#sendQueued(connection);
    },
    onLost: (connection, why) => this.#lost(connection, 'lost', why),
  };
  #state: LinkState = { kind: 'waiting', why: 'not dialled yet' };
  #settled = this.#state;
  #connection: FramedSocket | undefined;
  #mayBeSent: Takes;
  #closed: Promise<void> | undefined;

  constructor(options: LinkOptions) {
    this.letter = options.letter;
    this.#options = options;
    this.#log = options.log.child({ link: options.letter });
    this.#mayBeSent = mayBeSent(undefined, options.limits);
    this.#inFlight = new InFlight(options.clock, () => options.transport.endOfTurn(() => this.#judgeDeadlines()));
    this.#queues = {
      bulk: new LinkQueue(options.clock, MAX_WAITING_BYTES),
      execute: new LinkQueue(options.clock, MAX_WAITING_BYTES),
    };
    this.#dials = new DialLoop({
      clock: options.clock,
      random: options.random,
      attempt: (signal) => this.#dial(signal),
    });
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Requests sent and not yet answered. */
  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Begins to dial, and goes on for as long as the link is not closed. Once. */
  open(): void {
    this.#redial();
  }

  /**
   * Asks the peer, as soon as there is room on the link. `deadlineAt` is a moment of `clock.monotonic()`. Fails with
   * - LinkDownError, LinkBusyError, FrameError, FrameTooLongError: surely not sent;
   * - AnswerTooLongError: done, and the answer cannot come;
   * - LinkLostError: sent, and the answer will not come. It may have been done.
   */
  ask(message: PeerRequest, deadlineAt: number, asker: Asker): void {
    const connection = this.#connection;
    if (connection === undefined) {
      asker.onFailed(this.#downError());
      return;
    }
    if (deadlineAt <= this.#options.clock.monotonic()) {
      asker.onFailed(new LinkDownError(`the deadline passed before ${this.letter} could be asked`));
      return;
    }
    const trafficClass = classOf(message);
    const queue = isWaitingClass(trafficClass) ? this.#queues[trafficClass] : undefined;
    // Who comes later does not overtake those that wait.
    const hasRoom = (queue === undefined || queue.size === 0) && this.#fits(connection, trafficClass);
    if (hasRoom) this.#send(connection, message, deadlineAt, asker);
    else if (queue?.add(message, deadlineAt, asker) !== true) asker.onFailed(this.#busyError());
  }

  /** The same as a promise. */
  request(message: PeerRequest, deadlineAt: number): Promise<PeerAnswer> {
    return new Promise((resolve, reject) => this.ask(message, deadlineAt, { onAnswer: resolve, onFailed: reject }));
  }

  #send(connection: FramedSocket, message: PeerRequest, deadlineAt: number, asker: Asker): void {
    const number = this.#inFlight.add(message, deadlineAt, asker);
    try {
      writeFrame(connection.batch(), 'request', number, this.#mayBeSent.frameBytes, writeRequest, message);
    } catch (error) {
      if (!(error instanceof MagliaError)) throw error;
      this.#inFlight.fail(number, error);
    }
  }

  /** Something was answered or has left. */
  #sendQueued(connection: FramedSocket): void {
    for (const trafficClass of WAITING_CLASSES) {
      const queue = this.#queues[trafficClass];
      while (queue.size > 0 && this.#fits(connection, trafficClass)) {
        const next = queue.next();
        if (next !== undefined) this.#send(connection, next.request, next.deadlineAt, next.asker);
      }
    }
  }

  /** Destroys the connection, if there is one, and dials again at once. */
  drop(reason: string): void {
    if (this.#connection !== undefined) this.#lost(this.#connection, 'lost', reason);
  }

  /** Dials now instead of waiting any longer: the peer is there, it has just called us. */
  nudge(): void {
    this.#dials.nudge();
  }

  /** For good. What is in flight fails. Idempotent; resolves when nothing is open any more. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#enter({ kind: 'closed', why: 'this node is closing' });
    connection?.destroy('the link was closed');
    this.#failQueued(() => new LinkDownError(`the link to ${this.letter} was closed before it could be asked`));
    this.#inFlight.failAll(() => new LinkLostError(`the link to ${this.letter} was closed before the answer came`));
    await Promise.all([this.#dials.close(), connection?.closed]);
  }

  #redial(): void {
    this.#dials.run().catch((error: unknown) => {
      if (!(error instanceof ClosedError)) this.#log.fatal({ err: error }, 'the link dials no more: report this');
    });
  }

  async #dial(signal: AbortSignal): Promise<LinkDownError | HandshakeRefusedError | undefined> {
    const { address, callbacks, clock, hello, isCredible, limits, security, transport } = this.#options;
    this.#enter({ kind: 'dialled', why: `was ${this.#state.kind}: ${this.#state.why}` });
    const outcome = await dialInVersions({
      address,
      security,
      hello: hello(),
      dialMs: limits.dialMs,
      maxFrameBytes: limits.maxFrameBytes,
      lookup: this.#lookup,
      isCredible,
      clock,
      transport,
      signal,
      heirs: this.#heirs,
    });
    if (this.#isClosed) {
      if (outcome.kind === 'up') outcome.connection.destroy('the link was closed');
      return this.#downError();
    }
    if (outcome.kind === 'failed') {
      const { cause, error } = outcome;
      if (error instanceof HandshakeRefusedError) {
        this.#enter({ kind: 'refused', why: error.message, refusal: error.refusal });
      } else {
        this.#enter({ kind: 'failed', why: error.message });
      }
      callbacks.onDialFailed(cause, error);
      return error;
    }
    if (!outcome.connection.isOpen) {
      const error = new LinkDownError(`${this.letter} welcomed us and closed the connection`);
      this.#enter({ kind: 'failed', why: error.message });
      callbacks.onDialFailed('handshake', error);
      return error;
    }
    this.#connection = outcome.connection;
    this.#mayBeSent = mayBeSent(outcome.hello.takes, limits);
    this.#enter({ kind: 'welcomed', why: describeWelcome(outcome.hello), hello: outcome.hello });
    callbacks.onUp(outcome.hello);
    return undefined;
  }

  #answered(connection: FramedSocket, number: number, answer: PeerAnswer): void {
    if (connection !== this.#connection) return;
    checkAnswer(this.letter, answer, this.#options.self, this.#options.isCredible);
    const match = this.#inFlight.settle(number, answer);
    if (match === 'unknown-number') throw new FrameError(`it answers ${number}, which is not asked`);
    if (match === 'wrong-kind-or-id') throw new FrameError(`its answer to ${number} is not of what was asked`);
    this.#sendQueued(connection);
  }

  #unanswered(connection: FramedSocket, number: number, reason: NoAnswerReason): void {
    if (connection !== this.#connection) return;
    if (!this.#inFlight.fail(number, unansweredError(this.letter, reason)))
      throw new FrameError(`it answers ${number}, which is not asked`);
    this.#sendQueued(connection);
  }

  /**
   * A deadline has passed. Before it is held against the peer, one turn of the event loop reads what has already come:
   * the lateness may be our own.
   */
  #judgeDeadlines(): void {
    if (this.#connection === undefined) return;
    if (!this.#inFlight.hasExpired) {
      this.#inFlight.watchOn();
      return;
    }
    this.#lost(this.#connection, 'timeout', `${this.letter} did not answer a request by its deadline`);
  }

  #lost(connection: FramedSocket, cause: DownCause, why: string): void {
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    this.#enter({ kind: 'lost', why });
    connection.destroy(why);
    this.#failQueued(() => new LinkDownError(`the link to ${this.letter} was lost before it could be asked: ${why}`));
    this.#inFlight.failAll(
      () => new LinkLostError(`the link to ${this.letter} was lost before the answer came: ${why}`),
    );
    this.#options.callbacks.onDown(cause, why);
    if (!this.#isClosed) this.#redial();
  }

  #fits(connection: FramedSocket, trafficClass: TrafficClass): boolean {
    const places = placesOf(trafficClass, this.#mayBeSent.commands);
    if (this.#inFlight.sizeOf(trafficClass) >= places) return false;
    return connection.queuedBytes < MAX_QUEUED_BYTES + SHARES[trafficClass].reserveBytes;
  }

  #failQueued(makeError: () => MagliaError): void {
    for (const trafficClass of WAITING_CLASSES) this.#queues[trafficClass].failAll(makeError);
  }

  get #isClosed(): boolean {
    return this.#state.kind === 'closed';
  }

  #busyError(): LinkBusyError {
    const waiting = WAITING_CLASSES.reduce((sum, one) => sum + this.#queues[one].size, 0);
    return new LinkBusyError(
      `${this.inFlight} requests to ${this.letter} are unanswered and ${waiting} wait: ask less, or give more nodes`,
    );
  }

  #downError(): LinkDownError {
    return new LinkDownError(`there is no link to ${this.letter} (${this.#state.kind}): ${this.#state.why}`);
  }

  /** The one place where the state changes. A redial that ends as the last one did is not worth a line of its own. */
  #enter(event: LinkEvent): void {
    const from = this.#state;
    const to = transition(from, event);
    if (to === from) return;
    this.#state = to;
    const isNews = to.kind !== 'dialling' && (to.kind !== this.#settled.kind || to.why !== this.#settled.why);
    if (to.kind !== 'dialling') this.#settled = to;
    const level = !isNews ? 'debug' : to.kind === 'refused' ? 'warn' : 'info';
    const refusal = to.kind === 'refused' ? { refusal: to.refusal } : {};
    this.#log[level]({ from: from.kind, to: to.kind, ...refusal, why: to.why }, 'link: %s -> %s', from.kind, to.kind);
    this.#options.callbacks.onState(from, to);
  }
}
