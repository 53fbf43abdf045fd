import type { Letter } from '../session/letter.ts';

/** Where ids live, as steering needs to know it. */
export interface Ownership {
  readonly letter: Letter;
  /** Whether this node is alone in its map: then every id is local. */
  readonly isAlone: boolean;
  ownerOf(id: string): Letter;
}

/**
 * PHP reserves an id with an empty placeholder and draws three times in all before it gives up with a fatal error, so it
 * is refused at most twice in a row.
 */
const PLACEHOLDER_REFUSALS = 2;

/**
 * Django draws up to 10,000 times and Rack without a limit, at some 100 µs each. One letter in 36 is ours, so that after a
 * thousand draws there is a local id but for one case in a million million.
 */
const MOST_REFUSALS = 1000;

/** Ids that a client has drawn at random, and can draw again. The shortest is PHP's. */
const DRAWN_FORM = /^[0-9A-Za-z,_-]{22,}$/;

/** What Rack makes of an id before it is a key: the cookie has another first letter anyway. */
const DIGEST_FORM = /^[0-9a-f]{64}$/;

/** Alphabets that ids are drawn from, by what they look like; each holds those before it. */
const ALPHABETS: readonly RegExp[] = [/^[0-9a-f]+$/, /^[0-9a-z]+$/, /^[0-9A-Za-z,_-]+$/];

/**
 * Has one client draw again until the id of its new session is local: its `add` is answered as if the id were taken. That
 * is all that an unmodified client understands, and it costs no more than another try over loopback.
 */
export class Steering {
  readonly #ownership: Ownership;
  #inARow = 0;
  #lastRefused = '';

  constructor(ownership: Ownership) {
    this.#ownership = ownership;
  }

  /** Whether to refuse the add of this id. Who comes with the same id again does not draw, and is let through. */
  refuses(id: string, isPlaceholder: boolean): boolean {
    const most = isPlaceholder ? PLACEHOLDER_REFUSALS : MOST_REFUSALS;
    const isRefused =
      DRAWN_FORM.test(id) && id !== this.#lastRefused && this.#inARow < most && !this.#isLocal(id, isPlaceholder);
    this.#inARow = isRefused ? this.#inARow + 1 : 0;
    this.#lastRefused = isRefused ? id : '';
    return isRefused;
  }

  /**
   * An id of no mapped letter may be ours by hashing. A client that draws for long gets one that begins with our letter, where
   * it can: balancers read that from the cookie.
   */
  #isLocal(id: string, isPlaceholder: boolean): boolean {
    const { letter, isAlone } = this.#ownership;
    if (isAlone || id.startsWith(letter)) return true;
    if (this.#ownership.ownerOf(id) !== letter) return false;
    return isPlaceholder || DIGEST_FORM.test(id) || !canBegin(id, letter);
  }
}

/** Whether an id that is drawn like this one can begin with the letter. */
function canBegin(id: string, letter: Letter): boolean {
  return ALPHABETS.find((alphabet) => alphabet.test(id))?.test(letter) ?? false;
}
