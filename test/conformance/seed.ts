const DEFAULT_SEED = 11211;

/** Where everything random of a test run begins: another one with `CONFORMANCE_SEED=<number> npm test`. */
export function seed(): number {
  const given = process.env['CONFORMANCE_SEED'];
  if (given === undefined) return DEFAULT_SEED;
  const number = Number(given);
  if (!Number.isInteger(number)) throw new RangeError(`CONFORMANCE_SEED is ${given}, and should be a whole number`);
  return number;
}
