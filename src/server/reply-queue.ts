/*
 * The two queues of a client's connection.
 *
 *                         requests, in the order of the wire
 *   client ──► socket ──► decoder ──► begun, at most limits.clientRequests at once ──► desk ──► router.dispatch
 *                            ▲            │                                                        │
 *                     paused while no     │ reserve                                           fill │ in any order
 *                     more may be begun   ▼                                                        ▼
 *                                 ┌────────────────────────────────────────────────────────────────────┐
 *   the reply queue:      first ◄─┤  get a: VALUE …   set b: owed   get c: VALUE …   noop: MN            │
 *                                 └────────────────────────────────────────────────────────────────────┘
 *                                     │ leaves as soon      c and the noop are answered, and wait for b
 *                                     ▼ as it is the first
 *   client ◄── socket ◄── one write per turn of the event loop ◄── encoder
 *
 * Replies leave in the order of the requests, whichever is answered first (S0): a place is reserved when a request comes,
 * and what fills a place can leave only from there.
 */

/** One request's place in the line. */
export interface Place<Reply> {
  /** How this request wants to be answered. Called once, when all before it have left. */
  readonly encode: (reply: Reply) => readonly Buffer[];
  reply: Reply | undefined;
}

export class ReplyQueue<Reply> {
  readonly #release: (chunks: readonly Buffer[]) => void;
  readonly #sizeOf: (reply: Reply) => number;
  readonly #places: Place<Reply>[] = [];
  #readyBytes = 0;

  /**
   * @param release takes the bytes of each reply as it leaves
   * @param sizeOf how many bytes a reply holds until then
   */
  constructor(release: (chunks: readonly Buffer[]) => void, sizeOf: (reply: Reply) => number) {
    this.#release = release;
    this.#sizeOf = sizeOf;
  }

  /** Replies that have not left. */
  get length(): number {
    return this.#places.length;
  }

  /** Bytes of replies that wait for those before them. */
  get readyBytes(): number {
    return this.#readyBytes;
  }

  reserve(encode: (reply: Reply) => readonly Buffer[]): Place<Reply> {
    const place: Place<Reply> = { encode, reply: undefined };
    this.#places.push(place);
    return place;
  }

  /** Answers a request that has no place: at once where nobody waits before it. */
  answer(encode: (reply: Reply) => readonly Buffer[], reply: Reply): void {
    if (this.#places.length === 0) this.#release(encode(reply));
    else this.fill(this.reserve(encode), reply);
  }

  /** Answers the request of this place. Whatever can leave now does. A place that has been answered stays as it is. */
  fill(place: Place<Reply>, reply: Reply): void {
    if (place.reply !== undefined) return;
    place.reply = reply;
    this.#readyBytes += this.#sizeOf(reply);
    for (;;) {
      const [first] = this.#places;
      if (first?.reply === undefined) return;
      this.#places.shift();
      this.#readyBytes -= this.#sizeOf(first.reply);
      this.#release(first.encode(first.reply));
    }
  }

  /** Forgets everything: what is filled afterwards goes nowhere. */
  clear(): void {
    this.#places.length = 0;
    this.#readyBytes = 0;
  }
}
