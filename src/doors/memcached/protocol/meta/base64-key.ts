/**
 * The key that a base64 word stands for, one character per byte; undefined if it is not base64 as one writes it, with
 * its padding. (memcached skips characters that are not base64. Two words for one key are one too many here.)
 */
export function decodeKey(word: string): string | undefined {
  const bytes = Buffer.from(word, 'base64');
  return bytes.toString('base64') === word ? bytes.toString('latin1') : undefined;
}
