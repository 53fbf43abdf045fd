import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { Command, Read } from '../protocol/command.ts';
import { CommandDecoder } from '../protocol/command-decoder.ts';
import type { CommandSink } from '../protocol/command-sink.ts';
import { encodeReply } from '../protocol/encode-reply.ts';
import { STRANGER_LIMITS, type ProtocolLimits } from '../protocol/limits.ts';
import type { ErrorReply, Reply } from '../protocol/reply.ts';
import type { ReplyShape, ValuesShape } from '../protocol/reply-shape.ts';
import type { ClientDesk } from './client-desk.ts';
import { ClientWatch, type WatchLimits } from './client-watch.ts';
import { transition, type ConnectionPhase } from './connection-phase.ts';
import type { DoorCounts } from './door-counts.ts';
import type { LoopShare, LoopSharer } from './loop-share.ts';
import { OutBuffer } from './out-buffer.ts';
import { ReadBatch } from './read-batch.ts';
import { ReplyQueue, type Place } from './reply-queue.ts';
import { RequestWindow, type WindowLimits } from './request-window.ts';

/** Requests of one client that are begun in one turn of the event loop; then it is the others' turn. */
const REQUESTS_PER_TURN = 128;

const OK: Reply = { kind: 'ok' };

export interface ConnectionLimits extends WindowLimits, WatchLimits {
  readonly protocol: ProtocolLimits;
}

/** Why a connection was cut off. */
export type CutReason = 'stalled' | 'idle' | 'memory' | 'fault';

export interface ConnectionOwner {
  /** The bytes that are held for this client have become more, or fewer. */
  onHeldBytes(change: number): void;
  onCut(reason: CutReason, error?: unknown): void;
  /** Once: the last call. */
  onClosed(): void;
}

export interface ConnectionParts {
  readonly desk: Pick<ClientDesk, 'answer' | 'isBarrier' | 'isStranger' | 'isTurnedAway' | 'close'>;
  readonly limits: ConnectionLimits;
  readonly counts: Pick<DoorCounts, 'add'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** That all connections share. */
  readonly loop: LoopShare;
  readonly owner: ConnectionOwner;
}

/** What has been decoded and could not be begun yet. At most one: the decoder is paused while there is one. */
type Waiting =
  | { readonly kind: 'command'; readonly command: Command; readonly shape: ReplyShape }
  | { readonly kind: 'reads'; readonly batch: ReadBatch };

/** One client's connection: bytes in, commands to its desk, replies out, in order. The drawing is in `reply-queue.ts`. */
export class ClientConnection implements CommandSink, LoopSharer {
  readonly #socket: Duplex;
  readonly #parts: ConnectionParts;
  readonly #decoder: CommandDecoder;
  readonly #replies: ReplyQueue<Reply>;
  readonly #window: RequestWindow;
  readonly #watch: ClientWatch;
  readonly #out = new OutBuffer();
  #phase: ConnectionPhase = 'open';
  #waiting: Waiting | undefined;
  #begunThisTurn = 0;
  #isTurnEnding = false;
  /** It has still to say who it is, and may send little until then. */
  #isStranger: boolean;
  #heldBytes = 0;

  /** @param socket is still readable when our side has ended, and the other way round */
  constructor(socket: Duplex, parts: ConnectionParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#isStranger = parts.desk.isStranger;
    this.#decoder = new CommandDecoder(this, this.#isStranger ? STRANGER_LIMITS : parts.limits.protocol);
    this.#replies = new ReplyQueue((chunks) => this.#out.push(chunks), sizeOf);
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

  onCommand(command: Command, shape: ReplyShape): void {
    if (this.#mayBegin(command)) this.#begin(command, shape);
    else {
      this.#waiting = { kind: 'command', command, shape };
      this.#decoder.pause();
    }
    if (command.kind === 'quit') this.#apply('last-request');
  }

  onReads(reads: readonly Read[], shape: ValuesShape): void {
    this.#countBegun();
    this.#waiting = { kind: 'reads', batch: new ReadBatch(reads, shape) };
    this.#beginWaiting();
    if (this.#isHeldUp) this.#decoder.pause();
  }

  onRefused(reply: ErrorReply, shape: ReplyShape): void {
    this.#countBegun();
    this.#answerAtOnce(reply, (refusal) => encodeReply(shape, refusal));
    if (this.#isTurnSpent) this.#decoder.pause();
  }

  onFatal(reply: ErrorReply, shape: ReplyShape): void {
    this.#answerAtOnce(reply, (refusal) => encodeReply(shape, refusal));
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
    this.#parts.counts.add('bytes_read', chunk.length);
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
    return this.#window.hasRoom(this.#parts.desk.isBarrier(command), this.#replyBytes);
  }

  #beginWaiting(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    if (waiting.kind === 'reads') this.#beginReads(waiting.batch);
    else if (this.#mayBegin(waiting.command)) {
      this.#waiting = undefined;
      this.#begin(waiting.command, waiting.shape);
    }
  }

  #beginReads(batch: ReadBatch): void {
    for (let read = batch.next; read !== undefined; read = batch.next) {
      if (!this.#mayBegin(read)) return;
      batch.advance();
      this.#carryOut(read, batch.shape, batch.encode);
    }
    this.#waiting = undefined;
    this.#answerAtOnce(OK, batch.encodeEnd);
  }

  #begin(command: Command, shape: ReplyShape): void {
    this.#carryOut(command, shape, (reply) => encodeReply(shape, reply));
    if (this.#parts.desk.isTurnedAway) this.#takeNoMore();
    else if (this.#isStranger && !this.#parts.desk.isStranger) this.#welcome();
  }

  #welcome(): void {
    this.#isStranger = false;
    this.#decoder.changeLimits(this.#parts.limits.protocol);
  }

  #carryOut(command: Command, shape: ReplyShape, encode: Place<Reply>['encode']): void {
    const { desk } = this.#parts;
    this.#countBegun();
    const answer = desk.answer(command, shape);
    if (!(answer instanceof Promise)) {
      this.#replies.answer(encode, answer);
      return;
    }
    const place = this.#replies.reserve(encode);
    const requestBytes = command.kind === 'store' ? command.value.length : 0;
    const isBarrier = desk.isBarrier(command);
    this.#window.enter(requestBytes, isBarrier);
    answer.then(
      (reply) =>
        this.#guard(() => {
          this.#window.leave(requestBytes, isBarrier, sizeOf(reply));
          this.#replies.fill(place, reply);
          this.#goOn();
        }),
      (error: unknown) => this.cut('fault', error),
    );
  }

  #answerAtOnce(reply: Reply, encode: Place<Reply>['encode']): void {
    this.#replies.answer(encode, reply);
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
    this.#parts.counts.add('bytes_written', this.#out.byteLength);
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
    this.#parts.desk.close();
    this.#parts.owner.onClosed();
  }
}

/** What holds memory in a reply. */
function sizeOf(reply: Reply): number {
  return reply.kind === 'hit' ? reply.value.length : 0;
}
