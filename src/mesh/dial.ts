import type { Clock, Timer } from '../clock.ts';
import { FrameError, HandshakeRefusedError, LinkDownError, MagliaError } from '../errors.ts';
import { formatAddress, type MeshAddress } from '../session/letter.ts';
import type { IsCredible } from './claimed-lives.ts';
import { FramedSocket, type Ending, type FramedSocketOwner } from './framed-socket.ts';
import { GREETING_MAX_BYTES, writeFrame } from './frames.ts';
import { judgeAnswer } from './handshake.ts';
import { writeHello } from './hello-codec.ts';
import type { HostLookup } from './host-lookup.ts';
import type { Hello, HelloAnswer, NoAnswerReason, PeerAnswer } from './message.ts';
import { codeOf, explainDialError, type MeshSecurity } from './tls.ts';
import type { Transport } from './transport.ts';

/**
 * Why a dial failed. `refused`: the host says that nobody listens there (ECONNREFUSED), which is hard evidence.
 * `unreachable`: no connection. `timeout`: not done within `dialMs`. `handshake`: connected, but not welcomed.
 */
export type DialFailure = 'refused' | 'unreachable' | 'timeout' | 'handshake';

export type DialOutcome =
  | { readonly kind: 'up'; readonly connection: FramedSocket; readonly hello: Hello }
  | {
      readonly kind: 'failed';
      readonly cause: DialFailure;
      readonly error: LinkDownError | HandshakeRefusedError;
    };

export interface DialParts {
  readonly address: MeshAddress;
  readonly security: MeshSecurity;
  readonly hello: Hello;
  readonly dialMs: number;
  readonly maxFrameBytes: number;
  readonly isCredible: IsCredible;
  readonly lookup: HostLookup;
  readonly clock: Clock;
  readonly transport: Transport;
  /** Gives the dial up. */
  readonly signal: AbortSignal;
  readonly heirs: DialHeirs;
}

/** Who hears of the connection once it is up. */
export interface DialHeirs {
  onAnswer(connection: FramedSocket, number: number, answer: PeerAnswer): void;
  onNoAnswer(connection: FramedSocket, number: number, reason: NoAnswerReason): void;
  /** What had piled up has left. */
  onDrained(connection: FramedSocket): void;
  onLost(connection: FramedSocket, why: string): void;
}

/** How far a dial has come. */
type Stage = 'connecting' | 'securing' | 'greeting' | 'done';

/** One attempt: TCP, TLS, greeting, under one deadline. Never rejects. */
export function dial(parts: DialParts): Promise<DialOutcome> {
  return new Promise((resolve) => new Dial(parts, resolve));
}

class Dial implements FramedSocketOwner {
  readonly #parts: DialParts;
  readonly #settle: (outcome: DialOutcome) => void;
  readonly #connection: FramedSocket;
  readonly #deadline: Timer;
  readonly #onAbort = (): void => this.#fail('unreachable', 'the link was closed');
  #stage: Stage = 'connecting';

