import { describe, expect, test } from 'vitest';
import { addDelta, printNumber, readNumber } from '../../../src/engine/item-number.ts';

const TWO_TO_63 = 2n ** 63n;
const TWO_TO_64 = 2n ** 64n;

/** As memcached 1.6.18 has been seen to read them. */
describe('a value is a number', () => {
  test.each<[string, bigint]>([
    ['0', 0n],
    ['42', 42n],
    ['007', 7n],
    ['+5', 5n],
    ['-0', 0n],
    [' \t\n\v\f\r7', 7n],
    ['5 ', 5n],
    ['12 34', 12n],
    ['1\v2', 1n],
    ['5\r\n', 5n],
    ['5\0-x', 5n],
    ['18446744073709551615', TWO_TO_64 - 1n],
    ['000018446744073709551615', TWO_TO_64 - 1n],
    ['18446744073709551615\0-', TWO_TO_64 - 1n],
    ['9223372036854775807 -', TWO_TO_63 - 1n],
    ['-9223372036854775809', TWO_TO_63 - 1n],
    ['-18446744073709551615', 1n],
  ])('%j', (value, number) => {
    expect(readNumber(Buffer.from(value, 'latin1'))).toBe(number);
  });
});

describe('a value is no number', () => {
  test.each([
    ...[
      '',
      ' ',
      '-',
      '+',
      '- 5',
      '5-',
      '5x',
      'x5',
      '1.5',
      '1e3',
      '0x10',
      '\0' + '5',
      '-5',
      '-1\0',
      '-9223372036854775808',
    ],
    ...['18446744073709551616', '99999999999999999999999', '18446744073709551615 -', '٣'],
  ])('%j', (value) => {
    expect(readNumber(Buffer.from(value))).toBeUndefined();
  });

  test('nor is a megabyte of digits, which costs no more than to look at it', () => {
    expect(readNumber(Buffer.alloc(1_048_576, '7'))).toBeUndefined();
    expect(readNumber(Buffer.alloc(1_048_576, '0'))).toBe(0n);
    expect(readNumber(Buffer.concat([Buffer.alloc(1_048_576, '0'), Buffer.from('x')]))).toBeUndefined();
  });
});

describe('a delta', () => {
  test.each<[bigint, 'incr' | 'decr', bigint, bigint]>([
    [1n, 'incr', 2n, 3n],
    [TWO_TO_64 - 1n, 'incr', 1n, 0n],
    [TWO_TO_64 - 1n, 'incr', TWO_TO_64 - 1n, TWO_TO_64 - 2n],
    [5n, 'decr', 2n, 3n],
    [5n, 'decr', 6n, 0n],
    [0n, 'decr', TWO_TO_64 - 1n, 0n],
  ])('%d %s %d is %d: up it wraps round at 2^64, down it stops at 0', (number, direction, delta, result) => {
    expect(addDelta(number, direction, delta)).toBe(result);
  });
});

test('a number takes the room of the value before it, with spaces behind it, or more where it needs more', () => {
  expect(printNumber(9n, 2).toString()).toBe('9 ');
  expect(printNumber(10n, 2).toString()).toBe('10');
  expect(printNumber(100n, 2).toString()).toBe('100');
  expect(printNumber(0n, 0).toString()).toBe('0');
});
