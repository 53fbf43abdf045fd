import { isKey, isPrintable, isSoughtKey, isSoughtWord, MAX_KEY_BYTES } from '../key.ts';
import { BAD_FORMAT } from '../line/line-request.ts';
import { clientError, UNKNOWN_COMMAND, type ErrorReply } from '../reply.ts';
import type { MetaShape, MetaWord } from '../reply-shape.ts';
import { readMetaFlags, type MetaFlags } from './meta-flags.ts';

/** The line of a meta command about a key. */
export interface MetaLine {
  readonly kind: 'line';
  readonly key: string;
  /** The key as it stands in the line. */
  readonly keyWord: string;
  readonly flags: MetaFlags;
}

/** memcached's limit, command and key included. */
const MOST_WORDS = 19;

/** With its O. */
const LONGEST_OPAQUE = 32;

const OPAQUE_TOO_LONG = clientError('opaque token too long');

/** The texts that memcached has for one and the same error in different commands. */
interface MetaErrors {
  readonly tooManyFlags: ErrorReply;
  /** In place of what is wrong with a flag; undefined: just that. */
  readonly badFlag: ErrorReply | undefined;
}

/** What one command takes for an error. */
export interface MetaRules extends MetaErrors {
  /** Whether it may store something under the key. */
  readonly stores: (flags: MetaFlags) => boolean;
}

export const TOO_MANY_FLAGS = clientError('options flags too long');

/** What md and ma say. */
export const TERSE_ERRORS: MetaErrors = {
  tooManyFlags: TOO_MANY_FLAGS,
  badFlag: clientError('invalid or duplicate flag'),
};

/**
 * Reads the key, and the flags that begin at the word `flagsAt`. Tells the errors in memcached's order. Where nothing is
 * stored, the key may be one that there cannot be; it is not echoed then.
 */
export function readMetaLine(words: readonly string[], flagsAt: number, rules: MetaRules): MetaLine | ErrorReply {
  const [, keyWord] = words;
  if (keyWord === undefined) return UNKNOWN_COMMAND;
  if (keyWord.length > MAX_KEY_BYTES) return BAD_FORMAT;
  if (words.length > MOST_WORDS) return rules.tooManyFlags;

  const flags = readMetaFlags(keyWord, words.slice(flagsAt));
  if (flags.kind !== 'flags') return rules.badFlag ?? flags;
  const isAllowed = rules.stores(flags) || isEchoed(flags) ? isKey : isSoughtKey;
  if (!isSoughtWord(keyWord) || !isAllowed(flags.key) || !isPrintable(flags.opaque)) return BAD_FORMAT;
  return { kind: 'line', key: flags.key, keyWord, flags };
}

function isEchoed({ letters }: MetaFlags): boolean {
  return letters.includes('k');
}

export function has({ letters }: MetaFlags, letter: string): boolean {
  return letters.includes(letter);
}

/** memcached looks at the opaque last, after everything else is in order. */
export function opaqueProblem({ opaque }: MetaFlags): ErrorReply | undefined {
  return opaque.length > LONGEST_OPAQUE ? OPAQUE_TOO_LONG : undefined;
}

/** How to answer; `returnable` are the flags that this command sends back. */
export function metaShape(word: MetaWord, { flags, keyWord }: MetaLine, returnable: string): MetaShape {
  return {
    protocol: 'meta',
    word,
    returns: only(flags.letters, returnable),
    key: keyWord,
    isEncodedKey: has(flags, 'b'),
    opaque: flags.opaque,
    hasValue: has(flags, 'v'),
    isQuiet: has(flags, 'q'),
  };
}

function only(letters: string, wanted: string): string {
  let found = '';
  for (const letter of letters) {
    if (wanted.includes(letter)) found += letter;
  }
  return found;
}
