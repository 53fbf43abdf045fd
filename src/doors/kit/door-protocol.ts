import type { Soon } from '../../soon.ts';

/*
 * What the kit asks of a protocol, and nothing else. The kit has the sockets, the queues, the limits and the order of the
 * replies; the protocol has the bytes, and what a command means.
 *
 * Command: what a client can ask. Reply: what it came to. Shape: how the answer has to look; made by the decoder, read by
 * `encode`, opaque to the kit.
 */

/** Where decoded requests go, one call each, in the order of the wire. Each has one answer, which leaves in that order. */
export interface RequestSink<Command, Reply, Shape> {
  onCommand(command: Command, shape: Shape): void;
  /** Commands that have one answer between them: begun one by one as there is room, and coalesced in their order. */
  onBatch(commands: readonly Command[], shape: Shape, answer: Coalescer<Reply>): void;
  /** The request is refused as it stands; the connection goes on. */
  onRefused(reply: Reply, shape: Shape): void;
  /** Nobody knows where the next request would begin: answer this, then close. Nothing more is decoded. */
  onFatal(reply: Reply, shape: Shape): void;
}

/** Puts the replies to the commands of one batch together. */
export interface Coalescer<Reply> {
  /** The bytes for the next reply, in the order of the commands. */
  next(reply: Reply): readonly Buffer[];
  /** Whether the answer is over before all commands are: what has not been begun need not be. */
  readonly hasFailed: boolean;
  /** The bytes that stand after all of them. */
  end(): readonly Buffer[];
}

/** The bytes of one connection to calls of its sink. Never throws, whatever the bytes are. */
export interface RequestDecoder {
  /** Bytes of a request that has begun and is not whole; or, while paused, of those that wait. */
  readonly heldBytes: number;
  /** Whether a request has begun and is not whole, also where nothing of it is held. */
  readonly isMidRequest: boolean;
  push(chunk: Buffer): void;
  /** No more calls to the sink until `resume`. May be called by the sink. */
  pause(): void;
  resume(): void;
  /** Drops what is held; no call to the sink after this. May be called by the sink. */
  end(): void;
}

/** A protocol as it is spoken with one client; each connection has one of its own. */
export interface DoorProtocol<Command, Reply, Shape> {
  /** Called once. */
  decoderFor(sink: RequestSink<Command, Reply, Shape>): RequestDecoder;
  /** A reply as the bytes to send, in order; none at all where the client asked for silence. Never throws. */
  encode(shape: Shape, reply: Reply): readonly Buffer[];
  /** Has a command carried out. Never rejects. */
  dispatch(command: Command, shape: Shape): Soon<Reply>;
  /** Whether the command sees or changes what all others do, and so waits until those before it are done, and they for it. */
  isBarrier(command: Command): boolean;
  /** Whether the client says with it that it is its last. */
  isLast(command: Command): boolean;
  /** What holds memory in a command, and in a reply. */
  commandBytes(command: Command): number;
  replyBytes(reply: Reply): number;
  /** Whether the client is to be sent away once it has been told why. */
  readonly isTurnedAway: boolean;
  /** The client is gone. */
  close(): void;
}

/** What a door counts for its own protocol's statistics. */
export interface TrafficCounts {
  connected(): void;
  /** There were too many connections. */
  rejected(): void;
  received(bytes: number): void;
  sent(bytes: number): void;
}
