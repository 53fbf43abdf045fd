import type { Duplex } from 'node:stream';
import type { Clock } from '../../clock.ts';
import { Batch } from './batch.ts';
import { ClientWatch, type WatchLimits } from './client-watch.ts';
import { transition, type ClientConnectionPhase } from './connection-phase.ts';
import type { Coalescer, DoorProtocol, RequestDecoder, RequestSink, TrafficCounts } from './door-protocol.ts';
import type { LoopShare, LoopSharer } from './loop-share.ts';
import { OutBuffer } from './out-buffer.ts';
import { ReplyQueue, type Place } from './reply-queue.ts';
import { RequestWindow, type WindowLimits } from './request-window.ts';

/** Requests of one client that are begun in one turn of the event loop; then it is the others' turn. */
const REQUESTS_PER_TURN = 128;

export interface ConnectionLimits extends WindowLimits, WatchLimits {}

/** Why a connection was cut off. */
export type CutReason = 'stalled' | 'idle' | 'memory' | 'fault';

export interface ConnectionOwner {
  /** The bytes that are held for this client have become more, or fewer. */
  onHeldBytes(change: number): void;
  onCut(reason: CutReason, error?: unknown): void;
  /** Once: the last call. */
  onClosed(): void;
}

export interface ConnectionParts<Command, Reply, Shape> {
  readonly protocol: DoorProtocol<Command, Reply, Shape>;
  readonly limits: ConnectionLimits;
  readonly traffic: Pick<TrafficCounts, 'received' | 'sent'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** That all connections share. */
  readonly loop: LoopShare;
  readonly owner: ConnectionOwner;
}

/** What has been decoded and could not be begun yet. At most one: the decoder is paused while there is one. */
type WaitingRequest<Command, Reply, Shape> =
  | { readonly kind: 'command'; readonly command: Command; readonly shape: Shape }
  | { readonly kind: 'batch'; readonly batch: Batch<Command, Reply, Shape> };

/** One client's connection: bytes in, commands to its protocol, replies out, in order. The drawing is in `reply-queue.ts`. */
export class ClientConnection<Command, Reply, Shape> implements RequestSink<Command, Reply, Shape>, LoopSharer {
  readonly #socket: Duplex;
  readonly #parts: ConnectionParts<Command, Reply, Shape>;
  readonly #protocol: DoorProtocol<Command, Reply, Shape>;
  readonly #decoder: RequestDecoder;
  readonly #replies: ReplyQueue<Reply>;
  readonly #window: RequestWindow;
  readonly #watch: ClientWatch;
  readonly #out = new OutBuffer();
  #phase: ClientConnectionPhase = 'open';
  #waiting: WaitingRequest<Command, Reply, Shape> | undefined;
  #begunThisTurn = 0;
  #isTurnEnding = false;
  #heldBytes = 0;

  /** @param socket is still readable when our side has ended, and the other way round */
  constructor(socket: Duplex, parts: ConnectionParts<Command, Reply, Shape>) {
    this.#socket = socket;
    this.#parts = parts;
    this.#protocol = parts.protocol;
    this.#decoder = parts.protocol.decoderFor(this);
    this.#replies = new ReplyQueue(
      (chunks) => this.#out.push(chunks),
      (reply) => parts.protocol.replyBytes(reply),
    );
    this.#window = new RequestWindow(parts.limits);
    this.#watch = new ClientWatch(parts.limits, parts.clock.monotonic());
    socket.on('data', (chunk: Buffer) => this.#guard(() => this.#read(chunk)));
    socket.on('drain', () => this.#guard(() => this.#goOn()));
    socket.on('end', () => this.#guard(() => this.#goOn()));
    // Nothing to do: 'close' follows.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#closed());
  }

  /** Bytes that we hold for this client: requests that are not whole or not answered, replies that it has not read. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  onCommand(command: Command, shape: Shape): void {
    if (this.#mayBegin(command)) this.#begin(command, shape);
    else {
      this.#waiting = { kind: 'command', command, shape };
      this.#decoder.pause();
    }
    if (!this.#protocol.isLast(command)) return;
    this.#decoder.end();
    this.#apply('last-request');
  }

  onBatch(commands: readonly Command[], shape: Shape, answer: Coalescer<Reply>): void {
    this.#countBegun();
    this.#waiting = { kind: 'batch', batch: new Batch(commands, shape, answer) };
    this.#beginWaiting();
    if (this.#isHeldUp) this.#decoder.pause();
  }

  onRefused(reply: Reply, shape: Shape): void {
    this.#countBegun();
    this.#replies.answer((refusal) => this.#protocol.encode(shape, refusal), reply);
    if (this.#isTurnSpent) this.#decoder.pause();
  }

  onFatal(reply: Reply, shape: Shape): void {
    this.#replies.answer((refusal) => this.#protocol.encode(shape, refusal), reply);
    this.#apply('last-request');
  }

  /** Takes no more requests; answers those that were begun, and then closes. */
  finish(): void {
    this.#takeNoMore();
    if (this.#isDone && this.#replyBytes === 0) this.destroy();
    else this.#endTurnSoon();
  }

  /** Closes now. */
  cut(reason: CutReason, error?: unknown): void {
    if (this.#phase === 'closed') return;
    this.#parts.owner.onCut(reason, error);
    this.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
    this.#closed();
  }

  /** To be called now and then: sends a client away that does not do its part. */
  check(): void {
    this.#account();
    const verdict = this.#watch.judge({
      now: this.#parts.clock.monotonic(),
      isMidRequest: this.#decoder.isMidRequest,
      unreadBytes: this.#socket.writableLength,
      isOwed: this.#replies.length > 0 || this.#waiting !== undefined,
      isLingering: this.#phase === 'lingering',
    });
    if (verdict === 'gone') this.destroy();
    else if (verdict !== 'fine') this.cut(verdict);
  }

  #read(chunk: Buffer): void {
    this.#parts.traffic.received(chunk.length);
    // What comes after the last request is dropped, and does not make the end any later.
    if (this.#phase !== 'open') return;
    this.#watch.heard(this.#parts.clock.monotonic());
    this.#begunThisTurn = 0;
    this.#decoder.push(chunk);
    this.#afterWork();
  }

  /** Something has become free: begins what waited for it, and decodes on. */
  #goOn(): void {
    this.#beginWaiting();
    if (!this.#isHeldUp) this.#decoder.resume();
    this.#afterWork();
  }

  #afterWork(): void {
    if (this.#phase === 'closed') return;
    if (this.#isHeldUp) this.#socket.pause();
    else {
      if (this.#socket.isPaused()) this.#socket.resume();
      if (this.#socket.readableEnded) this.#apply('last-request');
    }
    if (this.#out.byteLength > 0 || this.#isTurnSpent || this.#isDone) this.#endTurnSoon();
    this.#account();
  }

  /** Whether what was decoded last, or may be decoded next, has to wait. */
  get #isHeldUp(): boolean {
    return this.#waiting !== undefined || this.#isTurnSpent;
  }

  /** Whether it is the others' turn. */
  get #isTurnSpent(): boolean {
    return this.#begunThisTurn >= REQUESTS_PER_TURN || this.#parts.loop.isSpent;
  }

  #countBegun(): void {
    this.#begunThisTurn += 1;
    this.#parts.loop.begin();
  }

  /** Whether every request was taken and every reply has left. */
  get #isDone(): boolean {
    return this.#phase === 'finishing' && this.#replies.length === 0 && this.#waiting === undefined;
  }

  /** Replies that are ready and that the client has not read. */
  get #replyBytes(): number {
    return this.#replies.readyBytes + this.#out.byteLength + this.#socket.writableLength;
  }

  #mayBegin(command: Command): boolean {
    if (this.#isTurnSpent) return false;
    return this.#window.hasRoom(this.#protocol.isBarrier(command), this.#replyBytes);
  }

  #beginWaiting(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (waiting.kind === 'batch') this.#beginBatch(waiting.batch);
    else if (this.#mayBegin(waiting.command)) {
      this.#waiting = undefined;
      this.#begin(waiting.command, waiting.shape);
    }
  }

