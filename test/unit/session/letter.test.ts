import { describe, expect, test } from 'vitest';
import { ALPHABET, compareLetters, isLetter } from '../../../src/session/letter.ts';
import { letterOf } from './letters.ts';

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
