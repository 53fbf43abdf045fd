/*
 * What a memcached client can ask for about one key, once the door has taken it apart: the same for text, meta and
 * binary. Times are relative here, as everywhere between nodes: whole seconds of life, 0 for the default life, and -1
 * for "expired already".
 */

export type StoreMode = 'set' | 'add' | 'replace' | 'append' | 'prepend' | 'cas';

export type ItemOperation =
  | {
      readonly kind: 'read';
      /** gat, mg T: the life that a hit has from now on. */
      readonly touchSeconds?: number;
      /** mg N: a miss stores an empty item with this life and wins it. */
      readonly vivifySeconds?: number;
      /** mg R: the first reader who finds less life than this wins the right to recache. */
      readonly recacheBelowSeconds?: number;
      /** mg u: leaves no trace in the item's last access. */
      readonly isPeek: boolean;
    }
  | {
      readonly kind: 'store';
      readonly mode: StoreMode;
      readonly flags: number;
      readonly lifeSeconds: number;
      readonly cas?: number;
      /** ms I: with an older cas, store nevertheless and mark the item as stale. */
      readonly isInvalidating: boolean;
      readonly value: Buffer;
    }
  | { readonly kind: 'delete'; readonly cas?: number }
  | { readonly kind: 'mark-stale'; readonly cas?: number; readonly lifeSeconds?: number }
  | {
      readonly kind: 'arithmetic';
      readonly direction: 'incr' | 'decr';
      /** 64 bits, unsigned. */
      readonly delta: bigint;
      /** What a miss stores and answers. */
      readonly initial?: { readonly value: bigint; readonly lifeSeconds: number };
      readonly touchSeconds?: number;
      readonly cas?: number;
    }
  | { readonly kind: 'touch'; readonly lifeSeconds: number }
  | { readonly kind: 'inspect' }
  /** The strict-mode probe of PHP's memcached extension: creates nothing, and a zero-length placeholder is absent. */
  | { readonly kind: 'probe' };

export type ItemAnswer =
  | {
      readonly kind: 'hit';
      readonly value: Buffer;
      readonly flags: number;
      readonly cas: number;
      readonly ttlSeconds: number;
      readonly lastAccessSeconds: number;
      readonly wasFetched: boolean;
      readonly isStale: boolean;
      readonly recache?: 'won' | 'taken';
    }
  | { readonly kind: 'miss' }
  | { readonly kind: 'stored'; readonly cas: number }
  | { readonly kind: 'not-stored' }
  /** It has another cas; or, to a probe, it is there. */
  | { readonly kind: 'exists' }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'touched'; readonly flags: number; readonly cas: number }
  | {
      readonly kind: 'number';
      readonly value: bigint;
      readonly cas: number;
      readonly ttlSeconds: number;
      readonly isCreated: boolean;
    }
  | { readonly kind: 'non-numeric' }
  | { readonly kind: 'ok' };
