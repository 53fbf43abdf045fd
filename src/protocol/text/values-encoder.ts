import { encodeErrorLine, MISFIT } from '../line/encode-line.ts';
import { isError, type Hit, type Reply } from '../reply.ts';
import type { ValuesShape } from '../reply-shape.ts';

const NOTHING: readonly Buffer[] = [];
const LINE_END = '\r\n';
const END: readonly Buffer[] = [Buffer.from('END\r\n')];
const LAST_LINES = '\r\nEND\r\n';

/** A value up to this size is copied between its lines: one buffer to send instead of three. */
const COPIED_BYTES = 4096;

/**
 * Coalesces the replies to the keys of one get, piece by piece, so that they need not all be held before the first is
 * sent. Call `next` with the reply to each key, in the order of the keys, then `end`.
 *
 * After an error, the client reads no further; a value or an END sent then would be taken for the answer to its next
 * request, which may ask for somebody else's key (S0). So an error line is the last thing that comes out.
 */
export class ValuesEncoder {
  readonly #shape: ValuesShape;
  #state: 'open' | 'failed' = 'open';
  #answered = 0;

  constructor(shape: ValuesShape) {
    this.#shape = shape;
  }

  next(reply: Reply): readonly Buffer[] {
    if (this.#state === 'failed') return NOTHING;
    const key = this.#shape.keys[this.#answered++];
    if (isError(reply)) return this.#fail(encodeErrorLine(reply));
    if (key !== undefined && reply.kind === 'miss') return NOTHING;
    if (key !== undefined && reply.kind === 'hit') {
      return valueBlock(this.#shape, key, reply, LINE_END);
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
export function encodeOnlyValue(shape: ValuesShape, reply: Reply): readonly Buffer[] {
  if (isError(reply)) return encodeErrorLine(reply);
  const [key] = shape.keys;
  if (key === undefined || shape.keys.length > 1) return MISFIT;
  if (reply.kind === 'miss') return END;
  return reply.kind === 'hit' ? valueBlock(shape, key, reply, LAST_LINES) : MISFIT;
}

function valueBlock({ hasCas }: ValuesShape, key: string, { flags, value, cas }: Hit, tail: string): readonly Buffer[] {
  const head = `VALUE ${key} ${flags} ${value.length}${hasCas ? ` ${cas}` : ''}\r\n`;
  if (value.length > COPIED_BYTES) return [Buffer.from(head, 'latin1'), value, Buffer.from(tail, 'latin1')];
  const bytes = Buffer.allocUnsafe(head.length + value.length + tail.length);
  bytes.write(head, 0, 'latin1');
  value.copy(bytes, head.length);
  bytes.write(tail, head.length + value.length, 'latin1');
  return [bytes];
}
