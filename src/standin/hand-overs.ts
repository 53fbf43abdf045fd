import type { OfferedEstate } from '../mesh/message.ts';
import type { Letter } from '../session/letter.ts';
import type { Account } from './estates.ts';

interface HandOver {
  readonly offer: Pick<OfferedEstate, 'complete' | 'gapsBy' | 'forgetsUnminted'>;
  readonly collected: number;
}

/** What each peer that joins was offered and has collected: whether it has all of an account when it takes that over. */
export class HandOvers {
  readonly #handOvers = new Map<Letter, Map<number, HandOver>>();

  /** A node that is offered it anew has to collect anew: it may have begun from the start, or not want it any more. */
  offered(to: Letter, { account, complete, gapsBy, forgetsUnminted }: OfferedEstate): void {
    this.#of(to).set(account, { offer: { complete, gapsBy, forgetsUnminted }, collected: 0 });
  }

  collected(by: Letter, account: number, cursor: number): void {
    const known = this.#of(by).get(account);
    if (known !== undefined) this.#of(by).set(account, { ...known, collected: cursor });
  }

  /** Whether the peer knows all that stands in this account now. */
  isWhole(by: Letter, { number, estate }: Account): boolean {
    if (estate.isUntouched) return true;
    const known = this.#of(by).get(number);
    if (known === undefined || known.collected < estate.lastNote) return false;
    const { complete, gapsBy, forgetsUnminted } = known.offer;
    if (forgetsUnminted !== estate.forgetsUnminted) return false;
    return complete === estate.isComplete && gapsBy.length === estate.gapsBy.length;
  }

  /** It has joined. */
  forget(peer: Letter): void {
    this.#handOvers.delete(peer);
  }

  #of(peer: Letter): Map<number, HandOver> {
    const known = this.#handOvers.get(peer) ?? new Map<number, HandOver>();
    this.#handOvers.set(peer, known);
    return known;
  }
}
