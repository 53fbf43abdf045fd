import type { Coalescer } from '../../../kit/door-protocol.ts';
import { encodeErrorLine, MISFIT } from '../line/encode-line.ts';
import { isError, type MemcachedHit, type MemcachedReply } from '../reply.ts';
import type { ValuesShape } from '../reply-shape.ts';

const NOTHING: readonly Buffer[] = [];
const LINE_END = Buffer.from('\r\n');
const END: readonly Buffer[] = [Buffer.from('END\r\n')];
const LAST_LINES = Buffer.from('\r\nEND\r\n');

/**
 * Coalesces the replies to the keys of one get, piece by piece, so that they need not all be held before the first is
 * sent. Call `next` with the reply to each key, in the order of the keys, then `end`.
 *
 * After an error, the client reads no further; a value or an END sent then would be taken for the answer to its next
 * request, which may ask for somebody else's key (S0). So an error line is the last thing that comes out.
 */
export class ValuesEncoder implements Coalescer<MemcachedReply> {
  readonly #shape: ValuesShape;
  #state: 'open' | 'failed' = 'open';
  #answered = 0;

  constructor(shape: ValuesShape) {
    this.#shape = shape;
  }

  get hasFailed(): boolean {
    return this.#state === 'failed';
  }

  next(reply: MemcachedReply): readonly Buffer[] {
    if (this.#state === 'failed') return NOTHING;
    const key = this.#shape.keys[this.#answered++];
    if (isError(reply)) return this.#fail(encodeErrorLine(reply));
    if (key !== undefined && reply.kind === 'miss') return NOTHING;
    if (key !== undefined && reply.kind === 'hit') {
      return [headOf(this.#shape, key, reply), reply.value, LINE_END];
    }
    return this.#fail(MISFIT);
  }

  /** END, unless a key is without a reply: END would say that it is a miss. */
  end(): readonly Buffer[] {
    if (this.#state === 'failed') return NOTHING;
    return this.#answered < this.#shape.keys.length ? this.#fail(MISFIT) : END;
  }

  #fail(line: readonly Buffer[]): readonly Buffer[] {
    this.#state = 'failed';
    return line;
  }
}

/** The whole answer to a get of one key; or an error that answers all the keys at once. */
export function encodeOnlyValue(shape: ValuesShape, reply: MemcachedReply): readonly Buffer[] {
  if (isError(reply)) return encodeErrorLine(reply);
  const [key] = shape.keys;
  if (key === undefined || shape.keys.length > 1) return MISFIT;
  if (reply.kind === 'miss') return END;
  return reply.kind === 'hit' ? [headOf(shape, key, reply), reply.value, LAST_LINES] : MISFIT;
}

function headOf({ hasCas }: ValuesShape, key: string, { flags, value, cas }: MemcachedHit): Buffer {
  return Buffer.from(`VALUE ${key} ${flags} ${value.length}${hasCas ? ` ${cas}` : ''}\r\n`, 'latin1');
}
