import type { MemcachedRead } from '../command.ts';
import { readExptime } from '../decimal.ts';
import type { Exptime } from '../exptime.ts';
import { isSoughtWord } from '../key.ts';
import {
  BAD_FORMAT,
  command,
  INVALID_EXPTIME,
  refused,
  type LineParser,
  type LineRequest,
} from '../line/line-request.ts';
import type { ProtocolLimits } from '../limits.ts';
import { clientError, UNKNOWN_COMMAND } from '../reply.ts';
import type { ValuesShape } from '../reply-shape.ts';

const TOO_MANY_KEYS = clientError('too many keys');

/** `get <key>+` */
export const parseGet: LineParser = (words, limits) => get(words, false, limits);

/** `gets <key>+` */
export const parseGets: LineParser = (words, limits) => get(words, true, limits);

/** `gat <exptime> <key>*`: memcached answers END where there is no key. */
export const parseGat: LineParser = (words, limits) => getAndTouch(words, false, limits);

/** `gats <exptime> <key>*` */
export const parseGats: LineParser = (words, limits) => getAndTouch(words, true, limits);

function get(words: readonly string[], hasCas: boolean, limits: ProtocolLimits): LineRequest {
  if (words.length < 2) return refused(UNKNOWN_COMMAND);
  return reads(words.slice(1), undefined, hasCas, limits);
}

function getAndTouch(words: readonly string[], hasCas: boolean, limits: ProtocolLimits): LineRequest {
  const [, exptimeWord, ...keys] = words;
  if (exptimeWord === undefined) return refused(UNKNOWN_COMMAND);
  const exptime = readExptime(exptimeWord);
  return exptime === undefined ? refused(INVALID_EXPTIME) : reads(keys, exptime, hasCas, limits);
}

function reads(
  keys: readonly string[],
  touch: Exptime | undefined,
  hasCas: boolean,
  limits: ProtocolLimits,
): LineRequest {
  if (keys.length > limits.readKeys) return refused(TOO_MANY_KEYS);
  if (!keys.every(isSoughtWord)) return refused(BAD_FORMAT);
  const shape: ValuesShape = { protocol: 'text', answer: 'values', keys, hasCas };
  const [only] = keys;
  if (only !== undefined && keys.length === 1) return command(readOf(only, touch), shape);
  return { kind: 'reads', reads: keys.map((key) => readOf(key, touch)), shape };
}

function readOf(key: string, touch: Exptime | undefined): MemcachedRead {
  return { kind: 'read', key, touch, vivify: undefined, recache: undefined, isPeek: false };
}
