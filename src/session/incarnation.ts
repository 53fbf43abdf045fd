/**
 * Lives are named by the millisecond in which they begin, and versions are a thousand times that (`version.ts`). Beyond this
 * number, in the year 2223, versions would soon leave the safe integers: no node takes such a life, and none believes one.
 */
export const MAX_INCARNATION = 8_000_000_000_000;

/**
 * Nobody's clock is further ahead of ours. One that was set a day too far is still believed, also where ours is behind by what
 * clocks commonly are.
 */
const MAX_AHEAD_MS = 2 * 86_400_000;

/** A life that is ahead of all clocks can only have been followed by so few that we know nothing of. */
const MAX_UNSEEN_LIVES = 1000;

export function isIncarnation(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_INCARNATION;
}

/**
 * Whether a life that somebody names can be one: a number from a peer is a claim, and one that is far too high would spoil the
 * letter, whose later lives all have to be higher.
 *
 * @param known the latest life of that letter that we know
 */
export function isCredibleLife(incarnation: number, known: number, now: number): boolean {
  return isIncarnation(incarnation) && incarnation <= Math.max(now + MAX_AHEAD_MS, known + MAX_UNSEEN_LIVES);
}
