import { StoreUnavailableError } from '../errors.ts';

/** Memcached's own limit. */
export const MAX_KEY_BYTES = 250;

const PRINTABLE = /^[\x21-\x7e]+$/;

/** Refuses a key that no store can hold: 1 to 250 printable ASCII characters, no spaces. Surely nothing was done. */
export function checkStoreKey(key: string): void {
  if (key.length <= MAX_KEY_BYTES && PRINTABLE.test(key)) return;
  throw new StoreUnavailableError(
    `a store key has 1 to ${MAX_KEY_BYTES} printable ASCII characters and no spaces; this one has ${key.length} characters`,
  );
}