  constructor(parts: DialParts, settle: (outcome: DialOutcome) => void) {
    this.#parts = parts;
    this.#settle = settle;
    const { address, clock, dialMs, hello, lookup, security, signal, transport } = parts;
    const { socket, readyEvent } = transport.dial(security, address, hello.letter, lookup.lookup);
    socket.once('connect', () => (this.#stage = 'securing'));
    socket.once(readyEvent, () => this.#greet());
    this.#connection = new FramedSocket({ socket, owner: this, clock, endOfTurn: transport.endOfTurn });
    this.#deadline = clock.after(dialMs, () => this.#timeOut());
    signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  onHelloAnswer(answer: HelloAnswer): void {
    if (this.#stage !== 'greeting') throw new FrameError('a hello is answered that was not said');
    const judged = judgeAnswer(answer, this.#parts.hello, this.#parts.isCredible);
    if (judged.kind === 'refused') {
      this.#refuse(new HandshakeRefusedError(judged.refusal, judged.explanation));
      return;
    }
    this.#finish({ kind: 'up', connection: this.#connection, hello: judged.hello });
    this.#connection.settle(judged.version, this.#parts.maxFrameBytes);
  }

  onAnswer(number: number, answer: PeerAnswer): void {
    if (this.#stage !== 'done') throw new FrameError('an answer comes before the welcome');
    this.#parts.heirs.onAnswer(this.#connection, number, answer);
  }

  onNoAnswer(number: number, reason: NoAnswerReason): void {
    if (this.#stage !== 'done') throw new FrameError('an answer comes before the welcome');
    this.#parts.heirs.onNoAnswer(this.#connection, number, reason);
  }

  onHello(): void {
    throw new FrameError('the acceptor says hello; only the dialler does');
  }

  onRequest(): void {
    throw new FrameError('the acceptor asks on a connection that it did not dial');
  }

  onMalformed(error: FrameError): void {
    this.#connection.destroy(`it sent what cannot be understood: ${error.message}`);
  }

  onDrained(): void {
    if (this.#stage === 'done') this.#parts.heirs.onDrained(this.#connection);
  }

  onClosed({ by, why, error }: Ending): void {
    if (this.#stage === 'done') {
      this.#parts.heirs.onLost(this.#connection, why);
      return;
    }
    const { hello, security } = this.#parts;
    if (this.#stage === 'connecting') {
      this.#unconnected(error);
      return;
    }
    const explanation =
      this.#stage === 'securing' && error !== undefined ? explainDialError(error, hello.letter, hello.to) : undefined;
    if (explanation !== undefined) {
      this.#refuse(new HandshakeRefusedError('wrong-secret', explanation));
      return;
    }
    const hint =
      security.kind === 'plain' && by === 'them'
        ? '; if it has a secret, give one to this node as well, or set mesh.plain on both'
        : '';
    this.#fail('handshake', `${this.#name} does not let us in: ${why}${hint}`, error);
  }

  get #name(): string {
    return `${this.#parts.hello.to} at ${formatAddress(this.#parts.address)}`;
  }

  #greet(): void {
    if (this.#stage === 'done') return;
    this.#stage = 'greeting';
    const { hello } = this.#parts;
    try {
      writeFrame(this.#connection.batch(), 'hello', 0, GREETING_MAX_BYTES, writeHello, hello);
    } catch (error) {
      if (!(error instanceof MagliaError)) throw error;
      this.#fail('handshake', `our own hello cannot be sent: ${error.message}`, error);
    }
  }

  #unconnected(error: Error | undefined): void {
    if (error !== undefined && isRefused(error)) {
      this.#fail('refused', `${this.#name} refuses connections: its daemon does not run there`, error);
    } else {
      this.#fail('unreachable', `${this.#name} cannot be reached: ${reasonOf(error)}`, error);
    }
  }

  #timeOut(): void {
    const { dialMs } = this.#parts;
    const missing = { connecting: 'connected', securing: 'agreed on a key', greeting: 'answered the hello', done: '' };
    this.#fail('timeout', `${this.#name} has not ${missing[this.#stage]} within ${dialMs} ms`);
  }

  #refuse(error: HandshakeRefusedError): void {
    this.#finish({ kind: 'failed', cause: 'handshake', error });
    this.#connection.destroy(error.message);
  }

  #fail(cause: DialFailure, message: string, error?: Error): void {
    this.#finish({ kind: 'failed', cause, error: new LinkDownError(message, { cause: error }) });
    this.#connection.destroy(message);
  }

  #finish(outcome: DialOutcome): void {
    if (this.#stage === 'done') return;
    this.#stage = 'done';
    this.#deadline.cancel();
    this.#parts.signal.removeEventListener('abort', this.#onAbort);
    this.#settle(outcome);
  }
}

/** What the resolver says: EAI_AGAIN where it cannot be asked, ENOTFOUND where nobody has the name. */
const UNRESOLVED: ReadonlySet<string> = new Set(['EAI_AGAIN', 'ENOTFOUND']);

function reasonOf(error: Error | undefined): string {
  if (error === undefined) return 'no connection';
  const code = codeOf(error);
  return UNRESOLVED.has(code) ? `its name does not resolve (${code})` : code || error.message;
}

/** A host name may have several addresses: all of them must refuse, or it is no evidence. */
function isRefused(error: Error): boolean {
  if (error instanceof AggregateError) {
    const errors: readonly unknown[] = error.errors;
    return errors.length > 0 && errors.every((one) => one instanceof Error && isRefused(one));
  }
  return codeOf(error) === 'ECONNREFUSED';
}
