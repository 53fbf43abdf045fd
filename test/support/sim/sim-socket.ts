import { EventEmitter } from 'node:events';
import type { AcceptedSocket } from '../../../src/mesh/transport.ts';
import type { Pipe, SimNetwork } from './sim-network.ts';
import type { SimProcess } from './sim-process.ts';

export interface SimSocketParts {
  readonly process: SimProcess;
  readonly remote: string;
  readonly local: string;
  /** From where the dialler calls, on the acceptor's side. */
  readonly port?: number;
  /** So much of what is written leaves the process before the other side has read it. */
  readonly kernelBytes: number;
  readonly sends: Pipe;
  readonly receives: Pipe;
  readonly network: SimNetwork;
}

/** From this on `write` asks for patience, as in Node.js. */
const HIGH_WATER_BYTES = 16_384;
/** What one read takes at most. */
const READ_BYTES = 65_536;

/** So often what a closed socket had handed to its kernel still arrives; else the other side gets a reset. */
const ORDERLY = 0.5;

/**
 * One end of a connection, with the manners of a `net.Socket`. What is written goes to the kernel as far as that has room, and
 * over the network in pieces; at the other end it waits in the kernel until the process reads, in one chunk if it can.
 */
export class SimSocket extends EventEmitter implements AcceptedSocket {
  readonly #parts: SimSocketParts;
  #peer: SimSocket | undefined;
  #isConnecting: boolean;
  #isGone = false;
  #isClosed = false;
  readonly #written: Buffer[] = [];
  #writtenBytes = 0;
  #isDrainDue = false;
  /** `due`: after what was written. */
  #fin: 'none' | 'due' | 'sent' = 'none';
  /** Of what we sent: not read by the other side yet. */
  #unreadThere = 0;
  #arrived: Buffer[] = [];
  /** Of what arrived: given back by `unshift`, and not the kernel's any more. */
  #givenBack = 0;
  #isReadDue = false;
  #isPaused = false;
  #hasEnded: 'no' | 'fin' | 'told' | 'reset' = 'no';

