import type { Arithmetic, MemcachedCommand } from '../command.ts';
import { readExptime, readU64 } from '../decimal.ts';
import { isKey, isSoughtWord } from '../key.ts';
import {
  BAD_FORMAT,
  command,
  INVALID_EXPTIME,
  refused,
  type LineParser,
  type LineRequest,
} from '../line/line-request.ts';
import { clientError, UNKNOWN_COMMAND, type ErrorReply } from '../reply.ts';
import { LINE } from '../reply-shape.ts';
import { shapeOf } from './noreply.ts';

const DELETE_USAGE = clientError('bad command line format.  Usage: delete <key> [noreply]');
const INVALID_DELTA = clientError('invalid numeric delta argument');

/** The time that a very old delete could take, of which only 0 is left. */
const NO_HOLD = '0';

/** `delete <key> [0] [noreply]` */
export const parseDelete: LineParser = (words) => {
  if (words.length < 2 || words.length > 4) return refused(UNKNOWN_COMMAND);
  const [, key = '', ...rest] = words;
  const shape = rest.length === 0 ? LINE : shapeOf(rest);
  const others = shape === LINE ? rest : rest.slice(0, -1);
  if (others.length > 1 || others.some((word) => word !== NO_HOLD)) return refused(DELETE_USAGE, shape);
  if (!isSoughtWord(key)) return refused(BAD_FORMAT, shape);
  return command({ kind: 'delete', key, cas: undefined }, shape);
};

/** `incr <key> <delta> [noreply]` */
export const parseIncr: LineParser = (words) => arithmetic('incr', words);

/** `decr <key> <delta> [noreply]` */
export const parseDecr: LineParser = (words) => arithmetic('decr', words);

function arithmetic(direction: Arithmetic['direction'], words: readonly string[]): LineRequest {
  return withKeyAndNumber(words, isKey, INVALID_DELTA, readU64, (key, delta) => ({
    kind: 'arithmetic',
    direction,
    key,
    delta,
    initial: undefined,
    touch: undefined,
    cas: undefined,
  }));
}

/** `touch <key> <exptime> [noreply]` */
export const parseTouch: LineParser = (words) =>
  withKeyAndNumber(words, isSoughtWord, INVALID_EXPTIME, readExptime, (key, exptime) => ({
    kind: 'touch',
    key,
    exptime,
  }));

/** A key and a number, then perhaps `noreply`. Another word there means that the key had a space in it: refused. */
function withKeyAndNumber<Value>(
  words: readonly string[],
  isAllowedKey: (key: string) => boolean,
  invalidNumber: ErrorReply,
  readNumber: (word: string) => Value | undefined,
  toCommand: (key: string, value: Value) => MemcachedCommand,
): LineRequest {
  if (words.length !== 3 && words.length !== 4) return refused(UNKNOWN_COMMAND);
  const [, key = '', number = ''] = words;
  const shape = shapeOf(words);
  if (!isAllowedKey(key)) return refused(BAD_FORMAT, shape);
  const value = readNumber(number);
  if (value === undefined) return refused(invalidNumber, shape);
  if (words.length === 4 && shape === LINE) return refused(BAD_FORMAT);
  return command(toCommand(key, value), shape);
}
