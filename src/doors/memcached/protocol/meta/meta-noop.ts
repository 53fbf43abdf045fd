import { command, type LineParser } from '../line/line-request.ts';
import type { MetaShape } from '../reply-shape.ts';

const SHAPE: MetaShape = {
  protocol: 'meta',
  word: 'mn',
  returns: '',
  key: '',
  isEncodedKey: false,
  opaque: '',
  hasValue: false,
  isQuiet: false,
};

/** `mn`; memcached ignores further words. */
export const parseMetaNoop: LineParser = () => command({ kind: 'noop' }, SHAPE);
