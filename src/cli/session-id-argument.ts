import type { Readable } from 'node:stream';
import { CliError } from '../errors.ts';
import { EXIT } from './exit-codes.ts';
import { readData } from './session-data.ts';

/** Says in help where an id can come from. */
export const ID_ARGUMENT = 'the id as the cookie has it; - reads it from standard input, where no other user sees it';

/** The id of the argument, or the one line of `input` where the argument is `-`: arguments are seen by every local user. */
export async function readId(argument: string, input: Readable): Promise<string> {
  if (argument !== '-') return argument;
  return (await readData('-', input)).toString('utf8').replace(/\r?\n$/, '');
}

/** @throws CliError (usage) where id and data would both be read from standard input. */
export function checkOneInput(id: string, data: string): void {
  if (id !== '-' || data !== '-') return;
  throw new CliError('standard input can be the id or the data, not both: give one of them as an argument', EXIT.usage);
}
