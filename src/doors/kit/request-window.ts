export interface WindowLimits {
  /** Requests that are carried out at the same time. */
  readonly requests: number;
  /** Bytes of replies that wait to be read, or are expected. At least what a socket buffers before it tells of draining. */
  readonly bytes: number;
}

/** How fast a large reply is forgotten by those after it. */
const FADE = 0.9;

/** How many of one client's requests may be under way: not too many, and not more than it reads the replies of. */
export class RequestWindow {
  readonly #limits: WindowLimits;
  #underWay = 0;
  #barriers = 0;
  #requestBytes = 0;
  /** How large the next reply is expected to be, judging by the last ones. */
  #expectedBytes = 0;

  constructor(limits: WindowLimits) {
    this.#limits = limits;
  }

  /** Bytes of requests that are under way. */
  get requestBytes(): number {
    return this.#requestBytes;
  }

  /**
   * Whether one more may be begun.
   *
   * @param isBarrier whether it must be alone
   * @param unreadBytes replies that the client has not read
   */
  hasRoom(isBarrier: boolean, unreadBytes: number): boolean {
    const { bytes, requests } = this.#limits;
    if (this.#barriers > 0 || unreadBytes >= bytes) return false;
    if (this.#underWay === 0) return true;
    if (isBarrier || this.#underWay >= requests) return false;
    return unreadBytes + this.#requestBytes + this.#underWay * this.#expectedBytes < bytes;
  }

  enter(requestBytes: number, isBarrier: boolean): void {
    this.#underWay += 1;
    this.#requestBytes += requestBytes;
    if (isBarrier) this.#barriers += 1;
  }

  leave(requestBytes: number, isBarrier: boolean, replyBytes: number): void {
    this.#underWay -= 1;
    this.#requestBytes -= requestBytes;
    if (isBarrier) this.#barriers -= 1;
    this.#expectedBytes = Math.max(replyBytes, this.#expectedBytes * FADE);
  }
}
