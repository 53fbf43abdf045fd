import { describe, expect, test } from 'vitest';
import { isKey } from '../../../../../src/doors/memcached/protocol/key.ts';

describe('a key', () => {
  test('is 1 to 250 bytes', () => {
    expect(isKey('')).toBe(false);
    expect(isKey('k')).toBe(true);
    expect(isKey('k'.repeat(250))).toBe(true);
    expect(isKey('k'.repeat(251))).toBe(false);
  });

  test('has printable ASCII and bytes from 0x80, and nothing else', () => {
    for (let code = 0; code <= 0xff; code++) {
      const isAllowed = (code > 0x20 && code < 0x7f) || code >= 0x80;
      expect(isKey(`a${String.fromCharCode(code)}b`), `0x${code.toString(16)}`).toBe(isAllowed);
    }
  });

  test('may be UTF-8', () => {
    expect(isKey(Buffer.from('café-Ünïcödé-日本').toString('latin1'))).toBe(true);
  });

  test('has no line end at its end', () => {
    expect(isKey('key\n')).toBe(false);
  });
});
