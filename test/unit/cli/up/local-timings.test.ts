import { describe, expect, it } from 'vitest';
import { localTimings } from '../../../../src/cli/up/local-timings.ts';
import { OPTIONS } from '../../../../src/config/options.ts';

describe('the timings of a local mesh', () => {
  it('are the defaults for a few nodes', () => {
    expect(localTimings(1)).toEqual({});
    expect(localTimings(8)).toEqual({});
  });

  it('are longer in proportion for many', () => {
    const timings = localTimings(26);
    expect(timings['pingMs']).toBe(4 * OPTIONS['timings.pingMs'].fallback);
    expect(timings['deadAfterMs']).toBe(4 * OPTIONS['timings.deadAfterMs'].fallback);
  });

  it('still notice a silence inside the cap of a request', () => {
    for (let nodes = 9; nodes <= 26; nodes += 1) {
      const { pingMs = 0, suspectAfterMs = 0, deadAfterMs = 0, hardCapMs = 0 } = localTimings(nodes);
      expect(suspectAfterMs).toBeGreaterThanOrEqual(2 * pingMs);
      expect(deadAfterMs).toBeGreaterThan(suspectAfterMs);
      expect(deadAfterMs + 2 * pingMs).toBeLessThanOrEqual(hardCapMs);
    }
  });
});
