import type { Letter } from '../session/letter.ts';
import type { Estate } from './estate.ts';

/** The estates of the dead owners, one per letter, from the death of the owner until they are handed back. */
export class Estates {
  readonly #open: (owner: Letter, isComplete: boolean) => Estate;
  readonly #estates = new Map<Letter, Estate>();

  constructor(open: (owner: Letter, isComplete: boolean) => Estate) {
    this.#open = open;
  }

  /** Opens the estate of an owner that was declared dead, unless it is open. */
  begin(owner: Letter, isComplete: boolean): Estate {
    const estate = this.#estates.get(owner) ?? this.#open(owner, isComplete);
    this.#estates.set(owner, estate);
    return estate;
  }

  get(owner: Letter): Estate | undefined {
    return this.#estates.get(owner);
  }

  /** Frees what clients of this node hold or queue for, of all dead owners' sessions. */
  releaseLocksOf(holder: Letter): void {
    for (const estate of this.#estates.values()) estate.releaseLocksOf(holder);
  }

  /** The estate has been handed over, or is void. */
  drop(owner: Letter): void {
    this.#estates.delete(owner);
  }
}
