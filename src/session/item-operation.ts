/*
 * What a memcached client can ask for about one key, once the door has taken it apart: the same for text, meta and
 * binary. Times are relative here, as everywhere between nodes: whole seconds of life, 0 for the default life, and -1
 * for "expired already".
 *
 * A cas is the item's version; 0 equals none.
 */

export type StoreMode = 'set' | 'add' | 'replace' | 'append' | 'prepend' | 'cas';

export type ItemOperation =
  | {
      readonly kind: 'read';
      /** gat, mg T: the life that a hit has from now on; not that of an item made by `vivifySeconds`. */
      readonly touchSeconds?: number;
      /** mg N: a miss stores an empty item with this life and wins it. */
      readonly vivifySeconds?: number;
      /** mg R: the first reader who finds less life than this, before any touch, wins the right to recache. */
      readonly recacheBelowSeconds?: number;
      /** mg: of a stale item, the first such reader wins it. get and gat do not know of winning and leave it to others. */
      readonly canWin: boolean;
      /** mg u: leaves no trace in the item's last access. */
      readonly isPeek: boolean;
    }
  | {
      readonly kind: 'store';
      readonly mode: StoreMode;
      readonly flags: number;
      readonly lifeSeconds: number;
      readonly cas?: number;
      /** ms I, with mode `cas`: with an older cas, store nevertheless, keep the item's life and mark it as stale. */
      readonly isInvalidating: boolean;
      /**
       * The version that this client's last read found, of the item or of the tombstone in its place: what it stores, it has
       * made of that. For S5.
       */
      readonly seen?: number;
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
      /** ma T: the life that the item has from now on; not that of one made by `initial`. */
      readonly touchSeconds?: number;
      readonly cas?: number;
    }
  | { readonly kind: 'touch'; readonly lifeSeconds: number }
  | { readonly kind: 'inspect' }
  /**
   * The strict-mode probe of PHP's memcached extension: creates nothing, and an id that was only reserved (by an empty
   * `add`) is absent. Answered with `exists` or `not-found`.
   */
  | { readonly kind: 'probe' };

/** Whether doing it twice does the same as doing it once. (A read that wins a stale item does not, but costs little.) */
export function isItemRead(operation: ItemOperation): boolean {
  if (operation.kind !== 'read') return operation.kind === 'inspect' || operation.kind === 'probe';
  const { recacheBelowSeconds, touchSeconds, vivifySeconds } = operation;
  return recacheBelowSeconds === undefined && touchSeconds === undefined && vivifySeconds === undefined;
}

export type ItemAnswer =
  | {
      readonly kind: 'hit';
      readonly value: Buffer;
      readonly flags: number;
      readonly cas: number;
      /** After the touch, if any. */
      readonly ttlSeconds: number;
      /** Since the access before this one. */
      readonly lastAccessSeconds: number;
      /** Before this access. */
      readonly wasFetched: boolean;
      readonly isStale: boolean;
      readonly recache?: 'won' | 'taken';
    }
  | {
      readonly kind: 'miss';
      /** To a read, where a tombstone stands: its version. */
      readonly grave?: number;
    }
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
