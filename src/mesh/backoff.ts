/** No two dials of a link begin nearer to each other than this, whatever else is said: 100 a second at the very worst. */
export const DIAL_SPACING_MS = 10;

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 2000;

/** A refusal is not cured by asking often: somebody has to change a secret, a map, a letter. */
const REFUSED_DELAY_MS = 2000;

/**
 * How long to wait before the next dial. The first is immediate. Then full jitter: anything from nothing to a ceiling
 * of 50 ms that doubles with each failure up to 2 s, so that nodes that lost the same peer do not come back together.
 * After a refusal, 1 to 2 s. `random` is from [0, 1).
 */
export function redialDelayMs(failures: number, wasRefused: boolean, random: number): number {
  if (failures === 0) return 0;
  if (wasRefused) return (REFUSED_DELAY_MS * (1 + random)) / 2;
  return random * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
}
