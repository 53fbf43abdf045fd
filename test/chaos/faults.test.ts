import { beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../support/sim/random.ts';
import { FAULT_KINDS, SHORT_ROUND } from './faults.ts';
import { CALM_PACE, USUAL_PACE } from './hosts.ts';
import { killed } from './killed.ts';
import { runOnce, tell, type Run } from './run.ts';
import { describeBroken } from './tell.ts';

/** MINUTES and SEED: what `npm run chaos -- --minutes 10 --seed 7` sets. Without them: one round, always the same. */
const MINUTES = Number(process.env['MINUTES'] ?? 0);
const SEED = Number(process.env['SEED'] ?? 1);
/** A round of every kind takes up to this on a busy machine; one that has begun is not broken off. */
const ROUND_MINUTES = 6;
/** ALL=1: what `npm run chaos` sets; `npm test` has time for some of them only. */
const IS_SHORT = process.env['ALL'] === undefined;
const KINDS = IS_SHORT ? SHORT_ROUND : FAULT_KINDS;
/** The others are for figures as well, and measure what the product does as it is shipped. */
const PACE = IS_SHORT ? CALM_PACE : USUAL_PACE;
/**
 * Where the machine was too busy, hosts take each other for dead, and nobody can say which promise held on which side: such a
 * run proves nothing, and there is another. Of a long one, the person who began it decides.
 */
const RUNS = IS_SHORT ? 3 : 1;
/** Fewer requests, or sessions, prove nothing. */
const FEWEST = 10;

describe('while hosts really die', () => {
  let run: Run | undefined;

  beforeAll(
    async () => {
      for (let left = RUNS; left > 0 && (run === undefined || run.weaknesses.length > 0); left -= 1) {
        if (run !== undefined) tell(...run.weaknesses, 'that run proves nothing, and there is another', '');
        tell(`seed ${SEED}`);
        const random = new Random(SEED);
        run = await runOnce({ random, kinds: KINDS, pace: PACE, minutes: MINUTES, keepsEvidence: !IS_SHORT });
      }
    },
    RUNS * (MINUTES + ROUND_MINUTES) * 60_000,
  );

  test('every fault bites, and every host is well again after it', () => {
    expect(run?.weaknesses).toEqual([]);
  });

  test('S0-S6, S9: no promise is broken', () => {
    expect(run?.broken.slice(0, 5).map((one) => describeBroken(one, run?.deeds ?? []))).toEqual([]);
  });

  test('a second after a host was killed, every request at the others succeeds', () => {
    const { deeds = [], troubles = [] } = run ?? {};
    const deaths = troubles.filter(({ kind }) => kind === 'kill').map((trouble) => killed(deeds, trouble));
    expect(deaths).not.toEqual([]);
    for (const { asked, failed, othersSessions } of deaths) {
      expect(failed).toEqual([]);
      expect(Math.min(asked, othersSessions)).toBeGreaterThan(FEWEST);
    }
  });
});
