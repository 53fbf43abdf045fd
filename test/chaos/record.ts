import type { Act, Deed, Outcome } from '../support/sim/history.ts';
import type { Letter } from '../../src/session/letter.ts';

/** How a visitor came in: at a daemon's own door, at one host's pages, or through the balancer. */
export type Via = 'door' | 'page' | 'balancer';

/** A deed of the simulation's kind, done to real hosts. Times are this process's own, in milliseconds. */
export interface ChaosDeed extends Omit<Deed, 'wasStopped'> {
  readonly via: Via;
}

export interface NewDeed {
  /** Who was asked; behind a balancer, who answered, or anybody where nobody did. */
  readonly node: Letter;
  readonly via: Via;
  readonly act: Act;
  readonly begunAt: number;
  readonly outcome: Outcome;
  /** Behind a page that asks twice, when the page was there. */
  readonly endedAt?: number;
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

  add({ node, via, act, begunAt, outcome, endedAt = performance.now() }: NewDeed): void {
    const number = this.deeds.length + 1;
    const isOver = outcome.kind !== 'lost';
    this.deeds.push({ number, node, via, act, begunAt, endedAt: isOver ? endedAt : Infinity, outcome });
  }

  /** An id belongs to whoever was given it first. */
  claim(id: string, lineage: string): void {
    if (!this.lineages.has(id)) this.lineages.set(id, lineage);
  }
}
