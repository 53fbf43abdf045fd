import { NumberQueue } from './number-queue.ts';
import type { Replies, ReplySink } from './replies.ts';

const HEAD_END = Buffer.from('\r\n\r\n');
const FOUND = Buffer.from('"state":"found"');

/** Answers to `open` over HTTP/1.1, each with its length. A session that was regenerated is a miss. */
export class HttpReplies implements Replies {
  readonly #sink: ReplySink;
  readonly #expected = new NumberQueue();
  #held: Buffer | undefined;

  constructor(sink: ReplySink) {
    this.#sink = sink;
  }

  expectGet(key: number): void {
    this.#expected.push(key);
  }

  /** There are none: `open` alone is measured. */
  expectSet(key: number): void {
    this.#expected.push(key);
  }

  take(piece: Buffer): void {
    const bytes = this.#held === undefined ? piece : Buffer.concat([this.#held, piece]);
    this.#held = undefined;
    let at = 0;
    while (at < bytes.length) {
      const headEnd = bytes.indexOf(HEAD_END, at);
      if (headEnd === -1) break;
      const head = bytes.toString('latin1', at, headEnd);
      const bodyAt = headEnd + HEAD_END.length;
      const end = bodyAt + Number(/\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (end > bytes.length) break;
      this.#judge(head, bytes.subarray(bodyAt, end));
      at = end;
    }
    if (at < bytes.length) this.#held = Buffer.from(bytes.subarray(at));
  }

  #judge(head: string, body: Buffer): void {
    this.#expected.shift();
    if (!head.startsWith('HTTP/1.1 200 ')) this.#sink.wrong(`${head.split('\r\n')[0] ?? ''} ${body.toString()}`);
    else if (body.includes(FOUND)) this.#sink.right();
    else this.#sink.miss();
  }
}
