/** Deaths within this time count. */
const WINDOW_MS = 60_000;
/** So many deaths in the window cost nothing: a crash, and one more. */
const FREE_DEATHS = 2;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 2000;

/**
 * How long after its latest death a node is let in again, so that one that comes and goes does not have its letter
 * handed to and fro. Doubles with each death in the last minute: 0, 0, 0.5 s, 1 s, and from then on 2 s.
 */
export function readmissionDelayMs(deathsAt: readonly number[], now: number): number {
  const recent = deathsAt.filter((at) => now - at < WINDOW_MS);
  const latest = recent.at(-1);
  if (latest === undefined || recent.length <= FREE_DEATHS) return 0;
  const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (recent.length - FREE_DEATHS - 1));
  return Math.max(0, latest + delay - now);
}
