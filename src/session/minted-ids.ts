import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { customAlphabet } from 'nanoid';
import type { Letter } from './letter.ts';
import { isMintedForm } from './session-id.ts';

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
