import { isSoughtKey, isSoughtWord } from '../key.ts';
import { BAD_FORMAT, command, refused, type LineParser } from '../line/line-request.ts';
import { decodeKey } from './base64-key.ts';

const ENCODED = 'b';

/** `me <key> [b]`; memcached takes b only there, and ignores everything else. */
export const parseMetaInspect: LineParser = (words) => {
  const [, keyWord = '', flag] = words;
  const isEncodedKey = flag === ENCODED;
  const key = isEncodedKey ? decodeKey(keyWord) : keyWord;
  if (key === undefined || !isSoughtKey(key) || !isSoughtWord(keyWord)) return refused(BAD_FORMAT);
  return command(
    { kind: 'inspect', key },
    {
      protocol: 'meta',
      word: 'me',
      returns: '',
      key: keyWord,
      isEncodedKey,
      opaque: '',
      hasValue: false,
      isQuiet: false,
    },
  );
};
