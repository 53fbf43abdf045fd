import { isLetter, type Letter } from './letter.ts';
import type { LetterMap } from './letter-map.ts';

const MINTED_FORM = /^[0-9a-zA-Z][0-9a-z]{26}$/;

/** A key of a general memcached client; what does not fit here is `malformed`. */
const KEY_FORM = /^[\x21-\x7e]{1,250}$/;

/**
 * Whether the text has the form of an id that some node minted: a letter and 26 characters of `[0-9a-z]`. Whether one did is
 * what `MintedIds` knows.
 */
export function isMintedForm(text: string): boolean {
  return MINTED_FORM.test(text);
}

/** Whether the text can be a session's id or key at all: 1 to 250 printable ASCII characters without space. */
export function isKeyForm(text: string): boolean {
  return KEY_FORM.test(text);
}

/**
 * The letter of the node that answers for an id: its first character where that is a mapped letter, else the letter
 * that rendezvous hashing over the whole id picks, so that every possible id has exactly one owner.
 */
export function ownerLetter(id: string, map: LetterMap): Letter {
  const first = id.slice(0, 1);
  if (isLetter(first) && map.has(first)) return first;
  return rendezvousLetter(id, map);
}

/** Rendezvous hashing: the letter that weighs most for this id. Taking a letter away moves only the ids that it had. */
function rendezvousLetter(id: string, map: LetterMap): Letter {
  const hash = hashOf(id);
  let best = map.letters[0];
  let bestWeight = -1;
  for (const letter of map.letters) {
    const weight = scrambled(hash ^ scrambled(letter.charCodeAt(0))) >>> 0;
    if (weight > bestWeight) {
      best = letter;
      bestWeight = weight;
    }
  }
  if (best === undefined) throw new RangeError('the map is empty');
  return best;
}

/** FNV-1a, 32 bits, once for an id: https://datatracker.ietf.org/doc/html/draft-eastlake-fnv */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
}

/** The last step of MurmurHash3: each bit of the word decides about each bit of the outcome. */
function scrambled(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** What logs may show of an id (S9): its letter and four characters. */
export function shortenId(id: string): string {
  return id.length <= 5 ? `${id.slice(0, 1)}…` : `${id.slice(0, 5)}…`;
}
