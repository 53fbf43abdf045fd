import { createHash } from 'node:crypto';
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

function rendezvousLetter(id: string, map: LetterMap): Letter {
  let best = map.letters[0];
  let bestScore = '';
  for (const letter of map.letters) {
    const score = createHash('sha1').update(letter).update(id).digest('hex');
    if (score > bestScore) {
      best = letter;
      bestScore = score;
    }
  }
  if (best === undefined) throw new RangeError('the map is empty');
  return best;
}

/** What logs may show of an id (S9): its letter and four characters. */
export function shortenId(id: string): string {
  return id.length <= 5 ? `${id.slice(0, 1)}…` : `${id.slice(0, 5)}…`;
}
