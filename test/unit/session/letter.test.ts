import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ALPHABET,
  compareLetters,
  isLetter,
  formatAddress,
  LetterMap,
  type MeshAddress,
} from '../../../src/session/letter.ts';
import { letterOf, mapOf } from './letters.ts';

describe('letters', () => {
  test('there are 62, each only once: a-z, then A-Z, then 0-9', () => {
    expect(new Set(ALPHABET).size).toBe(62);
    expect(ALPHABET).toMatch(/^abc[d-z]{23}ABC[D-Z]{23}012[3-9]{7}$/);
  });

  test('exactly one character of the alphabet is a letter', () => {
    expect(Array.from(ALPHABET).every(isLetter)).toBe(true);
    for (const text of ['', 'ab', 'bc', '-', '_', ' ', 'é', 'а', '\u0000', 'a\n']) expect(isLetter(text)).toBe(false);
  });

  test('map order is the order of the alphabet, not that of character codes', () => {
    const sorted = Array.from('9aZ0zA', letterOf).sort(compareLetters);
    expect(sorted.join('')).toBe('azAZ09');
    expect(compareLetters(letterOf('q'), letterOf('q'))).toBe(0);
  });
});

type Entry = readonly [string, MeshAddress];

function mapFrom(entries: readonly Entry[]): LetterMap {
  return new LetterMap(new Map(entries.map(([letter, address]) => [letterOf(letter), address])));
}

const anyAddress = fc.record({
  host: fc.oneof(fc.constantFrom('web1', 'web2', 'web-3.internal', '::1', 'fd00::7'), fc.ipV4(), fc.ipV6()),
  port: fc.integer({ min: 1, max: 65_535 }),
});
const anyEntries = fc.uniqueArray(fc.tuple(fc.constantFrom(...Array.from(ALPHABET)), anyAddress), {
  selector: ([letter]) => letter,
  minLength: 1,
  maxLength: 8,
});

describe('the map of letters', () => {
  test('keeps its letters in the order of the alphabet, however they were written', () => {
    expect(mapOf('0cAb').letters.join('')).toBe('bcA0');
  });

  test('knows the address of each of its letters, and refuses to make one up', () => {
    const map = mapFrom([['b', { host: 'web2', port: 7000 }]]);
    expect(map.has(letterOf('b'))).toBe(true);
    expect(map.address(letterOf('b'))).toEqual({ host: 'web2', port: 7000 });
    expect(map.has(letterOf('a'))).toBe(false);
    expect(() => map.address(letterOf('a'))).toThrow(RangeError);
  });

  test('does not change when the map that it was made from does', () => {
    const addresses = new Map([[letterOf('a'), { host: 'web1', port: 1 }]]);
    const map = new LetterMap(addresses);
    addresses.set(letterOf('b'), { host: 'web2', port: 2 });
    expect(map.has(letterOf('b'))).toBe(false);
    expect(map.letters).toEqual(['a']);
  });

  test('an IPv6 address is written in brackets, so that its port can be told apart', () => {
    expect(formatAddress({ host: 'fd00::7', port: 7421 })).toBe('[fd00::7]:7421');
    expect(formatAddress({ host: '10.0.0.1', port: 7421 })).toBe('10.0.0.1:7421');
  });
});

describe('lettersAfter', () => {
  test('begins with the next letter in map order and goes round', () => {
    const map = mapOf('abcde');
    expect(map.lettersAfter(letterOf('a')).join('')).toBe('bcde');
    expect(map.lettersAfter(letterOf('c')).join('')).toBe('deab');
    expect(map.lettersAfter(letterOf('e')).join('')).toBe('abcd');
  });

  test('is empty for the only letter', () => {
    expect(mapOf('a').lettersAfter(letterOf('a'))).toEqual([]);
  });
});

describe('S8 same map: the digest', () => {
  test('does not depend on the order in which the map was written', () => {
    fc.assert(
      fc.property(anyEntries, (entries) => {
        expect(mapFrom([...entries].reverse()).digest).toBe(mapFrom(entries).digest);
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  test('is equal for two maps exactly where their letters and addresses are', () => {
    const canonical = (entries: readonly Entry[]): string =>
      JSON.stringify(
        [...entries].sort(([a], [b]) => a.localeCompare(b)).map(([letter, { host, port }]) => [letter, host, port]),
      );
    fc.assert(
      fc.property(anyEntries, anyEntries, (left, right) => {
        expect(mapFrom(left).digest === mapFrom(right).digest).toBe(canonical(left) === canonical(right));
      }),
      { seed: 12, numRuns: 300 },
    );
  });

  test('changes with each single thing: a letter, a host, a port, a node more, two hosts exchanged', () => {
    const first: Entry = ['a', { host: 'web1', port: 7421 }];
    const second: Entry = ['b', { host: 'web2', port: 7421 }];
    const maps: Entry[][] = [
      [first, second],
      [first, ['c', { host: 'web2', port: 7421 }]],
      [first, ['b', { host: 'web3', port: 7421 }]],
      [first, ['b', { host: 'web2', port: 7422 }]],
      [first, second, ['c', { host: 'web3', port: 7421 }]],
      [
        ['a', { host: 'web2', port: 7421 }],
        ['b', { host: 'web1', port: 7421 }],
      ],
    ];
    const digests = maps.map((entries) => mapFrom(entries).digest);
    expect(new Set(digests).size).toBe(digests.length);
    for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{16}$/);
  });
});
