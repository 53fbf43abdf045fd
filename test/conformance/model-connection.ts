import type { MemcachedCommand, MemcachedRead } from '../../src/doors/memcached/protocol/command.ts';
import { CommandDecoder } from '../../src/doors/memcached/protocol/command-decoder.ts';
import type { CommandSink } from '../../src/doors/memcached/protocol/command-sink.ts';
import { encodeReply } from '../../src/doors/memcached/protocol/encode-reply.ts';
import { DEFAULT_LIMITS, type ProtocolLimits } from '../../src/doors/memcached/protocol/limits.ts';
import type { ErrorReply } from '../../src/doors/memcached/protocol/reply.ts';
import type { ReplyShape, ValuesShape } from '../../src/doors/memcached/protocol/reply-shape.ts';
import type { ValuesEncoder } from '../../src/doors/memcached/protocol/text/values-encoder.ts';
import { ModelMemcached } from './model-memcached.ts';
import type { Answer } from './scenario.ts';

/** One connection to a model memcached, bytes to bytes, without a socket. */
export class ModelConnection implements CommandSink {
  readonly #memcached: ModelMemcached;
  readonly #decoder: CommandDecoder;
  #replies: Buffer[] = [];

  constructor(memcached = new ModelMemcached(), limits: ProtocolLimits = DEFAULT_LIMITS) {
    this.#memcached = memcached;
    this.#decoder = new CommandDecoder(this, limits);
  }

  get heldBytes(): number {
    return this.#decoder.heldBytes;
  }

  /** Sends bytes in these pieces, and takes what has been answered. */
  send(...chunks: readonly Buffer[]): Answer {
    for (const chunk of chunks) this.#decoder.push(chunk);
    const bytes = Buffer.concat(this.#replies).toString('latin1');
    this.#replies = [];
    return { bytes, closes: this.#decoder.hasEnded };
  }

  onCommand(command: MemcachedCommand, shape: ReplyShape): void {
    this.#replies.push(...encodeReply(shape, this.#memcached.execute(command)));
  }

  onBatch(reads: readonly MemcachedRead[], _shape: ValuesShape, values: ValuesEncoder): void {
    for (const read of reads) this.#replies.push(...values.next(this.#memcached.execute(read)));
    this.#replies.push(...values.end());
  }

  onRefused(reply: ErrorReply, shape: ReplyShape): void {
    this.#replies.push(...encodeReply(shape, reply));
  }

  onFatal(reply: ErrorReply, shape: ReplyShape): void {
    this.#replies.push(...encodeReply(shape, reply));
  }
}
