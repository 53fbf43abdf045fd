import type { MemcachedCommand, MemcachedRead } from '../../../../../src/doors/memcached/protocol/command.ts';
import { CommandDecoder } from '../../../../../src/doors/memcached/protocol/command-decoder.ts';
import type { CommandSink } from '../../../../../src/doors/memcached/protocol/command-sink.ts';
import { DEFAULT_LIMITS, type ProtocolLimits } from '../../../../../src/doors/memcached/protocol/limits.ts';
import type { ErrorReply } from '../../../../../src/doors/memcached/protocol/reply.ts';
import type { ReplyShape, ValuesShape } from '../../../../../src/doors/memcached/protocol/reply-shape.ts';

export type Decoded =
  | { readonly on: 'command'; readonly command: MemcachedCommand; readonly shape: ReplyShape }
  | { readonly on: 'reads'; readonly reads: readonly MemcachedRead[]; readonly shape: ValuesShape }
  | { readonly on: 'refused' | 'fatal'; readonly reply: ErrorReply; readonly shape: ReplyShape };

/** Notes what a decoder calls. */
export class RecordingSink implements CommandSink {
  readonly decoded: Decoded[] = [];

  get commands(): MemcachedCommand[] {
    return this.decoded.flatMap((entry) => (entry.on === 'command' ? [entry.command] : []));
  }

  onCommand(command: MemcachedCommand, shape: ReplyShape): void {
    this.decoded.push({ on: 'command', command, shape });
  }

  onBatch(reads: readonly MemcachedRead[], shape: ValuesShape): void {
    this.decoded.push({ on: 'reads', reads, shape });
  }

  onRefused(reply: ErrorReply, shape: ReplyShape): void {
    this.decoded.push({ on: 'refused', reply, shape });
  }

  onFatal(reply: ErrorReply, shape: ReplyShape): void {
    this.decoded.push({ on: 'fatal', reply, shape });
  }
}

/** What comes out of these chunks, on a connection of their own. */
export function decode(chunks: readonly Buffer[], limits: ProtocolLimits = DEFAULT_LIMITS): Decoded[] {
  const sink = new RecordingSink();
  const decoder = new CommandDecoder(sink, limits);
  for (const chunk of chunks) decoder.push(chunk);
  return sink.decoded;
}

/** The same bytes cut at these places; a place beyond the end cuts nothing. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const inside = places.filter((place) => place > 0 && place < bytes.length);
  const sorted = [0, ...new Set(inside.sort((a, b) => a - b)), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

export function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
