import type { ErrorReply } from '../reply.ts';

/** libmemcached reads lines of at most 1024 bytes. */
const LONGEST_LINE = 500;

const UNPRINTABLE = /[^\x20-\x7e\x80-\xff]/g;

/** One line, or several with their line ends between them. */
export function encodeLine(text: string): readonly Buffer[] {
  return [Buffer.from(`${text}\r\n`, 'latin1')];
}

/** Text of ours as part of a line: whatever is in it, it stays one line. */
export function inLine(text: string): string {
  return text.replace(UNPRINTABLE, '?').slice(0, LONGEST_LINE);
}

const ERROR = encodeLine('ERROR');
const TOO_LARGE = encodeLine('SERVER_ERROR object too large for cache');
const OUT_OF_MEMORY = encodeLine('SERVER_ERROR out of memory storing object');
const NON_NUMERIC = encodeLine('CLIENT_ERROR cannot increment or decrement non-numeric value');
const FLUSH_REFUSED = encodeLine('CLIENT_ERROR flush_all not allowed');
const AUTH_REQUIRED = encodeLine('CLIENT_ERROR unauthenticated');
const AUTH_FAILED = encodeLine('CLIENT_ERROR authentication failure');

/** The line that stands for an error in the text and meta protocols. */
export function encodeErrorLine(reply: ErrorReply): readonly Buffer[] {
  switch (reply.kind) {
    case 'unknown-command':
    case 'unknown-stats':
      return ERROR;
    case 'client-error':
      return encodeLine(`CLIENT_ERROR ${inLine(reply.text)}`);
    case 'server-error':
      return encodeLine(`SERVER_ERROR ${inLine(`${reply.code} ${reply.text}`)}`);
    case 'too-large':
      return TOO_LARGE;
    case 'out-of-memory':
      return OUT_OF_MEMORY;
    case 'non-numeric':
      return NON_NUMERIC;
    case 'flush-refused':
      return FLUSH_REFUSED;
    case 'auth-required':
      return AUTH_REQUIRED;
    case 'auth-failed':
      return AUTH_FAILED;
  }
}

/** In place of a reply that does not belong to the command it answers: an error, and never a wrong success. */
export const MISFIT = encodeLine('SERVER_ERROR MISFIT the reply does not fit the command; please report this');
