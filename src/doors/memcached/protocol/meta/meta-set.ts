import type { MemcachedStoreMode } from '../command.ts';
import { readU32 } from '../decimal.ts';
import { itemBytes, LARGEST_VALUE_BYTES } from '../limits.ts';
import { BAD_FORMAT, fatal, oversized, refused, refusedWithValue, type LineParser } from '../line/line-request.ts';
import { clientError, UNKNOWN_COMMAND } from '../reply.ts';
import { has, metaShape, opaqueProblem, readMetaLine, TOO_MANY_FLAGS, type MetaRules } from './meta-line.ts';

const RETURNABLE = 'Okc';

const RULES: MetaRules = { tooManyFlags: TOO_MANY_FLAGS, badFlag: undefined, stores: () => true };

const MODES: ReadonlyMap<string, MemcachedStoreMode> = new Map([
  ['', 'set'],
  ['S', 'set'],
  ['E', 'add'],
  ['A', 'append'],
  ['P', 'prepend'],
  ['R', 'replace'],
]);

const INVALID_MODE = clientError('invalid mode for ms M token');

const LETTER = /^[A-Za-z]/;

/** `ms <key> <bytes> <flag>*` */
export const parseMetaSet: LineParser = (words, limits) => {
  const [, keyWord, bytesWord] = words;
  if (keyWord === undefined) return refused(UNKNOWN_COMMAND);
  const valueBytes = bytesWord === undefined ? undefined : readU32(bytesWord);
  if (valueBytes === undefined || valueBytes > LARGEST_VALUE_BYTES) return fatal(BAD_FORMAT);

  const line = readMetaLine(words, 3, RULES);
  if (line.kind !== 'line') {
    // A word that cannot be a flag may be the true length: then the key had a space in it.
    const isLengthSure = words.slice(3).every((word) => LETTER.test(word));
    return isLengthSure ? refusedWithValue(line, valueBytes) : fatal(line);
  }
  const { key, flags } = line;
  const mode = MODES.get(flags.mode);
  if (mode === undefined) return refusedWithValue(INVALID_MODE, valueBytes);
  const problem = opaqueProblem(flags);
  if (problem !== undefined) return refusedWithValue(problem, valueBytes);
  if (itemBytes(key.length, flags.clientFlags, valueBytes) > limits.itemBytes) {
    return oversized(key, valueBytes);
  }

  const withCas = storeWithCas(mode, flags.cas);
  return {
    kind: 'store',
    store: {
      kind: 'store',
      mode: withCas.mode,
      key,
      flags: flags.clientFlags,
      exptime: flags.touch ?? 0,
      cas: withCas.cas,
      isInvalidating: withCas.mode === 'cas' && has(flags, 'I'),
    },
    valueBytes,
    shape: metaShape('ms', line, RETURNABLE),
  };
};

/** A cas makes set and replace a compare-and-set; append and prepend heed one that is not 0; add heeds none. As memcached does it. */
function storeWithCas(
  mode: MemcachedStoreMode,
  cas: number | undefined,
): { mode: MemcachedStoreMode; cas: number | undefined } {
  if (cas === undefined || mode === 'add') return { mode, cas: undefined };
  if (mode === 'set' || mode === 'replace') return { mode: 'cas', cas };
  return { mode, cas: cas === 0 ? undefined : cas };
}
