/** What a reply turned out to be. */
export interface ReplySink {
  right(): void;
  miss(): void;
  wrong(what: string): void;
}

/**
 * Takes the replies of one connection apart, in the order of the requests. What a reply must be is known from its
 * request, so that a right one is passed over and not parsed.
 */
export interface Replies {
  /** @param key the number of the key in the key space */
  expectGet(key: number): void;
  expectSet(key: number): void;
  /** @param bytes are another's after the call */
  take(bytes: Buffer): void;
}
