import { describe, expect, test } from 'vitest';
import { RecentDeaths } from '../../../src/membership/recent-deaths.ts';
import { letterOf } from '../session/letters.ts';

const [B, C, D] = [letterOf('b'), letterOf('c'), letterOf('d')];
const TOGETHER_MS = 400;
/** Between one death and the next of the same peer. */
const APART_MS = 5000;

/** Three deaths of each, in this order and so far apart; the last of each leaves nobody. */
function diedThrice(letters: readonly (typeof B)[], betweenMs: number): { deaths: RecentDeaths; now: number } {
  const deaths = new RecentDeaths(TOGETHER_MS);
  let now = 100_000;
  for (let round = 0; round < 3; round += 1) {
    now += APART_MS;
    for (const [at, letter] of letters.entries()) {
      if (at > 0) now += betweenMs;
      deaths.note(letter, now, at === letters.length - 1);
    }
  }
  return { deaths, now };
}

describe('deaths of late', () => {
  test('keep a peer from being let in again, from the third on', () => {
    const deaths = new RecentDeaths(TOGETHER_MS);
    expect(deaths.delayMs(B, 100_000)).toBe(0);
    for (const at of [100_000, 101_000, 102_000]) deaths.note(B, at, false);
    expect(deaths.delayMs(B, 102_000)).toBe(500);
    expect(deaths.delayMs(C, 102_000)).toBe(0);
  });

  test('of all peers at once are forgiven: rather this node was cut off', () => {
    const { deaths, now } = diedThrice([B, C, D], TOGETHER_MS / 2);
    expect([B, C, D].map((letter) => deaths.delayMs(letter, now))).toEqual([0, 0, 0]);
  });

  test('of the only peer that was left are not', () => {
    const { deaths, now } = diedThrice([B], 0);
    expect(deaths.delayMs(B, now)).toBe(500);
  });

  test('one after the other are not', () => {
    const { deaths, now } = diedThrice([B, C], TOGETHER_MS + 1);
    expect(deaths.delayMs(C, now)).toBe(500);
    expect(deaths.delayMs(B, now)).toBeGreaterThan(0);
  });

  test('before all went at once still count', () => {
    const deaths = new RecentDeaths(TOGETHER_MS);
    for (const at of [100_000, 101_000, 102_000]) deaths.note(B, at, false);
    deaths.note(B, 104_000, false);
    deaths.note(C, 104_100, true);
    expect(deaths.delayMs(B, 102_000)).toBe(500);
    expect(deaths.delayMs(C, 104_100)).toBe(0);
  });
});
