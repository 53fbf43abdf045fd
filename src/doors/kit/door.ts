import type { SocketAddress } from '../../config/config.ts';

/** A way for applications to come in. Not listening yet where it has just been built. */
export interface Door {
  /** As logs and metrics call it. */
  readonly name: string;
  /** Where it listens, with the port that was found where the configured one is 0. */
  readonly addresses: readonly SocketAddress[];
  /** Connections of clients that are open now. */
  readonly connectionCount: number;
  /**
   * Listens on all of its addresses or none.
   *
   * @throws ListenError naming the address that cannot be had
   */
  listen(): Promise<void>;
  /**
   * Takes no more connections nor requests, answers what was begun for up to `CLOSE_GRACE_MS`, then cuts what is left.
   * Idempotent; all callers share one promise.
   */
  close(): Promise<void>;
}

/** How long a door that closes waits for requests in flight: well above what one operation may take. */
export const CLOSE_GRACE_MS = 2000;
