import type { Arithmetic } from '../command.ts';
import { command, refused, type LineParser } from '../line/line-request.ts';
import { clientError } from '../reply.ts';
import { metaShape, opaqueProblem, readMetaLine, TERSE_ERRORS, type MetaRules } from './meta-line.ts';

const RETURNABLE = 'ctOk';

const RULES: MetaRules = { ...TERSE_ERRORS, stores: () => true };

const MODES: ReadonlyMap<string, Arithmetic['direction']> = new Map([
  ['', 'incr'],
  ['I', 'incr'],
  ['+', 'incr'],
  ['D', 'decr'],
  ['-', 'decr'],
]);

const INVALID_MODE = clientError('invalid mode for ma M token');

/** `ma <key> <flag>*` */
export const parseMetaArithmetic: LineParser = (words) => {
  const line = readMetaLine(words, 2, RULES);
  if (line.kind !== 'line') return refused(line);
  const { key, flags } = line;
  const direction = MODES.get(flags.mode);
  if (direction === undefined) return refused(INVALID_MODE);
  const problem = opaqueProblem(flags);
  if (problem !== undefined) return refused(problem);
  return command(
    {
      kind: 'arithmetic',
      direction,
      key,
      delta: flags.delta ?? 1n,
      initial: flags.vivify === undefined ? undefined : { value: flags.initial ?? 0n, exptime: flags.vivify },
      touch: flags.touch,
      // 0 asks for nothing there, as in the binary protocol.
      cas: flags.cas === 0 ? undefined : flags.cas,
    },
    metaShape('ma', line, RETURNABLE),
  );
};