  /** The dialler's, unless a port is named. */
  constructor(parts: SimSocketParts) {
    super();
    this.#parts = parts;
    this.#isConnecting = parts.port === undefined;
    parts.process.onDeath(() => this.#die());
  }

  get closed(): boolean {
    return this.#isClosed;
  }

  get writableLength(): number {
    return this.#writtenBytes;
  }

  get remoteAddress(): string | undefined {
    return this.#isGone ? undefined : this.#parts.remote;
  }

  get remotePort(): number | undefined {
    return this.#isGone ? undefined : this.#parts.port;
  }

  get localAddress(): string | undefined {
    return this.#isGone ? undefined : this.#parts.local;
  }

  setNoDelay(): void {
    // Nothing here waits for more to send.
  }

  setKeepAlive(): void {
    // Of a peer that is gone without a word the links hear by their deadlines, long before.
  }

  write(bytes: Buffer): boolean {
    if (this.#isGone || this.#fin !== 'none') return false;
    this.#written.push(Buffer.from(bytes));
    this.#writtenBytes += bytes.length;
    this.#pump();
    this.#isDrainDue ||= this.#writtenBytes >= HIGH_WATER_BYTES;
    return !this.#isDrainDue;
  }

  end(): void {
    if (this.#isGone || this.#fin !== 'none') return;
    this.#fin = 'due';
    this.#pump();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    queueMicrotask(() => this.#read());
  }

  unshift(bytes: Buffer): void {
    this.#arrived.unshift(bytes);
    this.#givenBack += bytes.length;
  }

  destroy(): void {
    if (this.#isGone) return;
    this.#hangUp(this.#parts.network.random.chance(ORDERLY));
    queueMicrotask(() => this.#tellClosed());
  }

  resetAndDestroy(): void {
    if (this.#isGone) return;
    this.#hangUp(false);
    queueMicrotask(() => this.#tellClosed());
  }

  /** The two ends of a connection. */
  meets(peer: SimSocket): void {
    this.#peer = peer;
    peer.#peer = this;
  }

  connected(): void {
    this.#parts.process.deliver('input', () => {
      if (this.#isGone) return;
      this.#isConnecting = false;
      this.emit('connect');
      this.#pump();
    });
  }

  refused(): void {
    this.#parts.process.deliver('input', () => this.#fail('ECONNREFUSED'));
  }

  #pump(): void {
    const { kernelBytes, network, sends } = this.#parts;
    const peer = this.#peer;
    if (this.#isGone || this.#isConnecting || peer === undefined) return;
    for (let next = this.#written[0]; next !== undefined; next = this.#written[0]) {
      const room = kernelBytes - this.#unreadThere;
      if (room <= 0) {
        network.count('connection: no room to write');
        return;
      }
      const piece = next.subarray(0, network.pieceOf(Math.min(room, next.length)));
      if (piece.length < next.length) network.count('connection: in pieces');
      if (piece.length === next.length) this.#written.shift();
      else this.#written[0] = next.subarray(piece.length);
      this.#writtenBytes -= piece.length;
      this.#unreadThere += piece.length;
      sends.send(() => peer.#arrives(piece));
    }
    if (this.#fin === 'due') {
      this.#fin = 'sent';
      sends.send(() => peer.#finArrives());
    }
    if (!this.#isDrainDue) return;
    this.#isDrainDue = false;
    this.#parts.process.deliver('input', () => {
      if (!this.#isGone) this.emit('drain');
    });
  }

  #arrives(piece: Buffer): void {
    if (this.#isGone) {
      this.#answerWithReset();
      return;
    }
    this.#arrived.push(piece);
    this.#readSoon();
  }

  #finArrives(): void {
    if (this.#isGone) {
      this.#forgetIfOver();
      return;
    }
    if (this.#hasEnded !== 'no') return;
    this.#hasEnded = 'fin';
    this.#readSoon();
  }

  #resetArrives(): void {
    if (this.#isGone) {
      this.#forgetIfOver();
      return;
    }
    this.#hasEnded = 'reset';
    this.#readSoon();
  }

  #readSoon(): void {
    if (this.#isReadDue) return;
    this.#isReadDue = true;
    this.#parts.process.deliver('input', () => {
      this.#isReadDue = false;
      this.#read();
    });
  }

  #read(): void {
    while (!this.#isGone && !this.#isPaused && this.#arrived.length > 0) {
      if (this.#arrived.length > 1) this.#parts.network.count('connection: read at once');
      const all = this.#arrived.length === 1 ? this.#arrived[0] : Buffer.concat(this.#arrived);
      if (all === undefined) return;
      const chunk = all.subarray(0, READ_BYTES);
      this.#arrived = chunk.length < all.length ? [all.subarray(READ_BYTES)] : [];
      const fromKernel = Math.max(0, chunk.length - this.#givenBack);
      this.#givenBack -= chunk.length - fromKernel;
      const peer = this.#peer;
      if (peer !== undefined) peer.#isReadThere(fromKernel);
      this.emit('data', chunk);
    }
    if (this.#isGone) return;
    if (this.#hasEnded === 'reset') {
      this.#parts.network.count('connection: reset');
      this.#fail('ECONNRESET');
    }
    if (this.#hasEnded === 'fin' && !this.#isPaused) {
      this.#hasEnded = 'told';
      this.#parts.network.count('connection: ended');
      this.emit('end');
      // As a socket does that is not to stay half open.
      this.end();
    }
  }

  #isReadThere(bytes: number): void {
    this.#unreadThere -= bytes;
    this.#pump();
  }

  #fail(code: string): void {
    if (this.#isGone) return;
    this.#vanish();
    this.emit('error', Object.assign(new Error(code), { code }));
    this.#tellClosed();
  }

  #tellClosed(): void {
    if (this.#isClosed || this.#parts.process.isDead) return;
    this.#isClosed = true;
    this.emit('close');
  }

  /** The kernel closes what a process leaves behind; of a machine without power nothing comes at all. */
  #die(): void {
    const { network, sends } = this.#parts;
    if (this.#isGone) return;
    if (network.isDark(sends.from)) {
      this.#vanish();
      sends.discard();
    } else this.#hangUp(network.random.chance(ORDERLY));
  }

  #hangUp(isOrderly: boolean): void {
    const { network, receives, sends } = this.#parts;
    const peer = this.#peer;
    const wasFinSent = this.#fin === 'sent';
    this.#vanish();
    if (peer === undefined) {
      sends.discard();
      receives.discard();
    } else if (isOrderly) {
      if (!wasFinSent) sends.send(() => peer.#finArrives());
    } else {
      // Where the way is cut it never comes, and the other side hears of it when it sends something.
      sends.discard();
      if (!network.isCut(sends.from, sends.to)) network.world.after(network.delayMs(), () => peer.#resetArrives());
    }
  }

  #answerWithReset(): void {
    const { network, sends } = this.#parts;
    const peer = this.#peer;
    if (peer === undefined || network.isCut(sends.from, sends.to)) return;
    network.world.after(network.delayMs(), () => peer.#resetArrives());
  }

  #vanish(): void {
    this.#isGone = true;
    this.#written.length = 0;
    this.#writtenBytes = 0;
    this.#arrived = [];
  }

  /** Both ends know that it is over: nothing else is to come. */
  #forgetIfOver(): void {
    const peer = this.#peer;
    if (peer === undefined || !peer.#isGone) return;
    this.#parts.sends.discard();
    this.#parts.receives.discard();
  }
}
