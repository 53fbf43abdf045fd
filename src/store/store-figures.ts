/** How full a store is, and what it had to drop. */
export interface StoreFigures {
  readonly items: number;
  /** What the items take up of `limitBytes`. */
  readonly bytes: number;
  readonly limitBytes: number;
  /** Items dropped for want of memory before their life was over, since the store began. */
  readonly evictions: number;
}
