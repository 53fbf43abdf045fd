import { InvalidArgumentError } from 'commander';

/** A session's version as `get --json` and `put` print it. */
export function parseVersion(text: string): number {
  const version = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(version)) return version;
  throw new InvalidArgumentError('Give a version, a whole number, as it was printed.');
}

/** A session's ETag is its version in quotes. */
export function ifMatchHeader(version: number | undefined): Record<string, string> {
  return version === undefined ? {} : { 'if-match': `"${version}"` };
}
