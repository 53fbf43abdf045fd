import type { Measure } from '../measure.ts';

export type LoadTarget = { readonly host: string; readonly port: number } | { readonly path: string };

/** What one run of the load generator is told. */
export interface LoadJob {
  readonly target: LoadTarget;
  /** `http` opens the sessions of these ids; the others get and set `keys`. */
  readonly protocol: 'text' | 'binary' | 'http';
  readonly ids?: readonly string[];
  readonly connections: number;
  /** Requests in flight on each connection. */
  readonly pipeline: number;
  readonly keys: KeySpace;
  readonly valueBytes: number;
  /** The share of gets; the others are sets. */
  readonly getShare: number;
  /** Requests a second in all, sent whether or not answers come; without it, each answer brings the next request. */
  readonly rate?: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** The processes that serve. Their CPU time is read in the moments in which counting begins and ends. */
  readonly servers: readonly number[];
}

/** Session ids of one letter, the same in every run. */
export interface KeySpace {
  readonly letter: string;
  /** What clients put before an id. */
  readonly prefix: string;
  readonly count: number;
}

export interface LoadResult extends Measure {
  /** Gets of keys that had been set and were not found. */
  readonly misses: number;
  /** Replies that were wrong, or no replies at all. */
  readonly errors: number;
  readonly firstError?: string;
}

export type ToGenerator = { readonly kind: 'run'; readonly job: LoadJob };

export type FromGenerator =
  { readonly kind: 'done'; readonly result: LoadResult } | { readonly kind: 'failed'; readonly why: string };
