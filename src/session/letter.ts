import { createHash } from 'node:crypto';

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

/** Where a node's mesh port is reached. */
export interface MeshAddress {
  readonly host: string;
  readonly port: number;
}

/** The rule by which ids find their owner (`ownerLetter`). Part of the digest: nodes with two rules must not meet. */
const PLACEMENT_RULE = 'placement 2';

/** The cluster's letter => address map, the same on every node. Immutable; its order is the alphabet's. */
export class LetterMap {
  readonly letters: readonly Letter[];
  /** Tells two maps apart: equal digests mean equal letters, equal addresses, and one rule of placement. */
  readonly digest: string;
  /** Tells apart maps, or rules, by which an id may have different owners. */
  readonly placement: string;
  readonly #addresses: ReadonlyMap<Letter, MeshAddress>;

  constructor(addresses: ReadonlyMap<Letter, MeshAddress>) {
    this.letters = [...addresses.keys()].sort(compareLetters);
    this.#addresses = new Map(addresses);
    this.placement = `${PLACEMENT_RULE}: ${this.letters.join('')}`;
    const canonical = this.letters.map((letter) => `${letter}=>${formatAddress(this.address(letter))}`).join(',');
    this.digest = createHash('sha256').update(`${PLACEMENT_RULE},${canonical}`).digest('hex').slice(0, 16);
  }

  has(letter: Letter): boolean {
    return this.#addresses.has(letter);
  }

  /** @throws RangeError for a letter that is not in the map: ask `has` first. */
  address(letter: Letter): MeshAddress {
    const address = this.#addresses.get(letter);
    if (address === undefined) throw new RangeError(`letter ${letter} is not in the map`);
    return address;
  }

  /** Every letter but this one, beginning with the next in map order and going round. */
  lettersAfter(letter: Letter): Letter[] {
    const at = this.letters.indexOf(letter);
    return [...this.letters.slice(at + 1), ...this.letters.slice(0, at)];
  }
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatAddress(address: MeshAddress): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
