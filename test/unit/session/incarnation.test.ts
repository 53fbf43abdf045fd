import { describe, expect, test } from 'vitest';
import { isCredibleLife, isIncarnation, MAX_INCARNATION } from '../../../src/session/incarnation.ts';
import { Versions } from '../../../src/session/version.ts';

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
