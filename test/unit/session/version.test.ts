import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isCredibleLife,
  isIncarnation,
  MAX_INCARNATION,
  Versions,
  firstVersionsAt,
} from '../../../src/session/version.ts';

const NOW = Date.parse('2026-11-30');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('the number of a life', () => {
  test.each([Number.MAX_SAFE_INTEGER, MAX_INCARNATION + 1, 1.5, -1, Number.NaN, '7', undefined])(
    'is not %s',
    (value) => {
      expect(isIncarnation(value)).toBe(false);
    },
  );

  test('S1 not older: leaves versions room to grow, also in the last life that can be', () => {
    const versions = new Versions(MAX_INCARNATION);
    const [first, second] = [versions.next(), versions.next()];
    expect(second).toBeGreaterThan(first);
    expect(Number.isSafeInteger(second + 1e14)).toBe(true);
  });

  test('is credible up to two days ahead of our clock', () => {
    expect(isCredibleLife(NOW + 2 * DAY, 0, NOW)).toBe(true);
    expect(isCredibleLife(NOW + 2 * DAY + 1, 0, NOW)).toBe(false);
  });

  test('is credible where a host that has set its clock a day too far starts, though our clock is an hour behind', () => {
    expect(isCredibleLife(NOW + DAY, 0, NOW - HOUR)).toBe(true);
  });

  test('is credible where it follows a life that we know, whatever our clock says', () => {
    expect(isCredibleLife(NOW + 1, NOW, 0)).toBe(true);
    expect(isCredibleLife(NOW + DAY, NOW, 0)).toBe(false);
  });

  test('cannot be led to the end of all numbers by a clock', () => {
    expect(isCredibleLife(MAX_INCARNATION + 1, 0, Date.parse('2300-01-01'))).toBe(false);
  });
});

const INCARNATION = 1_700_000_000_000;

/** The former daemon took over nothing from elsewhere, and the clock of lives is behind. */
const NOWHERE_AHEAD = { lifeMs: 0, lead: 0, floor: 0 };

describe('versions', () => {
  test('begin above all that a former life gave, unless it wrote a million records in a second', () => {
    const former = new Versions(INCARNATION);
    for (let written = 0; written < 999; written += 1) former.next();
    expect(new Versions(INCARNATION + 1).next()).toBeGreaterThan(former.next());
  });

  test('also where the wall clock was set back before each restart, so that one life is named by the next number', () => {
    const HOUR = 3_600_000;
    let [served, monotonicMs, latest] = [INCARNATION, HOUR, 0];
    let versions = new Versions(INCARNATION);
    for (let restarts = 0; restarts < 5; restarts += 1) {
      for (let written = 0; written < 20_000; written += 1) latest = versions.next();
      monotonicMs += 20.5;
      const incarnation = Math.max(INCARNATION - HOUR, served + 1);
      versions = new Versions(firstVersionsAt({ ...NOWHERE_AHEAD, incarnation, served, monotonicMs }));
      expect(versions.next()).toBeGreaterThan(latest);
      served = incarnation;
    }
  });

  test('and where the former life took over records whose versions were ahead, over any number of restarts', () => {
    const AHEAD = 100 * 86_400_000;
    let [lifeMs, lead, latest] = [INCARNATION, 0, 0];
    for (let restarts = 0; restarts < 5; restarts += 1) {
      const start = { incarnation: lifeMs, served: lifeMs, monotonicMs: 0, lifeMs, lead, floor: 0 };
      const versions = new Versions(firstVersionsAt(start));
      expect(versions.next()).toBeGreaterThan(latest);
      if (restarts === 0) versions.next((INCARNATION + AHEAD) * 1000);
      // To join has taken a moment.
      lead = versions.leadOver(lifeMs + 1);
      for (let written = 0; written < 20_000; written += 1) latest = versions.next();
      lifeMs += 21;
    }
    expect(latest).toBeGreaterThan((INCARNATION + AHEAD) * 1000);
    // It is no further ahead than it was.
    expect(lead).toBeLessThanOrEqual(AHEAD);
  });

  test('begin above the version below which some records do not count, whatever the clocks say', () => {
    const floor = (INCARNATION + 5000) * 1000 + 7;
    const start = { incarnation: INCARNATION, served: 1, monotonicMs: 1, lifeMs: INCARNATION, lead: 0, floor };
    expect(new Versions(firstVersionsAt(start)).next()).toBeGreaterThan(floor);
  });

  test('are not led astray by a clock of lives that is beyond all reason', () => {
    const start = { ...NOWHERE_AHEAD, incarnation: INCARNATION, served: 1, monotonicMs: 1, lifeMs: 4e15 };
    expect(firstVersionsAt(start)).toBe(INCARNATION);
  });

  test('grow with every one that is drawn, and are above the one that they follow', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 5000 }), { maxLength: 50 }), (offsets) => {
        const versions = new Versions(INCARNATION);
        let last = INCARNATION * 1000;
        for (const offset of offsets) {
          const previous = INCARNATION * 1000 + offset;
          const drawn = versions.next(previous);
          expect(drawn).toBeGreaterThan(last);
          expect(drawn).toBeGreaterThan(previous);
          last = drawn;
        }
      }),
      { seed: 31, numRuns: 200 },
    );
  });

  test('never repeat after one that came from another node', () => {
    const versions = new Versions(INCARNATION);
    const foreign = INCARNATION * 1000 + 500;
    const drawn = [versions.next(), versions.next(foreign), versions.next(), versions.next(foreign)];
    expect(new Set(drawn).size).toBe(4);
    expect(drawn.slice(1).every((version) => version > foreign)).toBe(true);
  });

  test('stay whole numbers until the year 2255', () => {
    const versions = new Versions(Date.UTC(2255, 0));
    const first = versions.next();
    expect(Number.isSafeInteger(first)).toBe(true);
    expect(versions.next()).toBe(first + 1);
  });
});
