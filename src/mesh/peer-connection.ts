import type { Logger } from 'pino';
import { writeAnswer, writeNoAnswer } from './answer-codec.ts';
import type { Clock, Timer } from '../clock.ts';
import { FrameError, FrameTooLongError } from '../errors.ts';
import type { Letter } from '../session/letter.ts';
import type { Soon } from '../soon.ts';
import { FramedSocket, type Ending, type FramedSocketOwner } from './framed-socket.ts';
import { GREETING_MAX_BYTES, writeFrame } from './frames.ts';
import type { Judgement, Rival } from './handshake.ts';
import { writeHelloAnswer } from './hello-codec.ts';
import { MAX_QUEUED_BYTES, mayBeSent, type MeshLimits } from './limits.ts';
import type { Hello, HelloAnswer, PeerAnswer, PeerRequest } from './message.ts';
import { senderIncarnation } from './sender-incarnation.ts';
import { placesOfAll } from './traffic-class.ts';
import type { MeshSocket, Transport } from './transport.ts';

/** How long a peer may leave its answers unread once they fill the queue. */
const UNREAD_ANSWERS_MS = 5000;

/** However quickly they came together, more unread bytes than these and two of the longest frames end the connection. */
const MAX_UNREAD_BYTES = 16 * MAX_QUEUED_BYTES;

/** Where requests are carried out. `from` is the hello of the node that asks. */
export type RequestHandler = (from: Hello, request: PeerRequest) => Soon<PeerAnswer>;

export interface PeerConnectionParts {
  readonly socket: MeshSocket;
  /** `host:port` of the caller, for logs. */
  readonly from: string;
  readonly limits: MeshLimits;
  readonly handler: RequestHandler;
  readonly clock: Clock;
  readonly endOfTurn: Transport['endOfTurn'];
  readonly log: Logger;
  readonly host: PeerConnectionHost;
}

/** What a connection asks of the one that let it in. */
export interface PeerConnectionHost {
  judge(connection: PeerConnection, hello: Hello): Judgement;
  /** @throws FrameError where the peer names a life that cannot be one. */
  checkClaims(from: Letter, request: PeerRequest): void;
  onWelcomed(connection: PeerConnection, hello: Hello): void;
  /** What to say to a caller that spoke TLS to a port without. */
  refuseTls(connection: PeerConnection): HelloAnswer;
  onClosed(connection: PeerConnection, ending: Ending): void;
}

type Phase =
  | { readonly kind: 'greeting'; readonly deadline: Timer }
  | { readonly kind: 'welcomed'; readonly hello: Hello }
  | { readonly kind: 'ended' };

interface Waiting {
  readonly number: number;
  readonly request: PeerRequest;
}

/**
 * A connection that a peer has dialled. Requests are carried out side by side, and each answer leaves when it is ready;
 * too many at once, or too many unread answers, and nothing more is read until that is better.
 */
export class PeerConnection implements FramedSocketOwner {
  readonly from: string;
  readonly #parts: PeerConnectionParts;
  readonly #connection: FramedSocket;
  #phase: Phase;
  #incarnation = 0;
  #executing = 0;
  #longestAnswer = GREETING_MAX_BYTES;
  /** Requests that came in the chunk after which reading stopped. */
  #waiting: Waiting[] = [];
  #unreadTimer: Timer | undefined;

  constructor(parts: PeerConnectionParts) {
    this.#parts = parts;
    this.from = parts.from;
    const { clock, endOfTurn, limits, socket } = parts;
    const deadline = clock.after(limits.dialMs, () => this.destroy(`no hello within ${limits.dialMs} ms`));
    this.#phase = { kind: 'greeting', deadline };
    this.#connection = new FramedSocket({ socket, owner: this, clock, endOfTurn });
  }

  get closed(): Promise<void> {
    return this.#connection.closed;
  }

  /** Who calls; undefined before the welcome and after the end. */
  get hello(): Hello | undefined {
    return this.#phase.kind === 'welcomed' ? this.#phase.hello : undefined;
  }

  get isGreeting(): boolean {
    return this.#phase.kind === 'greeting';
  }

  get letter(): Letter | undefined {
    return this.hello?.letter;
  }

