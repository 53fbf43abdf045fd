import { describe, expect, test } from 'vitest';
import { readCas, readExptime, readU32, readU64 } from '../../../../../src/doors/memcached/protocol/decimal.ts';

const SLOPPY = [
  '',
  '+1',
  '01',
  '00',
  '-0',
  ' 1',
  '1 ',
  '1\t',
  '0x1',
  '1e3',
  '1.0',
  '1_000',
  '１',
  'x',
  'Infinity',
  'NaN',
];

describe('numbers in command lines', () => {
  test.each(SLOPPY)('%j is none of them', (word) => {
    expect([readU32(word), readU64(word), readCas(word), readExptime(word)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('of 32 bits end at 2^32-1', () => {
    expect(readU32('0')).toBe(0);
    expect(readU32('4294967295')).toBe(4294967295);
    expect(readU32('4294967296')).toBeUndefined();
    expect(readU32('-1')).toBeUndefined();
  });

  test('of 64 bits end at 2^64-1', () => {
    expect(readU64('18446744073709551615')).toBe(18446744073709551615n);
    expect(readU64('18446744073709551616')).toBeUndefined();
    expect(readU64('99999999999999999999999')).toBeUndefined();
    expect(readU64('-1')).toBeUndefined();
  });

  test('that are cas values are exact as far as ours go, and above that never become one of ours', () => {
    expect(readCas('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(readCas('9007199254740992')).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
    expect(readCas('18446744073709551615')).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
    expect(readCas('18446744073709551616')).toBeUndefined();
  });

  test('that are exptimes may be negative', () => {
    expect(readExptime('-1')).toBe(-1);
    expect(readExptime('-2147483648')).toBe(-2147483648);
    expect(readExptime('-2147483649')).toBeUndefined();
    expect(readExptime('4294967295')).toBe(4294967295);
    expect(readExptime('4294967296')).toBeUndefined();
  });
});
