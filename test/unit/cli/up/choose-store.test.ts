import { describe, expect, it } from 'vitest';
import { EXIT } from '../../../../src/cli/exit-codes.ts';
import { chooseStore } from '../../../../src/cli/up/choose-store.ts';

describe("the nodes' store", () => {
  it('is Memcached where that is installed', () => {
    expect(chooseStore(undefined, 'memcached', true)).toEqual({ kind: 'memcached' });
  });

  it('is the embedded one, said in one line, where nothing else is there', () => {
    const { kind, notice } = chooseStore(undefined, 'memcached', false);
    expect(kind).toBe('memory');
    expect(notice).toMatch(/^no memcached .* embedded store[^\n]*$/);
  });

  it('is the embedded one without a word where that is asked for', () => {
    expect(chooseStore('memory', 'memcached', true)).toEqual({ kind: 'memory' });
  });

  it('is never something else than what is demanded', () => {
    const expected: unknown = expect.objectContaining({
      exitCode: EXIT.usage,
      message: expect.stringContaining('install') as unknown,
    });
    expect(() => chooseStore('memcached', 'memcached', false)).toThrow(expected);
  });
});
