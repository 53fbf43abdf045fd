import type { ProtocolLimits } from '../limits.ts';
import { UNKNOWN_COMMAND } from '../reply.ts';
import { SILENT } from '../reply-shape.ts';
import { parseMetaArithmetic } from '../meta/meta-arithmetic.ts';
import { parseMetaDelete } from '../meta/meta-delete.ts';
import { parseMetaGet } from '../meta/meta-get.ts';
import { parseMetaInspect } from '../meta/meta-inspect.ts';
import { parseMetaNoop } from '../meta/meta-noop.ts';
import { parseMetaSet } from '../meta/meta-set.ts';
import { parseFlushAll, parseQuit, parseStats, parseVerbosity, parseVersion } from '../text/administration.ts';
import { parseDecr, parseDelete, parseIncr, parseTouch } from '../text/changes.ts';
import { parseGat, parseGats, parseGet, parseGets } from '../text/reads.ts';
import { parseAdd, parseAppend, parseCas, parsePrepend, parseReplace, parseSet } from '../text/stores.ts';
import { fatal, refused, type LineParser, type LineRequest } from './line-request.ts';

/** Every command of the text and meta protocols that we know. */
const PARSERS: ReadonlyMap<string, LineParser> = new Map([
  ['get', parseGet],
  ['gets', parseGets],
  ['gat', parseGat],
  ['gats', parseGats],
  ['set', parseSet],
  ['add', parseAdd],
  ['replace', parseReplace],
  ['append', parseAppend],
  ['prepend', parsePrepend],
  ['cas', parseCas],
  ['delete', parseDelete],
  ['incr', parseIncr],
  ['decr', parseDecr],
  ['touch', parseTouch],
  ['version', parseVersion],
  ['verbosity', parseVerbosity],
  ['stats', parseStats],
  ['flush_all', parseFlushAll],
  ['quit', parseQuit],
  ['mg', parseMetaGet],
  ['ms', parseMetaSet],
  ['md', parseMetaDelete],
  ['ma', parseMetaArithmetic],
  ['me', parseMetaInspect],
  ['mn', parseMetaNoop],
]);

/** What the words of a command line ask for. */
export function parseLine(words: readonly string[], limits: ProtocolLimits): LineRequest {
  const [word] = words;
  const parse = word === undefined ? undefined : PARSERS.get(word);
  if (parse !== undefined) return parse(words, limits);
  // A browser, or someone using one: hang up without a word, as memcached does.
  if (words.at(-1)?.startsWith('HTTP/') === true) return fatal(UNKNOWN_COMMAND, SILENT);
  return refused(UNKNOWN_COMMAND);
}
