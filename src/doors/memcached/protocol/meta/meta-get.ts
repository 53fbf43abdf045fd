import { command, refused, type LineParser } from '../line/line-request.ts';
import { clientError } from '../reply.ts';
import { has, metaShape, opaqueProblem, readMetaLine, type MetaRules } from './meta-line.ts';

const RETURNABLE = 'stcflhOk';

const RULES: MetaRules = {
  tooManyFlags: clientError('options flags are too long'),
  badFlag: undefined,
  stores: (flags) => has(flags, 'N'),
};

/** `mg <key> <flag>*` */
export const parseMetaGet: LineParser = (words) => {
  const line = readMetaLine(words, 2, RULES);
  if (line.kind !== 'line') return refused(line);
  const { key, flags } = line;
  const problem = opaqueProblem(flags);
  if (problem !== undefined) return refused(problem);
  return command(
    {
      kind: 'read',
      key,
      touch: flags.touch,
      vivify: flags.vivify,
      recache: flags.recache,
      isPeek: has(flags, 'u'),
    },
    metaShape('mg', line, RETURNABLE),
  );
};
