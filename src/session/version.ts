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

/** No record has a higher one: beyond it the integers would soon not be safe. */
export const MAX_VERSION = MAX_INCARNATION * 1000;

/**
 * Draws the versions of one node's records. They grow with every write, never repeat for one id even when it is
 * destroyed and kept again, and stay in the safe integers until the year 2223 and long after (`MAX_INCARNATION`).
 *
 * Drawing starts at a moment (milliseconds) times 1000, so that a restarted node goes on above all that it ever gave, unless
 * it wrote more than a million records each second of its former life.
 */
export class Versions {
  #last: number;

  constructor(beginAt: number) {
    this.#last = beginAt * 1000;
  }

  /** The node lives on under this incarnation. */
  raise(incarnation: number): void {
    this.#last = Math.max(this.#last, incarnation * 1000);
  }

  /** By how many milliseconds the versions are ahead of this moment, as records that came from elsewhere may have made them. */
  leadOver(moment: number): number {
    return Math.max(0, Math.ceil(this.#last / 1000 - moment));
  }

  /** The next version, also above `previous`, which may come from another node's shelf. */
  next(previous = 0): number {
    this.#last = Math.max(this.#last, previous) + 1;
    return this.#last;
  }
}

export interface FirstMoment {
  /** Of the daemon that begins. */
  readonly incarnation: number;
  /** In which life a daemon of this node served last; 0: in none. */
  readonly served: number;
  /** By the monotonic clock, which the daemons of one boot have in common. */
  readonly monotonicMs: number;
  /** By the clock that the records' lives are counted by, which those have in common as well. */
  readonly lifeMs: number;
  /** By how much the former one's versions were ahead of that clock. */
  readonly lead: number;
  /** A version below which some records do not count (`engine/version-floors.ts`): those to come all have to be above it. */
  readonly floor: number;
}

/**
 * The moment at which a daemon's versions begin. Where the wall clock was set back, its life is named by the very next number
 * after the former one, whatever time that one lasted. So the time since the boot is added, of which the former had less. And
 * where the former had taken over records from a node whose versions were ahead, its own went on above those.
 */
export function firstVersionsAt({ incarnation, served, monotonicMs, lifeMs, lead, floor }: FirstMoment): number {
  const ahead = lifeMs + lead;
  const moments = [incarnation, served + Math.ceil(monotonicMs), isIncarnation(ahead) ? ahead : 0];
  return Math.max(...moments, Math.ceil(floor / 1000));
}

/** Whether a number that was written down can be a record's version, or 0 for none. */
export function isVersion(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_VERSION;
}
