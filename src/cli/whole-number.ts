import { InvalidArgumentError } from 'commander';

/** A number of seconds, milliseconds or so on a command line. */
export function parseWholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number from 1 to 999999999.');
}

export function parseWaitMs(text: string): number {
  return text === '0' ? 0 : parseWholeNumber(text);
}
