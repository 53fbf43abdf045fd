/** The letters a node can have, in the order that the map keeps: `a-z`, then `A-Z`, then `0-9` (62 nodes at most). */
export const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

declare const letterBrand: unique symbol;

/** The one character that names a node, and with which the ids that it mints begin. */
export type Letter = string & { readonly [letterBrand]: true };

export function isLetter(text: string): text is Letter {
  return text.length === 1 && ALPHABET.includes(text);
}

/** Map order: the place in the alphabet. */
export function compareLetters(a: Letter, b: Letter): number {
  return ALPHABET.indexOf(a) - ALPHABET.indexOf(b);
}
