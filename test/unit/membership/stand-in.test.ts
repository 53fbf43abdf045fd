import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { standInFor } from '../../../src/membership/stand-in.ts';
import type { Letter } from '../../../src/session/letter.ts';
import { mapOf } from '../session/letters.ts';
import { a, b, c, d } from './membership-setup.ts';

const MAP = mapOf('abcd');

function among(present: string): (letter: Letter) => boolean {
  return (letter) => present.includes(letter);
}

describe('who stands in for a dead owner', () => {
  test('the next node after it in map order', () => {
    expect(standInFor(b, MAP, among('acd'))).toBe(c);
  });

  test('the next after that, where that one is dead too', () => {
    expect(standInFor(b, MAP, among('ad'))).toBe(d);
  });

  test('the first of the map after the last', () => {
    expect(standInFor(d, MAP, among('bc'))).toBe(b);
    expect(standInFor(d, MAP, among('abc'))).toBe(a);
  });

  test('nobody, where nobody is left', () => {
    expect(standInFor(b, MAP, among(''))).toBeUndefined();
    expect(standInFor(a, mapOf('a'), among('a'))).toBeUndefined();
  });

  test('never the owner itself', () => {
    expect(standInFor(b, MAP, among('b'))).toBeUndefined();
  });

  test('follows the order of the map, not the order in which it was written', () => {
    expect(standInFor(a, mapOf('9Bba'), among('9Bba'))).toBe(b);
    expect(standInFor(b, mapOf('9Bba'), among('9Bba'))).toBe('B');
  });

  test('S2 one home: all who agree on who is there agree on who stands in, and it is one of those', () => {
    fc.assert(
      fc.property(fc.subarray([...MAP.letters]), fc.constantFrom(...MAP.letters), (present, owner) => {
        const standIn = standInFor(owner, MAP, (letter) => present.includes(letter));
        const others = present.filter((letter) => letter !== owner);
        expect(others.length === 0 ? [undefined] : others).toContain(standIn);
        // Nobody who is there stands between the two.
        const after = MAP.lettersAfter(owner);
        const between = standIn === undefined ? after : after.slice(0, after.indexOf(standIn));
        expect(between.filter((letter) => present.includes(letter))).toEqual([]);
      }),
      { seed: 3, numRuns: 200 },
    );
  });
});