  #beginBatch(batch: Batch<Command, Reply, Shape>): void {
    for (let command = batch.next; command !== undefined; command = batch.next) {
      if (!this.#mayBegin(command)) return;
      batch.advance();
      this.#carryOut(command, batch.shape, batch.encode);
    }
    this.#waiting = undefined;
    this.#replies.append(batch.encodeEnd);
  }

  #begin(command: Command, shape: Shape): void {
    this.#carryOut(command, shape, (reply) => this.#protocol.encode(shape, reply));
    if (this.#protocol.isTurnedAway) this.#takeNoMore();
  }

  #carryOut(command: Command, shape: Shape, encode: Place<Reply>['encode']): void {
    const protocol = this.#protocol;
    this.#countBegun();
    const answer = protocol.dispatch(command, shape);
    if (!(answer instanceof Promise)) {
      this.#replies.answer(encode, answer);
      return;
    }
    const place = this.#replies.reserve(encode);
    const requestBytes = protocol.commandBytes(command);
    const isBarrier = protocol.isBarrier(command);
    this.#window.enter(requestBytes, isBarrier);
    answer.then(
      (reply) =>
        this.#guard(() => {
          this.#window.leave(requestBytes, isBarrier, protocol.replyBytes(reply));
          this.#replies.fill(place, reply);
          this.#goOn();
        }),
      (error: unknown) => this.cut('fault', error),
    );
  }

  #takeNoMore(): void {
    this.#waiting = undefined;
    this.#decoder.end();
    this.#apply('last-request');
  }

  #endTurnSoon(): void {
    if (this.#isTurnEnding) return;
    this.#isTurnEnding = true;
    this.#parts.loop.endTurnSoon(this, this.#begunThisTurn === 0);
  }

  endTurn(): void {
    this.#guard(() => this.#endTurn());
  }

  #endTurn(): void {
    this.#isTurnEnding = false;
    this.#begunThisTurn = 0;
    this.#parts.traffic.sent(this.#out.byteLength);
    this.#out.flush(this.#socket);
    if (this.#isDone) {
      this.#apply('last-reply');
      this.#watch.saidAll(this.#parts.clock.monotonic());
      this.#socket.end();
    }
    this.#goOn();
  }

  #account(): void {
    const isHeld = this.#phase !== 'closed';
    const held = isHeld ? this.#decoder.heldBytes + this.#window.requestBytes + this.#replyBytes : 0;
    const change = held - this.#heldBytes;
    this.#heldBytes = held;
    if (change !== 0) this.#parts.owner.onHeldBytes(change);
  }

  #apply(event: Parameters<typeof transition>[1]): void {
    this.#phase = transition(this.#phase, event);
  }

  /** Whatever goes wrong here is this client's alone, and it gets no more replies: they could be another request's (S0). */
  #guard(work: () => void): void {
    if (this.#phase === 'closed') return;
    try {
      work();
    } catch (error) {
      this.cut('fault', error);
    }
  }

  #closed(): void {
    if (this.#phase === 'closed') return;
    this.#apply('gone');
    this.#takeNoMore();
    this.#replies.clear();
    this.#out.clear();
    this.#account();
    this.#protocol.close();
    this.#parts.owner.onClosed();
  }
}
