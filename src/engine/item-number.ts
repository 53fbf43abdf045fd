const TWO_TO_63 = 1n << 63n;
const TWO_TO_64 = 1n << 64n;

/** What the C library takes for space: blank, and tab to carriage return. 2^64 has 20 digits, zeroes before it aside. */
const NUMBER = /^[ \t-\r]*([+-]?)(?=[0-9])0*([0-9]{0,20})(?:[ \t-\r\0]|$)/;

const MINUS = '-';
const NUL = '\0';

/**
 * The number that a value stands for, as memcached 1.6.18 reads it: spaces before it, a sign, digits; whatever comes
 * after a space or NUL is ignored. Undefined where it does not begin with a number, or with one of more than 64 bits.
 */
export function readNumber(value: Buffer): bigint | undefined {
  const text = value.toString('latin1');
  const [, sign, digits] = NUMBER.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const magnitude = BigInt(digits);
  if (magnitude >= TWO_TO_64) return undefined;
  const number = sign === MINUS ? BigInt.asUintN(64, -magnitude) : magnitude;
  return number >= TWO_TO_63 && hasMinus(text) ? undefined : number;
}

/** memcached looks for a minus sign only where the number could be a negative one, and then anywhere up to a NUL. */
function hasMinus(text: string): boolean {
  const [upToNul = ''] = text.split(NUL, 1);
  return upToNul.includes(MINUS);
}

/** incr wraps round at 2^64, decr stops at 0. */
export function addDelta(number: bigint, direction: 'incr' | 'decr', delta: bigint): bigint {
  if (direction === 'incr') return BigInt.asUintN(64, number + delta);
  return delta > number ? 0n : number - delta;
}

/** The digits, with spaces behind them where the value was longer before: memcached's values do not shrink. */
export function printNumber(number: bigint, formerBytes: number): Buffer {
  return Buffer.from(number.toString().padEnd(formerBytes), 'latin1');
}
