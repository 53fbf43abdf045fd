import { inLine } from '../line/encode-line.ts';
import type { ErrorReply } from '../reply.ts';
import { OPCODES } from './opcodes.ts';

/** The status of a response, and the text that memcached puts in its body. */
export interface Status {
  readonly code: number;
  readonly text: Buffer;
}

function status(code: number, text: string): Status {
  return { code, text: Buffer.from(text, 'latin1') };
}

export const NOT_FOUND = status(0x01, 'Not found');
export const EXISTS = status(0x02, 'Data exists for key.');
const TOO_LARGE = status(0x03, 'Too large.');
const INVALID_ARGUMENTS_CODE = 0x04;
const NOT_STORED = status(0x05, 'Not stored.');
const NON_NUMERIC = status(0x06, 'Non-numeric server-side value for incr or decr');
const AUTH_ERROR = status(0x20, 'Auth failure.');
export const AUTH_CONTINUE_CODE = 0x21;
const UNKNOWN_COMMAND = status(0x81, 'Unknown command');
const OUT_OF_MEMORY = status(0x82, 'Out of memory');
/** memcached has no status for "ask again later"; its relatives have this one, and clients take any unknown one so. */
const TEMPORARY_FAILURE_CODE = 0x86;

/** Our replies have one name for a condition that does not hold, the binary protocol has one for each operation. */
const NOT_STORED_BY_OPCODE: ReadonlyMap<number, Status> = new Map([
  [OPCODES.add, EXISTS],
  [OPCODES.addQ, EXISTS],
  [OPCODES.replace, NOT_FOUND],
  [OPCODES.replaceQ, NOT_FOUND],
]);

export function notStored(opcode: number): Status {
  return NOT_STORED_BY_OPCODE.get(opcode) ?? NOT_STORED;
}

export function errorStatus(reply: ErrorReply): Status {
  switch (reply.kind) {
    case 'unknown-command':
      return UNKNOWN_COMMAND;
    case 'client-error':
      return status(INVALID_ARGUMENTS_CODE, inLine(reply.text));
    case 'server-error':
      return status(TEMPORARY_FAILURE_CODE, inLine(`${reply.code} ${reply.text}`));
    case 'unknown-stats':
      return NOT_FOUND;
    case 'too-large':
      return TOO_LARGE;
    case 'out-of-memory':
      return OUT_OF_MEMORY;
    case 'non-numeric':
      return NON_NUMERIC;
    case 'flush-refused':
    case 'auth-required':
    case 'auth-failed':
      return AUTH_ERROR;
  }
}
