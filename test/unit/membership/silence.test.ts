import { describe, expect, test } from 'vitest';
import { OPTIONS } from '../../../src/config/options.ts';
import {
  agreesSilent,
  answered,
  fenceAfterMs,
  heard,
  isDeadly,
  isQuiet,
  listened,
  NO_SILENCE,
  type Silence,
} from '../../../src/membership/silence.ts';
import { TIMINGS } from './membership-setup.ts';

const LOOK_MS = TIMINGS.pingMs / 2;

/** Silence of so long on every way. */
function silentFor(ms: number): Silence {
  return { pathMs: ms, lifeMs: ms };
}

/** The first whole millisecond of silence for which something holds. */
function firstMs(holds: (silence: Silence) => boolean): number {
  for (let ms = 0; ms < 10_000; ms += 1) if (holds(silentFor(ms))) return ms;
  throw new RangeError('it never holds');
}

describe('how long a peer has been silent', () => {
  test('looks as planned add up to the time that passed', () => {
    let silence = NO_SILENCE;
    for (let look = 0; look < 8; look += 1) silence = listened(silence, LOOK_MS, LOOK_MS);
    expect(silence).toEqual(silentFor(8 * LOOK_MS));
  });

  test('a sleep of any length counts two intervals at most: what we did not listen to is not held against the peers', () => {
    for (const sleptMs of [3 * LOOK_MS, 400, 60_000, 86_400_000]) {
      expect(listened(NO_SILENCE, sleptMs, LOOK_MS)).toEqual(silentFor(2 * LOOK_MS));
    }
  });

  test('an answer ends all silence; a call ends only the doubt that it lives, not the doubt in our way to it', () => {
    expect(answered()).toEqual(NO_SILENCE);
    expect(heard(silentFor(300))).toEqual({ pathMs: 300, lifeMs: 0 });
  });

  test('the word of another node carries its age, and older news than ours changes nothing', () => {
    expect(heard(silentFor(300), 40)).toEqual({ pathMs: 300, lifeMs: 40 });
    expect(heard(silentFor(20), 40)).toEqual(silentFor(20));
  });

  test('our own way is in doubt from suspectAfterMs on, and a call of the peer does not mend it', () => {
    expect(firstMs((silence) => isQuiet(silence, TIMINGS))).toBe(TIMINGS.suspectAfterMs);
    expect(isQuiet(heard(silentFor(TIMINGS.suspectAfterMs)), TIMINGS)).toBe(true);
  });

  test('it may be accused from deadAfterMs on, and not while there is any sign of life', () => {
    expect(firstMs((silence) => isDeadly(silence, TIMINGS))).toBe(TIMINGS.deadAfterMs);
    expect(isDeadly(heard(silentFor(10_000)), TIMINGS)).toBe(false);
  });

  test('suspecting comes before the fence, the fence before agreeing, agreeing before accusing', () => {
    const agreeMs = firstMs((silence) => agreesSilent(silence, TIMINGS));
    const deadMs = firstMs((silence) => isDeadly(silence, TIMINGS));
    expect([TIMINGS.suspectAfterMs, fenceAfterMs(TIMINGS), agreeMs, deadMs]).toEqual([150, 250, 300, 400]);
  });

  test('these are the timings that a node has unless told otherwise', () => {
    const defaults = Object.entries(OPTIONS).flatMap(([path, option]) =>
      path.startsWith('timings.') && 'fallback' in option ? [[path.slice('timings.'.length), option.fallback]] : [],
    );
    expect(Object.fromEntries(defaults)).toEqual(TIMINGS);
  });

  test('what a late look counts too much fits into the gap between fence and agreement', () => {
    // Heard just after a look, and the next look comes as late as counts: the silence is overrated by two intervals.
    const overratedMs = listened(heard(silentFor(0)), 10 * LOOK_MS, LOOK_MS).lifeMs;
    const agreeMs = firstMs((silence) => agreesSilent(silence, TIMINGS));
    expect(agreeMs - fenceAfterMs(TIMINGS)).toBeGreaterThanOrEqual(overratedMs);
  });
});
