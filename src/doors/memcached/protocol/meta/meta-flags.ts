import { readCas, readExptime, readU32, readU64 } from '../decimal.ts';
import type { Exptime } from '../exptime.ts';
import { BAD_FORMAT } from '../line/line-request.ts';
import { clientError, type ErrorReply } from '../reply.ts';
import { decodeKey } from './base64-key.ts';

/** The flags of one meta command. What a command has no use for it ignores, as memcached does. */
export interface MetaFlags {
  readonly kind: 'flags';
  /** As the word of the line says it, or decoded (b). */
  readonly key: string;
  /** Every flag's letter, in the order of the request. */
  readonly letters: string;
  /** With its O; '' for none. */
  readonly opaque: string;
  readonly touch: Exptime | undefined;
  readonly vivify: Exptime | undefined;
  readonly recache: Exptime | undefined;
  readonly clientFlags: number;
  readonly cas: number | undefined;
  /** '' for none. */
  readonly mode: string;
  readonly delta: bigint | undefined;
  readonly initial: bigint | undefined;
}

type Draft = { -readonly [Field in keyof MetaFlags]: MetaFlags[Field] };

/** Written out, not spread from a constant: it is made for every meta command, and a spread costs more than the rest. */
function noFlags(key: string): Draft {
  return {
    kind: 'flags',
    key,
    letters: '',
    opaque: '',
    touch: undefined,
    vivify: undefined,
    recache: undefined,
    clientFlags: 0,
    cas: undefined,
    mode: '',
    delta: undefined,
    initial: undefined,
  };
}

/** Letters that memcached 1.6.18 knows. What follows one that takes no token is ignored. */
const KNOWN_LETTERS = 'bcCDfFhIJklLMNOPqRstTuv';

const DUPLICATE_FLAG = clientError('duplicate flag');
const INVALID_FLAG = clientError('invalid flag');
const UNDECODABLE_KEY = clientError('error decoding key');
const BAD_TOKEN = clientError('bad token in command line format');
const BAD_MODE_LENGTH = clientError('incorrect length for M token');
const BAD_INITIAL = clientError('invalid numeric initial value');
const BAD_DELTA = clientError('invalid numeric delta value');

/** Reads the flag words of a meta command. Of several errors it tells the one that memcached 1.6.18 tells. */
export function readMetaFlags(keyWord: string, words: readonly string[]): MetaFlags | ErrorReply {
  const draft = noFlags(keyWord);
  let error: ErrorReply | undefined;
  for (const word of words) {
    const letter = word.charAt(0);
    if (letter > '~' || draft.letters.includes(letter)) return DUPLICATE_FLAG;
    if (!KNOWN_LETTERS.includes(letter)) return INVALID_FLAG;
    draft.letters += letter;
    const problem = readFlag(draft, letter, word.slice(1));
    // The last one counts, but F has no text of its own there.
    if (problem !== undefined && (letter !== 'F' || error === undefined)) error = problem;
  }
  return error ?? draft;
}

function readFlag(draft: Draft, letter: string, token: string): ErrorReply | undefined {
  switch (letter) {
    case 'b':
      draft.key = decodeKey(draft.key) ?? '';
      return draft.key === '' ? UNDECODABLE_KEY : undefined;
    case 'O':
      draft.opaque = letter + token;
      return undefined;
    case 'T':
      return (draft.touch = readExptime(token)) === undefined ? BAD_TOKEN : undefined;
    case 'N':
      return (draft.vivify = readExptime(token)) === undefined ? BAD_TOKEN : undefined;
    case 'R':
      return (draft.recache = readExptime(token)) === undefined ? BAD_TOKEN : undefined;
    case 'C':
      return (draft.cas = readCas(token)) === undefined ? BAD_TOKEN : undefined;
    case 'D':
      return (draft.delta = readU64(token)) === undefined ? BAD_DELTA : undefined;
    case 'J':
      return (draft.initial = readU64(token)) === undefined ? BAD_INITIAL : undefined;
    case 'M':
      draft.mode = token;
      return token.length === 1 ? undefined : BAD_MODE_LENGTH;
    case 'F': {
      const flags = readU32(token);
      draft.clientFlags = flags ?? 0;
      return flags === undefined ? BAD_FORMAT : undefined;
    }
    default:
      return undefined;
  }
}