  /** The peer's life, as it last named it, and how long ago it was heard. */
  get rival(): Rival {
    return { incarnation: this.#incarnation, heardAgoMs: this.#connection.heardAgoMs };
  }

  destroy(why: string): void {
    this.#connection.destroy(why);
  }

  onHello(hello: Hello): void {
    if (this.#phase.kind !== 'greeting') throw new FrameError('a second hello');
    const answer = this.#parts.host.judge(this, hello);
    if (answer.kind === 'refused') {
      this.#refuse(answer);
      return;
    }
    this.#phase.deadline.cancel();
    this.#phase = { kind: 'welcomed', hello };
    this.#incarnation = hello.incarnation;
    this.#connection.settle(answer.version, this.#parts.limits.maxFrameBytes);
    this.#longestAnswer = mayBeSent(hello.takes, this.#parts.limits).frameBytes;
    writeFrame(this.#connection.batch(), 'hello-answer', 0, GREETING_MAX_BYTES, writeHelloAnswer, answer);
    this.#parts.host.onWelcomed(this, hello);
  }

  onRequest(number: number, request: PeerRequest): void {
    if (this.#phase.kind !== 'welcomed') throw new FrameError('a request before the hello');
    this.#parts.host.checkClaims(this.#phase.hello.letter, request);
    this.#incarnation = Math.max(this.#incarnation, senderIncarnation(request) ?? 0);
    if (this.#isFull || this.#waiting.length > 0) {
      this.#waiting.push({ number, request });
      this.#connection.pause();
      return;
    }
    this.#execute(this.#phase.hello, number, request);
  }

  onHelloAnswer(): void {
    throw new FrameError('the dialler answers a hello that nobody said');
  }

  onAnswer(): void {
    throw new FrameError('the dialler answers what nobody asked');
  }

  onNoAnswer(): void {
    throw new FrameError('the dialler answers what nobody asked');
  }

  onMalformed(error: FrameError, isTls: boolean): void {
    if (isTls && this.isGreeting) this.#refuse(this.#parts.host.refuseTls(this));
    else this.destroy(`it sent what cannot be understood: ${error.message}`);
  }

  onDrained(): void {
    this.#unreadTimer?.cancel();
    this.#unreadTimer = undefined;
    this.#readOn();
  }

  onClosed(ending: Ending): void {
    if (this.#phase.kind === 'greeting') this.#phase.deadline.cancel();
    this.#unreadTimer?.cancel();
    this.#waiting = [];
    this.#parts.host.onClosed(this, ending);
    this.#phase = { kind: 'ended' };
  }

  get #isFull(): boolean {
    return (
      this.#executing >= placesOfAll(this.#parts.limits.inFlightPerLink) ||
      this.#connection.queuedBytes >= MAX_QUEUED_BYTES
    );
  }

  #refuse(answer: HelloAnswer): void {
    if (this.#phase.kind === 'greeting') this.#phase.deadline.cancel();
    this.#phase = { kind: 'ended' };
    const why = answer.kind === 'refused' ? answer.explanation : 'refused';
    writeFrame(this.#connection.batch(), 'hello-answer', 0, GREETING_MAX_BYTES, writeHelloAnswer, answer);
    this.#connection.part(why);
  }

  /** What is known at once is answered at once: on a request's way a promise costs more than the rest of it. */
  #execute(hello: Hello, number: number, request: PeerRequest): void {
    let answer: Soon<PeerAnswer>;
    try {
      answer = this.#parts.handler(hello, request);
    } catch (error) {
      this.#failed(number, request, error);
      return;
    }
    if (answer instanceof Promise) this.#await(number, request, answer);
    else this.#answer(number, request, answer);
  }

  #await(number: number, request: PeerRequest, coming: Promise<PeerAnswer>): void {
    this.#executing++;
    const settle = (outcome: () => void): void => {
      this.#executing--;
      outcome();
      this.#readOn();
    };
    coming.then(
      (answer) => settle(() => this.#answer(number, request, answer)),
      (error: unknown) => settle(() => this.#failed(number, request, error)),
    );
  }

  #answer(number: number, request: PeerRequest, answer: PeerAnswer): void {
    try {
      writeFrame(this.#connection.batch(), 'answer', number, this.#longestAnswer, writeAnswer, answer);
    } catch (error) {
      this.#failed(number, request, error);
    }
    this.#watchUnread();
  }

  #failed(number: number, request: PeerRequest, error: unknown): void {
    const isTooLong = error instanceof FrameTooLongError;
    if (isTooLong) this.#parts.log.warn({ err: error, request: request.kind }, 'an answer is too long for a peer');
    else this.#parts.log.error({ err: error, request: request.kind }, 'a request of a peer failed: report this');
    const reason = isTooLong ? 'too-long' : 'failed';
    writeFrame(this.#connection.batch(), 'no-answer', number, GREETING_MAX_BYTES, writeNoAnswer, reason);
  }

  #watchUnread(): void {
    const unread = this.#connection.queuedBytes;
    const { maxFrameBytes } = this.#parts.limits;
    if (unread > MAX_UNREAD_BYTES + 2 * maxFrameBytes) {
      this.destroy(`it left ${unread} bytes of answers unread`);
      return;
    }
    if (unread < MAX_QUEUED_BYTES || !this.#connection.isOpen) return;
    this.#connection.pause();
    this.#unreadTimer ??= this.#parts.clock.after(UNREAD_ANSWERS_MS, () =>
      this.destroy(`it left its answers unread for ${UNREAD_ANSWERS_MS} ms`),
    );
  }

  #readOn(): void {
    while (this.#phase.kind === 'welcomed' && !this.#isFull) {
      const next = this.#waiting.shift();
      if (next === undefined) {
        this.#connection.resume();
        return;
      }
      this.#execute(this.#phase.hello, next.number, next.request);
    }
  }
}
