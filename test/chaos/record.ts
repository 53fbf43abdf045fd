import type { Act, Deed, Outcome } from '../support/sim/history.ts';
import type { Letter } from '../../src/session/letter.ts';

/** How a visitor came in: at a daemon's own door, at one host's pages, or through the balancer. */
export type Via = 'door' | 'page' | 'balancer';

/** A deed of the simulation's kind, done to real hosts. Times are this process's own, in milliseconds. */
export interface ChaosDeed extends Omit<Deed, 'wasStopped'> {
  readonly via: Via;
  /** When any answer came, be it that a page or balancer waited in vain; Infinity where none did. */
  readonly answeredAt: number;
}

export interface NewDeed {
  /** Who was asked; behind a balancer, who answered, or anybody where nobody did. */
  readonly node: Letter;
  readonly via: Via;
  readonly act: Act;
  readonly begunAt: number;
  readonly outcome: Outcome;
  readonly isAnswered: boolean;
}

/** Everything that visitors asked and were told, in the order in which they were told. */
export class Record {
  readonly deeds: ChaosDeed[] = [];
  /** Whose session an id is. */
  readonly lineages = new Map<string, string>();
  #numbers = 0;

  /** A number for one write, so that whoever reads it back knows whose it is. */
  draw(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  add({ node, via, act, begunAt, outcome, isAnswered }: NewDeed): void {
    const now = performance.now();
    const number = this.deeds.length + 1;
    // Lost on the way: it may be carried out at any time.
    const endedAt = outcome.kind === 'lost' ? Infinity : now;
    const answeredAt = isAnswered ? now : Infinity;
    this.deeds.push({ number, node, via, act, begunAt, endedAt, answeredAt, outcome });
  }

  /** An id belongs to whoever was given it first. */
  claim(id: string, lineage: string): void {
    if (!this.lineages.has(id)) this.lineages.set(id, lineage);
  }
}
