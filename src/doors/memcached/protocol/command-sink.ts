import type { RequestSink } from '../../kit/door-protocol.ts';
import type { MemcachedCommand, MemcachedRead } from './command.ts';
import type { ErrorReply, MemcachedReply } from './reply.ts';
import type { ReplyShape, ValuesShape } from './reply-shape.ts';
import type { ValuesEncoder } from './text/values-encoder.ts';

/** Where decoded requests go: the kit's sink, with what this protocol has for it. */
export interface CommandSink extends Pick<RequestSink<MemcachedCommand, MemcachedReply, ReplyShape>, 'onCommand'> {
  /** A text get of several keys, or of none (`gat 10`). */
  onBatch(reads: readonly MemcachedRead[], shape: ValuesShape, answer: ValuesEncoder): void;
  onRefused(reply: ErrorReply, shape: ReplyShape): void;
  onFatal(reply: ErrorReply, shape: ReplyShape): void;
}
