/**
 * When an item expires, as clients write it: 0 never; negative at once; up to 30 days in seconds from now; above that a
 * moment in Unix time. The last 30 days before 2^32 are negative numbers that were sent without their sign, as pylibmc
 * and every client of the binary protocol send them.
 */
export type Exptime = number;

/** Above this, an exptime is a moment and no longer a span. */
export const LONGEST_SPAN_SECONDS = 30 * 24 * 60 * 60;

/** From here on, a number of 32 bits is a negative span: -30 days. As a moment it would be in January 2106. */
const FIRST_UNSIGNED_NEGATIVE = 2 ** 32 - LONGEST_SPAN_SECONDS;

/** How long something lives from now on. */
export type Life =
  { readonly kind: 'unlimited' } | { readonly kind: 'over' } | { readonly kind: 'limited'; readonly seconds: number };

/** What an exptime means at the moment `nowMs` (milliseconds since the epoch). */
export function lifeOf(exptime: Exptime, nowMs: number): Life {
  if (exptime === 0) return { kind: 'unlimited' };
  if (exptime >= FIRST_UNSIGNED_NEGATIVE) return { kind: 'over' };
  const seconds = exptime > LONGEST_SPAN_SECONDS ? exptime - Math.floor(nowMs / 1000) : exptime;
  return seconds > 0 ? { kind: 'limited', seconds } : { kind: 'over' };
}
