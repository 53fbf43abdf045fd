import { encodeErrorLine, encodeLine, inLine, MISFIT } from '../line/encode-line.ts';
import { isError, type MemcachedReply } from '../reply.ts';
import type { LineShape, SilentShape, ValuesShape } from '../reply-shape.ts';
import { encodeOnlyValue } from './values-encoder.ts';

const NOTHING: readonly Buffer[] = [];
const STORED = encodeLine('STORED');
const NOT_STORED = encodeLine('NOT_STORED');
const EXISTS = encodeLine('EXISTS');
const NOT_FOUND = encodeLine('NOT_FOUND');
const DELETED = encodeLine('DELETED');
const TOUCHED = encodeLine('TOUCHED');
const OK = encodeLine('OK');
const RESET = encodeLine('RESET');

/** A reply in the classic text protocol. */
export function encodeText(shape: LineShape | SilentShape | ValuesShape, reply: MemcachedReply): readonly Buffer[] {
  switch (shape.answer) {
    case 'nothing':
      return NOTHING;
    case 'line':
      return encodeOutcome(reply);
    case 'values':
      return encodeOnlyValue(shape, reply);
  }
}

function encodeOutcome(reply: MemcachedReply): readonly Buffer[] {
  if (isError(reply)) return encodeErrorLine(reply);
  switch (reply.kind) {
    case 'stored':
      return STORED;
    case 'not-stored':
      return NOT_STORED;
    case 'exists':
      return EXISTS;
    case 'not-found':
      return NOT_FOUND;
    case 'deleted':
      return DELETED;
    case 'touched':
      return TOUCHED;
    case 'number':
      return encodeLine(reply.value.toString());
    case 'ok':
      return OK;
    case 'version':
      return encodeLine(`VERSION ${inLine(reply.version)}`);
    case 'stats':
      return encodeLine([...reply.stats.map(statLine), 'END'].join('\r\n'));
    case 'stats-reset':
      return RESET;
    // Without SASL, a client authenticates with a `set` whose value is its credentials (memcached -Y).
    case 'authenticated':
      return STORED;
    case 'hit':
    case 'miss':
    case 'mechanisms':
    case 'auth-continue':
      return MISFIT;
  }
}

function statLine([name, value]: readonly [name: string, value: string]): string {
  return `STAT ${inLine(name)} ${inLine(value)}`;
}
