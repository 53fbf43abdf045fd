import { describe, expect, test } from 'vitest';
import { runFlapping } from '../../support/sim/flapping-run.ts';

/**
 * More than the suite runs: `SIM_FROM=1000 SIM_FLAP_SEEDS=1000 npx vitest run --project unit
 * test/unit/membership/flapping-links`. One that failed: SIM_FROM=<seed> SIM_FLAP_SEEDS=1 SIM_TRACE=1.
 */
const SEEDS = Number(process.env['SIM_FLAP_SEEDS'] ?? 12);
const FROM = Number(process.env['SIM_FROM'] ?? 1);
const IS_TRACED = process.env['SIM_TRACE'] === '1';

/** Long for a busy machine. */
const LIMIT_PER_SEED_MS = 15_000;

describe('when links come and go', () => {
  test.each([2, 3, 5])(
    'no host is out for more than 5 s after the last cut, and no join takes more than 3 lives: %i hosts',
    { timeout: SEEDS * LIMIT_PER_SEED_MS },
    async (size) => {
      const complaints: string[] = [];
      let deaths = 0;
      for (let seed = FROM; seed < FROM + SEEDS; seed += 1) {
        const result = await runFlapping(seed, size, IS_TRACED);
        deaths += result.deaths;
        if (result.complaints.length > 0) complaints.push(...result.trace, ...result.complaints);
      }
      expect(complaints.join('\n')).toBe('');
      // Runs in which nobody was declared dead would prove nothing.
      expect(deaths).toBeGreaterThan(SEEDS);
    },
  );
});
