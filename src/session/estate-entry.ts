import type { ResetReason } from './record.ts';

/** What a stand-in did with one orphan. Times are relative. */
export type EstateEntry =
  | { readonly kind: 'reset'; readonly id: string }
  | {
      readonly kind: 'succeeded';
      readonly id: string;
      readonly successor: string;
      readonly aliasMs: number;
      /** The orphan itself was destroyed besides (S5). */
      readonly isDestroyed?: boolean;
    }
  | { readonly kind: 'kept'; readonly id: string; readonly record: Buffer; readonly lifeMs: number }
  | { readonly kind: 'buried'; readonly id: string; readonly reason: ResetReason };
