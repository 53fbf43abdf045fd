/*
 * What a command came to, whichever protocol it came in.
 */
export type MemcachedReply =
  | MemcachedHit
  /** Answers a read or inspect. */
  | { readonly kind: 'miss' }
  | { readonly kind: 'stored'; readonly cas: number }
  /** The condition of add, replace, append or prepend does not hold. */
  | { readonly kind: 'not-stored' }
  /** The item has another cas. */
  | { readonly kind: 'exists' }
  /** There is no such item; for everything but reads. */
  | { readonly kind: 'not-found' }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'touched'; readonly flags: number; readonly cas: number }
  | NumberReply
  | { readonly kind: 'ok' }
  /** libmemcached asks for a first number of at least 1, and for at most 31 characters. */
  | { readonly kind: 'version'; readonly version: string }
  | { readonly kind: 'stats'; readonly stats: readonly (readonly [name: string, value: string])[] }
  | { readonly kind: 'stats-reset' }
  /** Names of SASL mechanisms, with one space between. */
  | { readonly kind: 'mechanisms'; readonly names: string }
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'auth-continue'; readonly challenge: Buffer }
  | ErrorReply;

export type MemcachedReplyKind = MemcachedReply['kind'];

export interface MemcachedHit {
  readonly kind: 'hit';
  readonly value: Buffer;
  readonly flags: number;
  /** A safe integer; not 0. */
  readonly cas: number;
  /** Seconds to live; undefined: unlimited. */
  readonly ttlSeconds?: number;
  /** Since the last access before this one. */
  readonly lastAccessSeconds?: number;
  /** Whether it was read before this access. */
  readonly wasFetched?: boolean;
  readonly isStale?: boolean;
  /** Whether this reader won the right to recache the item, or another one has it already. */
  readonly recache?: 'won' | 'taken';
}

/** The value after incr or decr. */
export interface NumberReply {
  readonly kind: 'number';
  readonly value: bigint;
  readonly cas: number;
  /** Seconds to live; undefined: unlimited. */
  readonly ttlSeconds?: number;
  /** Whether a miss stored it just now. memcached tells this one also to those who asked for quiet. */
  readonly isCreated?: boolean;
}

export type ErrorReply =
  | { readonly kind: 'unknown-command' }
  /** The client is to blame; `text` says for what. */
  | { readonly kind: 'client-error'; readonly text: string }
  /** Nothing could be done, or nobody knows whether it was. `code` is a stable word, `text` is for people. */
  | { readonly kind: 'server-error'; readonly code: string; readonly text: string }
  /** The argument of `stats` is none that anybody knows. */
  | { readonly kind: 'unknown-stats' }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'out-of-memory' }
  /** incr or decr of something that is no number. */
  | { readonly kind: 'non-numeric' }
  | { readonly kind: 'flush-refused' }
  | { readonly kind: 'auth-required' }
  | { readonly kind: 'auth-failed' };

const ERROR_KINDS: Readonly<Record<ErrorReply['kind'], true>> = {
  'unknown-command': true,
  'client-error': true,
  'server-error': true,
  'unknown-stats': true,
  'too-large': true,
  'out-of-memory': true,
  'non-numeric': true,
  'flush-refused': true,
  'auth-required': true,
  'auth-failed': true,
};

export function isError(reply: MemcachedReply): reply is ErrorReply {
  return Object.hasOwn(ERROR_KINDS, reply.kind);
}

export const UNKNOWN_COMMAND: ErrorReply = { kind: 'unknown-command' };
export const TOO_LARGE: ErrorReply = { kind: 'too-large' };

/** What the decoder itself answers to a line or packet that it does not understand. */
export function clientError(text: string): ErrorReply {
  return { kind: 'client-error', text };
}
