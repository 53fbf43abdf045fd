/** The longest key of the memcached protocols. */
export const MAX_KEY_BYTES = 250;

/**
 * Bytes that a key may have. Control bytes, space and 0x7F are refused in every protocol, also where the framing would
 * carry them. Bytes from 0x80 on are taken as they are: clients send UTF-8 keys, and memcached keeps them.
 */
const KEY = /^[\x21-\x7e\x80-\xff]{1,250}$/;
const PRINTABLE = /^[\x21-\x7e\x80-\xff]*$/;

/** Whether these bytes, one character each (latin1), are a key. */
export function isKey(bytes: string): boolean {
  return KEY.test(bytes);
}

/**
 * Whether a read, touch or delete may name these bytes. Of those that are no key, memcached's clients pass on what a browser
 * brought as a cookie: nothing can be stored under it, so that it is not there, and a client that is told so goes on.
 */
export function isSoughtKey(bytes: string): boolean {
  return bytes.length > 0 && bytes.length <= MAX_KEY_BYTES;
}

/** The same, as a word of a line. A client that sends a CR there takes it for the end of the line: it is not certain what was asked. */
export function isSoughtWord(word: string): boolean {
  return isSoughtKey(word) && !word.includes('\r');
}

/** Whether a word of a command line, one character per byte, has only bytes that a key may have. */
export function isPrintable(word: string): boolean {
  return PRINTABLE.test(word);
}
