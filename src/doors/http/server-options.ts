import type { ServerOptions } from 'node:http';

/** How long an HTTP client may take for what, and how much it may send ahead (S6). */
export const SERVER_OPTIONS = {
  /** From the first byte of a request to its last. */
  requestTimeout: 10_000,
  /** For its headers alone; an idle connection that never sent anything as well. */
  headersTimeout: 5000,
  /** How often the two are looked at, so that is how late they can be. */
  connectionsCheckingInterval: 1000,
  /** Between two requests. Longer than the idle time of common client pools, which would else reuse what we close. */
  keepAliveTimeout: 75_000,
  maxHeaderSize: 16_384,
} as const satisfies ServerOptions;

/** A connection on which no byte moves in either direction for so long, a client that reads no answer for one. */
export const SILENCE_MS = 60_000;
