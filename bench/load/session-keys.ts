import { Random } from './random.ts';
import type { KeySpace } from './load-job.ts';

const CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 26;

/** Keys as clients make them: a prefix and a minted id, the letter and 26 characters. */
export function sessionKeys({ letter, prefix, count }: KeySpace): string[] {
  const random = new Random(letter.charCodeAt(0));
  const drawn = (): string => CHARACTERS.charAt(random.below(CHARACTERS.length));
  return Array.from({ length: count }, () => prefix + letter + Array.from({ length: RANDOM_LENGTH }, drawn).join(''));
}

/** A value that begins with its key, so that another's is seen. */
export function valueOf(key: string, bytes: number): Buffer {
  return Buffer.alloc(bytes, `${key} `);
}
