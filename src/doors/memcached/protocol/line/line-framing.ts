import type { ChunkQueue } from '../../../kit/chunk-queue.ts';
import type { MemcachedStore } from '../command.ts';
import type { CommandSink } from '../command-sink.ts';
import type { Framing, Step } from '../framing.ts';
import type { ProtocolLimits } from '../limits.ts';
import { clientError } from '../reply.ts';
import { LINE, SILENT, type ReplyShape } from '../reply-shape.ts';
import { ValuesEncoder } from '../text/values-encoder.ts';
import { parseLine } from './line-commands.ts';
import type { LineRequest, StoreHead } from './line-request.ts';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = '\r';
const LINE_END = '\r\n';

/** With a space after it: what may be longer than other lines. */
const READ_WORD = /^g[ae]ts? /;
const READ_WORD_BYTES = 5;

const LINE_TOO_LONG = clientError('line too long');
const BAD_DATA_CHUNK = clientError('bad data chunk');

type ExpectingLine =
  /** A command line; `scannedBytes` of it are known to have no line feed. */
  | { readonly kind: 'line'; readonly scannedBytes: number }
  | {
      readonly kind: 'value';
      readonly store: StoreHead;
      readonly valueBytes: number;
      readonly shape: ReplyShape;
    }
  /** The line end after a value that was dropped. */
  | { readonly kind: 'dropped-value-end' };

const NEXT_LINE: ExpectingLine = { kind: 'line', scannedBytes: 0 };

/**
 * The text and meta protocols, which share a connection: lines, and after some of them a value of announced length.
 *
 * A line ends with CRLF or with LF alone, as memcached takes it and people at a terminal type it. A value ends with CRLF;
 * where it does not, the client and we disagree about lengths, and what follows may be anybody's bytes: close.
 */
export class LineFraming implements Framing {
  limits: ProtocolLimits;
  readonly #sink: CommandSink;
  #expecting: ExpectingLine = NEXT_LINE;

  constructor(sink: CommandSink, limits: ProtocolLimits) {
    this.#sink = sink;
    this.limits = limits;
  }

  get awaitsValue(): boolean {
    return this.#expecting.kind !== 'line';
  }

  step(queue: ChunkQueue): Step {
    switch (this.#expecting.kind) {
      case 'line':
        return this.#line(queue, this.#expecting.scannedBytes);
      case 'value':
        return this.#value(queue, this.#expecting);
      case 'dropped-value-end':
        return this.#droppedValueEnd(queue);
    }
  }

  #line(queue: ChunkQueue, scannedBytes: number): Step {
    const feedAt = queue.indexOf(LINE_FEED, scannedBytes);
    const lineBytes = feedAt === -1 ? queue.byteLength : feedAt;
    if (lineBytes > this.limits.lineBytes && lineBytes > this.#allowedBytes(queue)) {
      this.#sink.onFatal(LINE_TOO_LONG, LINE);
      return 'end';
    }
    if (feedAt === -1) {
      this.#expecting = { kind: 'line', scannedBytes: lineBytes };
      return 'wait';
    }
    const text = queue.consumeLatin1(lineBytes + 1);
    this.#expecting = NEXT_LINE;
    return this.#handOver(queue, parseLine(wordsOf(text), this.limits));
  }

  #allowedBytes(queue: ChunkQueue): number {
    const isRead = READ_WORD.test(queue.peekLatin1(Math.min(READ_WORD_BYTES, queue.byteLength)));
    return isRead ? this.limits.readLineBytes : this.limits.lineBytes;
  }

  #handOver(queue: ChunkQueue, request: LineRequest): Step {
    switch (request.kind) {
      case 'command':
        this.#sink.onCommand(request.command, request.shape);
        return request.command.kind === 'quit' ? 'end' : 'again';
      case 'reads':
        this.#sink.onBatch(request.reads, request.shape, new ValuesEncoder(request.shape));
        return 'again';
      case 'store':
        this.#expecting = {
          kind: 'value',
          store: request.store,
          valueBytes: request.valueBytes,
          shape: request.shape,
        };
        return 'again';
      case 'refused':
        if (request.valueBytes !== undefined) {
          queue.skip(request.valueBytes);
          this.#expecting = { kind: 'dropped-value-end' };
        }
        this.#sink.onRefused(request.reply, request.shape);
        return 'again';
      case 'oversized':
        queue.skip(request.valueBytes);
        this.#expecting = { kind: 'dropped-value-end' };
        this.#sink.onCommand({ kind: 'oversized', key: request.key }, request.shape);
        return 'again';
      case 'fatal':
        this.#sink.onFatal(request.reply, request.shape);
        return 'end';
    }
  }

  #value(queue: ChunkQueue, { store, valueBytes, shape }: ExpectingLine & { readonly kind: 'value' }): Step {
    if (queue.byteLength < valueBytes + LINE_END.length) return 'wait';
    const value = queue.consume(valueBytes);
    const end = queue.consumeLatin1(LINE_END.length);
    this.#expecting = NEXT_LINE;
    if (end !== LINE_END) {
      // A quiet meta store hears of errors, a text store with noreply of nothing.
      this.#sink.onFatal(BAD_DATA_CHUNK, shape);
      return 'end';
    }
    this.#sink.onCommand(withValue(store, value), shape);
    return 'again';
  }

  #droppedValueEnd(queue: ChunkQueue): Step {
    if (queue.byteLength < LINE_END.length) return 'wait';
    const end = queue.consumeLatin1(LINE_END.length);
    this.#expecting = NEXT_LINE;
    if (end === LINE_END) return 'again';
    // The request has had its answer; this closes without another.
    this.#sink.onFatal(BAD_DATA_CHUNK, SILENT);
    return 'end';
  }
}

/** Written out: a spread costs more than decoding the line. */
function withValue(store: StoreHead, value: Buffer): MemcachedStore {
  const { cas, exptime, flags, isInvalidating, key, mode } = store;
  return { kind: 'store', mode, key, flags, exptime, cas, isInvalidating, value };
}

/** The words of a line that still has its line end. Only spaces separate words, any number of them. */
function wordsOf(text: string): string[] {
  const end = text.at(-2) === CARRIAGE_RETURN ? -2 : -1;
  const words = text.slice(0, end).split(' ');
  return words.includes('') ? words.filter((word) => word !== '') : words;
}
