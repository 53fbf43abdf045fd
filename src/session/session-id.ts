import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { customAlphabet } from 'nanoid';
import { isLetter, type Letter, type LetterMap } from './letter.ts';

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

const CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

/** 22 characters of 36: 113 bits that nobody can guess, the letter not counted (S4). */
const RANDOM_LENGTH = 22;

/** 4 characters of 36: one made-up id in 1.7 million passes for a minted one. */
const CHECK_LENGTH = 4;
const CHECKS = CHARACTERS.length ** CHECK_LENGTH;

/** Names what the key is for, so that no two uses share a key. */
const KEY_LABEL = 'maglia minted ids v1';
const KEY_BYTES = 32;

/** Of the mesh that has no secret, which is one machine's. There anybody can make ids that pass for minted ones. */
const NO_SECRET = Buffer.from('a mesh without a secret');

/** As many bytes of the code as a whole number can be read from; all other bits of it are not needed. */
const CODE_BYTES = 6;

const drawRandom = customAlphabet(CHARACTERS, RANDOM_LENGTH);

/**
 * The ids that the nodes of one mesh mint. The last four characters are a check over the rest, with a key that comes from the
 * cluster's secret: so every node can tell, without asking anybody, an id that some node minted from one that a visitor, or
 * a client of the memcached door, made up. It decides what a stand-in's record has room for, and never whom an id lets in.
 */
export class MintedIds {
  readonly #key: KeyObject;

  /** @param secret the cluster's; undefined where it has none */
  constructor(secret: Buffer | undefined) {
    this.#key = createSecretKey(
      Buffer.from(hkdfSync('sha256', secret ?? NO_SECRET, Buffer.alloc(0), KEY_LABEL, KEY_BYTES)),
    );
  }

  /** Draws a new id for the node of this letter. The caller reserves it in the store before anyone sees it (S4). */
  draw(letter: Letter): string {
    const unique = letter + drawRandom();
    return unique + this.#checkOf(unique);
  }

  /** Whether a node of this mesh minted it, under the secret of today. */
  isMinted(id: string): boolean {
    return isMintedForm(id) && id.slice(-CHECK_LENGTH) === this.#checkOf(id.slice(0, -CHECK_LENGTH));
  }

  #checkOf(unique: string): string {
    const code = createHmac('sha256', this.#key).update(unique).digest().readUIntBE(0, CODE_BYTES);
    return (code % CHECKS).toString(CHARACTERS.length).padStart(CHECK_LENGTH, '0');
  }
}
