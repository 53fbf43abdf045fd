import type { MemcachedCommand, MemcachedRead } from './command.ts';
import type { ErrorReply } from './reply.ts';
import type { ReplyShape, ValuesShape } from './reply-shape.ts';

/** Where decoded requests go, one call each, in the order of the wire. Each has one answer, which leaves in that order. */
export interface CommandSink {
  onCommand(command: MemcachedCommand, shape: ReplyShape): void;
  /** A text get of several keys, or of none (`gat 10`): fan out, and coalesce the replies with a ValuesEncoder. */
  onReads(reads: readonly MemcachedRead[], shape: ValuesShape): void;
  /** The request is refused as it stands; the connection goes on. */
  onRefused(reply: ErrorReply, shape: ReplyShape): void;
  /** Nobody knows where the next request would begin: answer this, then close. Nothing more is decoded. */
  onFatal(reply: ErrorReply, shape: ReplyShape): void;
}
