/*
 * Numbers in command lines: plain decimals and nothing else. memcached asks the C library, which also takes `+1`, `01`,
 * a tab before and after, and lets a number that is too large wrap round; none of that here.
 */

const PLAIN = /^(?:0|[1-9][0-9]{0,19})$/;
const NEGATIVE = /^-[1-9][0-9]{0,9}$/;

const MAX_U32 = 0xffff_ffff;
const MIN_I32 = -0x8000_0000;
const MAX_U64 = 0xffff_ffff_ffff_ffffn;

/** The digits of every number below 10^19 fit in 64 bits; with one more they have to be looked at. */
const SURELY_U64_DIGITS = 19;

export function readU32(word: string): number | undefined {
  if (!PLAIN.test(word)) return undefined;
  const value = Number(word);
  return value <= MAX_U32 ? value : undefined;
}

export function readU64(word: string): bigint | undefined {
  if (!PLAIN.test(word)) return undefined;
  const value = BigInt(word);
  return value <= MAX_U64 ? value : undefined;
}

/** A cas value as the number that command.ts describes. */
export function readCas(word: string): number | undefined {
  if (!PLAIN.test(word)) return undefined;
  if (word.length > SURELY_U64_DIGITS && BigInt(word) > MAX_U64) return undefined;
  return Number(word);
}

/** An exptime: from -2^31, which memcached's text protocol knows, to 2^32-1, which its binary protocol knows. */
export function readExptime(word: string): number | undefined {
  if (!NEGATIVE.test(word)) return readU32(word);
  const value = Number(word);
  return value >= MIN_I32 ? value : undefined;
}
