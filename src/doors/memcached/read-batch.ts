import type { MemcachedRead } from './protocol/command.ts';
import { isError, type MemcachedReply } from './protocol/reply.ts';
import type { ValuesShape } from './protocol/reply-shape.ts';
import { ValuesEncoder } from './protocol/text/values-encoder.ts';

/**
 * A text get of several keys: fanned out key by key, as there is room, and coalesced in their order. If one of them cannot
 * be answered, the get as a whole fails: leaving the key out would say that it is a miss (S3).
 */
export class ReadBatch {
  readonly shape: ValuesShape;
  readonly #reads: readonly MemcachedRead[];
  readonly #encoder: ValuesEncoder;
  #begun = 0;

  constructor(reads: readonly MemcachedRead[], shape: ValuesShape) {
    this.shape = shape;
    this.#reads = reads;
    this.#encoder = new ValuesEncoder(shape);
  }

  /** The next read to begin; undefined when all are, or when one has failed and the others are not worth it. */
  get next(): MemcachedRead | undefined {
    return this.#reads[this.#begun];
  }

  /** The next read has been begun. */
  advance(): void {
    this.#begun += 1;
  }

  /** For the replies to the reads, in their order. */
  readonly encode = (reply: MemcachedReply): readonly Buffer[] => {
    if (isError(reply)) this.#begun = this.#reads.length;
    return this.#encoder.next(reply);
  };

  /** For what stands after all of them. */
  readonly encodeEnd = (): readonly Buffer[] => this.#encoder.end();
}
