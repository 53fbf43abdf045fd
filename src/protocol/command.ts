import type { Exptime } from './exptime.ts';

/*
 * What the memcached protocols can ask for: classes of operations, whichever protocol they came in. How the answer has
 * to look is in the ReplyShape beside each command.
 *
 * A key is a string with one character per byte (latin1): printable ASCII, and bytes from 0x80 on.
 *
 * A cas value is a number. Ours are safe integers; what a client sends may be any 64-bit value, and one above 2^53-1
 * arrives rounded. It cannot equal one of ours then, rounded or not, and still compares as the larger one.
 */
export type Command =
  | Read
  | Store
  | Oversized
  | Delete
  | MarkStale
  | Arithmetic
  | Touch
  | Inspect
  | Verbosity
  | Stats
  | FlushAll
  | SaslStart
  | SaslStep
  | { readonly kind: 'noop' }
  | { readonly kind: 'version' }
  /** Answer what came before, then close. */
  | { readonly kind: 'quit' }
  | { readonly kind: 'sasl-list' };

export type CommandKind = Command['kind'];

/** Answered with `hit` or `miss`. */
export interface Read {
  readonly kind: 'read';
  readonly key: string;
  /** gat, mg T: the life that a hit has from now on. */
  readonly touch: Exptime | undefined;
  /** mg N: a miss stores an empty item with this life, and is answered as a hit that has won. */
  readonly vivify: Exptime | undefined;
  /** mg R: the first reader who finds less life than this wins the right to recache. */
  readonly recache: Exptime | undefined;
  /** mg u: leaves no trace in the item's last access. */
  readonly isPeek: boolean;
}

export type StoreMode = 'set' | 'add' | 'replace' | 'append' | 'prepend' | 'cas';

/** Answered with `stored`, `not-stored`, `exists` or `not-found`. */
export interface Store {
  readonly kind: 'store';
  readonly mode: StoreMode;
  readonly key: string;
  /** Opaque 32 bits; append and prepend keep the item's own. */
  readonly flags: number;
  /** append and prepend keep the item's own. */
  readonly exptime: Exptime;
  /** Always there with mode `cas`; with append and prepend an extra condition; else undefined. */
  readonly cas: number | undefined;
  /** ms I: with mode `cas` and an older cas than the item's, store nevertheless and mark the item as stale. */
  readonly isInvalidating: boolean;
  /** A view into a received chunk wherever possible: a caller that keeps it for longer than a request copies it. */
  readonly value: Buffer;
}

/**
 * A store whose value is too large to be held, and was passed over. Answered with `too-large`, or with an error where what
 * stands there had to go and may not have gone.
 */
export interface Oversized {
  readonly kind: 'oversized';
  readonly key: string;
}

/** Answered with `deleted`, `not-found` or `exists`. */
export interface Delete {
  readonly kind: 'delete';
  readonly key: string;
  readonly cas: number | undefined;
}

/** md I: keeps the item, marks it as stale and gives it a new cas. Answered with `ok`, `not-found` or `exists`. */
export interface MarkStale {
  readonly kind: 'mark-stale';
  readonly key: string;
  readonly cas: number | undefined;
  readonly exptime: Exptime | undefined;
}

/** Answered with `number`, `not-found`, `exists`, `not-stored` or `non-numeric`. */
export interface Arithmetic {
  readonly kind: 'arithmetic';
  readonly direction: 'incr' | 'decr';
  readonly key: string;
  /** 64 bits; incr wraps round at 2^64, decr stops at 0. */
  readonly delta: bigint;
  /** What a miss stores and answers; undefined: a miss is `not-found`. */
  readonly initial: { readonly value: bigint; readonly exptime: Exptime } | undefined;
  /** ma T: the life from now on of an item that was there. */
  readonly touch: Exptime | undefined;
  readonly cas: number | undefined;
}

/** Answered with `touched` or `not-found`. */
export interface Touch {
  readonly kind: 'touch';
  readonly key: string;
  readonly exptime: Exptime;
}

/** me: what is known about an item. Answered with `hit` or `miss`. */
export interface Inspect {
  readonly kind: 'inspect';
  readonly key: string;
}

/** Answered with `ok`. */
export interface Verbosity {
  readonly kind: 'verbosity';
  readonly level: number;
}

/** Answered with `stats`, `stats-reset` or `unknown-stats`. */
export interface Stats {
  readonly kind: 'stats';
  /** All words after `stats`, with one space between; '' for the general ones. */
  readonly argument: string;
}

/** Answered with `ok` or `flush-refused`. */
export interface FlushAll {
  readonly kind: 'flush-all';
  /** When; 0 and negative: now. */
  readonly exptime: Exptime;
}

/** Answered with `authenticated`, `auth-continue` or `auth-failed`. */
export interface SaslStart {
  readonly kind: 'sasl-start';
  readonly mechanism: string;
  readonly credentials: Buffer;
}

/** The same for the steps after the first. */
export interface SaslStep {
  readonly kind: 'sasl-step';
  readonly mechanism: string;
  readonly credentials: Buffer;
}
