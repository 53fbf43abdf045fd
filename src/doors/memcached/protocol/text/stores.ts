import type { MemcachedStoreMode } from '../command.ts';
import { readCas, readExptime, readU32 } from '../decimal.ts';
import { isKey } from '../key.ts';
import { itemBytes, LARGEST_VALUE_BYTES, type ProtocolLimits } from '../limits.ts';
import {
  BAD_FORMAT,
  fatal,
  oversized,
  refusedWithValue,
  type LineParser,
  type LineRequest,
} from '../line/line-request.ts';
import { UNKNOWN_COMMAND } from '../reply.ts';
import { LINE } from '../reply-shape.ts';
import { shapeOf } from './noreply.ts';

/** `set <key> <flags> <exptime> <bytes> [noreply]`, and the same for those without a cas below. */
export const parseSet: LineParser = (words, limits) => store('set', words, limits);
export const parseAdd: LineParser = (words, limits) => store('add', words, limits);
export const parseReplace: LineParser = (words, limits) => store('replace', words, limits);
export const parseAppend: LineParser = (words, limits) => store('append', words, limits);
export const parsePrepend: LineParser = (words, limits) => store('prepend', words, limits);

/** `cas <key> <flags> <exptime> <bytes> <cas> [noreply]` */
export const parseCas: LineParser = (words, limits) => store('cas', words, limits);

/**
 * Any doubt about the form of the line is a doubt about where its value ends, and closes: a key with a space in it would
 * otherwise turn the value into commands. Only an unusable key or a size over the limit, in a line that is in order
 * otherwise, costs no more than the request.
 */
function store(mode: MemcachedStoreMode, words: readonly string[], limits: ProtocolLimits): LineRequest {
  const ownWords = mode === 'cas' ? 6 : 5;
  if (words.length !== ownWords && words.length !== ownWords + 1) return fatal(UNKNOWN_COMMAND);
  const shape = shapeOf(words);
  if (words.length > ownWords && shape === LINE) return fatal(BAD_FORMAT);

  const [, key = '', flagsWord = '', exptimeWord = '', bytesWord = '', casWord = ''] = words;
  const flags = readU32(flagsWord);
  const exptime = readExptime(exptimeWord);
  const valueBytes = readU32(bytesWord);
  const cas = mode === 'cas' ? readCas(casWord) : undefined;
  if (flags === undefined || exptime === undefined || valueBytes === undefined) return fatal(BAD_FORMAT, shape);
  if (valueBytes > LARGEST_VALUE_BYTES || (mode === 'cas' && cas === undefined)) return fatal(BAD_FORMAT, shape);

  if (!isKey(key)) return refusedWithValue(BAD_FORMAT, valueBytes, shape);
  if (itemBytes(key.length, flags, valueBytes) > limits.itemBytes) return oversized(key, valueBytes, shape);
  return {
    kind: 'store',
    store: { kind: 'store', mode, key, flags, exptime, cas, isInvalidating: false },
    valueBytes,
    shape,
  };
}
