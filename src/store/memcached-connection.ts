import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Response } from 'memjs';
import type { Clock, Timer } from '../clock.ts';
import { StoreUnavailableError } from '../errors.ts';
import { OPCODES, noopRequest, ResponseDecoder } from './memcached-protocol.ts';
import { PendingRequests, type MemcachedRequest } from './pending-requests.ts';

/**
 * One socket's life, from the first request that needs it to the last byte that memcached may still act on.
 *
 * held: waits until its predecessor is gone. dialling, proving: the socket connects; a NOOP waits for its answer. ready: takes
 * commands. draining: given up; nothing is sent or believed any more, and memcached works off what it got. closed.
 */
export type ConnectionState = 'held' | 'dialling' | 'proving' | 'ready' | 'draining' | 'closed';

/**
 * released: the predecessor is gone. connected: the socket is. proven: the NOOP was answered. gaveUp: a deadline passed or
 * bytes made no sense. finished: we want no more. ended: the socket closed.
 */
export type ConnectionEvent = 'released' | 'connected' | 'proven' | 'gaveUp' | 'finished' | 'ended';

const TABLE: Record<ConnectionState, Record<ConnectionEvent, ConnectionState>> = {
  held: {
    released: 'dialling',
    connected: 'held',
    proven: 'held',
    gaveUp: 'held',
    finished: 'closed',
    ended: 'held',
  },
  dialling: {
    released: 'dialling',
    connected: 'proving',
    proven: 'dialling',
    gaveUp: 'closed',
    finished: 'closed',
    ended: 'closed',
  },
  proving: {
    released: 'proving',
    connected: 'proving',
    proven: 'ready',
    // Memcached got a NOOP at most: there is nothing to wait for.
    gaveUp: 'closed',
    finished: 'closed',
    ended: 'closed',
  },
  ready: {
    released: 'ready',
    connected: 'ready',
    proven: 'ready',
    gaveUp: 'draining',
    finished: 'closed',
    ended: 'closed',
  },
  draining: {
    released: 'draining',
    connected: 'draining',
    proven: 'draining',
    gaveUp: 'draining',
    finished: 'closed',
    ended: 'closed',
  },
  closed: {
    released: 'closed',
    connected: 'closed',
    proven: 'closed',
    gaveUp: 'closed',
    finished: 'closed',
    ended: 'closed',
  },
};

export function transition(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  return TABLE[state][event];
}

const BARRIER_OPAQUE = 0xffff_ffff;

export interface MemcachedConnectionOptions {
  readonly dial: () => Duplex;
  readonly clock: Clock;
  /** For each request from when it is submitted, and for connecting. */
  readonly deadlineMs: number;
  /** A socket that was given up is reset after so long if memcached does not close it; never where absent. */
  readonly drainLimitMs?: number | undefined;
  /** Settles when the connection before this one is gone. */
  readonly predecessor: Promise<void>;
  readonly onReady: () => void;
  /** Called once, before its requests fail: submit no more to this connection. */
  readonly onUnusable: (reason: string) => void;
}

/**
 * One socket to memcached, from dial to end. A lost one is never dialled again, so an answer can only reach a request of
 * its own socket (S0), and whatever ends it settles all that is pending.
 *
 * A timed-out write must not land after a newer one (S1). So what was given up is half-closed, and its successor is held
 * until memcached, having carried out all that it got, closes its side: that holds for any memcached, with any number of
 * threads. The successor's first command is a NOOP: only a memcached that answers is given anything to do.
 */
export class MemcachedConnection {
  /** Settles when the socket is closed: memcached does nothing more on its behalf. */
  readonly gone: Promise<void>;
  readonly #options: MemcachedConnectionOptions;
  readonly #decoder: ResponseDecoder;
  readonly #pending = new PendingRequests();
  #state: ConnectionState = 'held';
  #socket: Duplex | undefined;
  #openBy = Infinity;
  /** All requests have the same patience, so one timer for the oldest serves them all. */
  #timer: Timer | undefined;
  #drainTimer: Timer | undefined;
  #lastError: Error | undefined;
  #resolveGone: () => void = () => undefined;
  #onIdle: () => void = () => undefined;

