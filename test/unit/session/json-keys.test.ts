import { describe, expect, test } from 'vitest';
import { countKeys } from '../../../src/session/json-keys.ts';

const count = (text: string, limit = 100): number => countKeys(Buffer.from(text), limit);

describe('counting the keys of JSON text', () => {
  test.each([
    ['1', 0],
    ['{}', 1],
    ['{"a":1,"b":2}', 3],
    ['[[],{}]', 3],
    ['{"a:{[":"\\":{["}', 2],
  ])('%s has %d keys, arrays and objects', (text, keys) => {
    expect(count(text)).toBe(keys);
  });

  test('stops one above the limit', () => {
    expect(count('['.repeat(50), 10)).toBe(11);
  });
});
