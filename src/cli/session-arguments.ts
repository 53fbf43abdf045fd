import type { Readable } from 'node:stream';
import { CliError } from '../errors.ts';
import { EXIT } from './exit-codes.ts';

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

/** Far above what a daemon takes; its own limit answers for the rest. */
const MAX_INPUT_BYTES = 64 * 1024 * 1024;

/** The data for a session: the argument's text, or all of `input` where the argument is `-`. */
export async function readData(argument: string, input: Readable): Promise<Buffer> {
  if (argument !== '-') return Buffer.from(argument);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_INPUT_BYTES)
      throw new CliError(`more than ${MAX_INPUT_BYTES} bytes on standard input`, EXIT.usage);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @throws CliError (usage) where the bytes are not JSON. */
export function parseJsonData(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (error) {
    throw new CliError('the data is not JSON: quote it, or say what it is with --content-type', EXIT.usage, {
      cause: error,
    });
  }
}

/** A JSON body and its header. */
export function jsonBody(value: unknown): { body: Buffer; headers: Record<string, string> } {
  return { body: Buffer.from(JSON.stringify(value)), headers: { 'content-type': 'application/json' } };
}