  constructor(options: MemcachedConnectionOptions) {
    this.#options = options;
    this.#decoder = new ResponseDecoder({
      response: (response) => this.#received(response),
      malformed: (reason) => this.#giveUp(`memcached sent bytes that are not its protocol: ${reason}`),
    });
    this.gone = new Promise((resolve) => {
      this.#resolveGone = resolve;
    });
    void options.predecessor.then(() => this.#open());
  }

  get state(): ConnectionState {
    return this.#state;
  }

  submit(request: MemcachedRequest): void {
    if (this.#state === 'draining' || this.#state === 'closed') {
      request.failed(new StoreUnavailableError('the connection to memcached is lost; nothing was sent'));
      return;
    }
    const { clock, deadlineMs } = this.#options;
    if (!this.#pending.add(request, clock.monotonic() + deadlineMs)) return;
    this.#wakeAfter(deadlineMs);
    // setImmediate runs when all sockets that were readable in this turn have been read: the requests of many clients
    // leave in one write. A tick or a microtask would write once per client.
    if (this.#state === 'ready' && this.#pending.unsentCount === 1) setImmediate(() => this.#flush());
  }

  /** Lets what is pending settle, which its deadlines bound, and closes the socket. */
  finish(): Promise<void> {
    this.#onIdle = () => {
      this.#become('finished');
      this.#socket?.destroy();
      if (this.#socket === undefined) this.#ended();
    };
    this.#checkIdle();
    return this.gone;
  }

  #become(event: ConnectionEvent): void {
    this.#state = transition(this.#state, event);
  }

  #open(): void {
    this.#become('released');
    if (this.#state !== 'dialling') return;
    const { clock, deadlineMs, dial } = this.#options;
    this.#openBy = clock.monotonic() + deadlineMs;
    this.#wakeAfter(deadlineMs);
    const socket = dial();
    this.#socket = socket;
    socket.once('connect', () => this.#connected(socket));
    socket.on('data', (chunk: Buffer) => this.#decoder.push(chunk));
    socket.on('error', (error) => {
      this.#lastError = error;
    });
    socket.once('end', () => socket.destroy());
    socket.once('close', () => this.#ended());
  }

  #connected(socket: Duplex): void {
    this.#become('connected');
    if (this.#state === 'proving') socket.write(noopRequest(BARRIER_OPAQUE));
  }

  #received(response: Response): void {
    // What still comes on a socket that we gave up on reaches nobody (S0).
    if (this.#state === 'proving') this.#proven(response);
    else if (this.#state === 'ready') this.#answered(response);
  }

  #proven({ header }: Response): void {
    if (header.opcode !== OPCODES.noop || header.opaque !== BARRIER_OPAQUE || header.status !== 0) {
      this.#giveUp('memcached gave another answer than it was asked for');
      return;
    }
    this.#become('proven');
    this.#options.onReady();
    this.#flush();
  }

  #answered(response: Response): void {
    const request = this.#pending.take(response.header.opaque, response.header.opcode);
    if (request === undefined) {
      this.#giveUp('memcached gave another answer than it was asked for');
      return;
    }
    request.answered(response);
    this.#checkIdle();
  }

  #flush(): void {
    const socket = this.#socket;
    // A socket that has lost its other end says so in a moment; what is kept back now is surely not done.
    if (this.#state !== 'ready' || socket?.writable !== true) return;
    socket.cork();
    this.#pending.send((bytes) => socket.write(bytes));
    socket.uncork();
  }

  #wakeAfter(delayMs: number): void {
    // When this process was late, answers may have arrived: they are read before anybody is judged.
    this.#timer ??= this.#options.clock.after(delayMs, () => setImmediate(() => this.#judge()));
  }

  #judge(): void {
    const { clock, deadlineMs } = this.#options;
    const now = clock.monotonic();
    this.#timer = undefined;
    this.#pending.expireUnsent(now, `memcached could not be reached within ${deadlineMs} ms`);
    this.#checkIdle();
    const dueAt = Math.min(this.#isOpening() ? this.#openBy : Infinity, this.#pending.answerDueAt);
    if (dueAt <= now) {
      this.#giveUp(`memcached did not answer within ${deadlineMs} ms`);
      return;
    }
    const nextAt = Math.min(dueAt, this.#pending.sendDueAt);
    if (nextAt !== Infinity) this.#wakeAfter(nextAt - now);
  }

  #isOpening(): boolean {
    return this.#state === 'dialling' || this.#state === 'proving';
  }

  #giveUp(reason: string): void {
    const before = this.#state;
    this.#become('gaveUp');
    if (this.#state === before) return;
    if (this.#state === 'draining') this.#drain();
    else this.#socket?.destroy();
    this.#lose(reason);
  }

  /** Says to memcached that nothing more comes; it answers by closing, once it has worked off what it got. */
  #drain(): void {
    const { clock, drainLimitMs } = this.#options;
    this.#socket?.end();
    if (drainLimitMs === undefined) return;
    this.#drainTimer = clock.after(drainLimitMs, () => {
      if (this.#socket instanceof Socket) this.#socket.resetAndDestroy();
      else this.#socket?.destroy();
    });
  }

  #ended(): void {
    const wasUsable = this.#isOpening() || this.#state === 'ready';
    this.#become('ended');
    this.#timer?.cancel();
    this.#drainTimer?.cancel();
    this.#resolveGone();
    if (wasUsable) this.#lose(this.#lastError?.message ?? 'memcached closed the connection');
  }

  #lose(reason: string): void {
    // First of all: a request that is made while these fail belongs to the next connection.
    this.#options.onUnusable(reason);
    this.#pending.failAll(reason, this.#lastError);
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.#pending.size === 0) this.#onIdle();
  }
}
