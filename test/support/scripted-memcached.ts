import { duplexPair, type Duplex } from 'node:stream';
import { readRequests, answerTo, type WireRequest } from './memcached-wire.ts';

const NOOP = 0x0a;

/** One connection as the far side sees it. */
export interface FarSide {
  readonly socket: Duplex;
  readonly requests: WireRequest[];
}

/** A memcached in memory, without a socket: it accepts, answers or keeps silent as a test tells it. */
export class ScriptedMemcached {
  readonly connections: FarSide[] = [];
  /** Whether a dial succeeds, and its NOOP is answered. */
  mode: 'answering' | 'frozen' | 'refusing' | 'closing' = 'answering';
  /** What to do with a request that is not a NOOP; by default nothing. */
  onRequest: (request: WireRequest, far: FarSide) => void = () => undefined;
  /** Whether it closes its side when the client has closed its own. */
  closes = true;

  readonly #unanswered: (() => void)[] = [];

  /** Answers from now on, also what it was asked while it was frozen. */
  thaw(): void {
    this.mode = 'answering';
    for (const answer of this.#unanswered.splice(0)) answer();
  }

  readonly dial = (): Duplex => {
    const [near, socket] = duplexPair();
    const far: FarSide = { socket, requests: [] };
    if (this.mode === 'refusing') {
      near.destroy(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
      return near;
    }
    this.connections.push(far);
    near.once('close', () => socket.destroy());
    readRequests(socket, (request) => this.#take(request, far));
    socket.on('error', () => undefined);
    socket.once('end', () => {
      if (this.closes) socket.end();
    });
    setImmediate(() => near.emit('connect'));
    return near;
  };

  #take(request: WireRequest, far: FarSide): void {
    far.requests.push(request);
    if (this.mode === 'closing') far.socket.end();
    if (request.opcode !== NOOP) this.onRequest(request, far);
    else if (this.mode === 'answering') far.socket.write(answerTo(request));
    else this.#unanswered.push(() => far.socket.write(answerTo(request)));
  }
}

/** Lets everything that is ready to run, run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
