import { command, refused, type LineParser } from '../line/line-request.ts';
import { has, metaShape, opaqueProblem, readMetaLine, TERSE_ERRORS, type MetaRules } from './meta-line.ts';

const RETURNABLE = 'Ok';

const RULES: MetaRules = { ...TERSE_ERRORS, stores: () => false };

/** `md <key> <flag>*` */
export const parseMetaDelete: LineParser = (words) => {
  const line = readMetaLine(words, 2, RULES);
  if (line.kind !== 'line') return refused(line);
  const { key, flags } = line;
  const problem = opaqueProblem(flags);
  if (problem !== undefined) return refused(problem);
  const shape = metaShape('md', line, RETURNABLE);
  return has(flags, 'I')
    ? command({ kind: 'mark-stale', key, cas: flags.cas, exptime: flags.touch }, shape)
    : command({ kind: 'delete', key, cas: flags.cas }, shape);
};
