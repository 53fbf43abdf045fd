import { readExptime, readU32 } from '../decimal.ts';
import { BAD_FORMAT, command, INVALID_EXPTIME, refused, type LineParser } from '../line/line-request.ts';
import { UNKNOWN_COMMAND } from '../reply.ts';
import { LINE, SILENT } from '../reply-shape.ts';
import { shapeOf } from './noreply.ts';

/** `version`; further words do not matter to memcached. */
export const parseVersion: LineParser = () => command({ kind: 'version' }, LINE);

/** `quit`: closes without an answer; further words do not matter either. */
export const parseQuit: LineParser = () => command({ kind: 'quit' }, SILENT);

/** `stats [argument]` */
export const parseStats: LineParser = (words) => command({ kind: 'stats', argument: words.slice(1).join(' ') }, LINE);

/** `verbosity <level> [noreply]` */
export const parseVerbosity: LineParser = (words) => {
  if (words.length !== 2 && words.length !== 3) return refused(UNKNOWN_COMMAND);
  const [, levelWord = ''] = words;
  const shape = shapeOf(words);
  const level = readU32(levelWord);
  if (level === undefined || (words.length === 3 && shape === LINE)) return refused(BAD_FORMAT, shape);
  return command({ kind: 'verbosity', level }, shape);
};

/** `flush_all [exptime] [noreply]` */
export const parseFlushAll: LineParser = (words) => {
  if (words.length > 3) return refused(UNKNOWN_COMMAND);
  const shape = shapeOf(words);
  const [, exptimeWord, ...rest] = shape === SILENT ? words.slice(0, -1) : words;
  const exptime = exptimeWord === undefined ? 0 : readExptime(exptimeWord);
  if (exptime === undefined) return refused(INVALID_EXPTIME, shape);
  if (rest.length > 0) return refused(BAD_FORMAT, shape);
  return command({ kind: 'flush-all', exptime }, shape);
};
