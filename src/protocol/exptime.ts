/**
 * When an item expires, as clients write it: 0 never; negative at once; up to 30 days in seconds from now; above that a
 * moment in Unix time.
 */
export type Exptime = number;

/** Above this, an exptime is a moment and no longer a span. */
export const LONGEST_SPAN_SECONDS = 30 * 24 * 60 * 60;

/** How long something lives from now on. */
export type Life =
  { readonly kind: 'unlimited' } | { readonly kind: 'over' } | { readonly kind: 'limited'; readonly seconds: number };

/** What an exptime means at the moment `nowMs` (milliseconds since the epoch). */
export function lifeOf(exptime: Exptime, nowMs: number): Life {
  if (exptime === 0) return { kind: 'unlimited' };
  const seconds = exptime > LONGEST_SPAN_SECONDS ? exptime - Math.floor(nowMs / 1000) : exptime;
  return seconds > 0 ? { kind: 'limited', seconds } : { kind: 'over' };
}
