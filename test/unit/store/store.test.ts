import { expect, test } from 'vitest';
import { StoreUnavailableError } from '../../../src/errors.ts';
import { checkStoreKey } from '../../../src/store/store.ts';

test.each(['a', 'k'.repeat(250), '!~', 'a:b/c.d'])('a key of 1 to 250 printable characters passes: %j', (key) => {
  expect(() => checkStoreKey(key)).not.toThrow();
});

test.each(['', 'k'.repeat(251), 'a b', 'a\0b', 'a\n', 'é', '\u{1f600}'])('any other key is refused: %j', (key) => {
  expect(() => checkStoreKey(key)).toThrow(StoreUnavailableError);
});
