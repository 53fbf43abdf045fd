import { isIncarnation, MAX_INCARNATION } from './incarnation.ts';

/** No record has a higher one: beyond it the integers would soon not be safe. */
export const MAX_VERSION = MAX_INCARNATION * 1000;

/**
 * Draws the versions of one node's records. They grow with every write, never repeat for one id even when it is
 * destroyed and kept again, and stay in the safe integers until the year 2223 and long after (`incarnation.ts`).
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
