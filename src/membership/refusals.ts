import type { Clock } from '../clock.ts';
import type { Refusal } from '../mesh/admissions.ts';
import type { Letter } from '../session/letter.ts';

/** A refusal and when it happened, on the monotonic clock. */
export interface DatedRefusal extends Refusal {
  readonly at: number;
}

const STRANGERS_KEPT = 16;

/** Remembers whom this node refused and why, for `status`: the latest per peer, and the latest few of all others. */
export class Refusals {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #isPeer: (letter: Letter) => boolean;
  readonly #ofPeers = new Map<Letter, DatedRefusal>();
  #strangers: DatedRefusal[] = [];

  constructor(clock: Pick<Clock, 'monotonic'>, isPeer: (letter: Letter) => boolean) {
    this.#clock = clock;
    this.#isPeer = isPeer;
  }

  record(refusal: Refusal): void {
    const dated = { ...refusal, at: this.#clock.monotonic() };
    const { letter } = refusal;
    if (letter !== undefined && this.#isPeer(letter)) this.#ofPeers.set(letter, dated);
    else this.#strangers = [...this.#strangers.slice(1 - STRANGERS_KEPT), dated];
  }

  /** The peer was let in: what went wrong before is over. */
  forget(letter: Letter): void {
    this.#ofPeers.delete(letter);
  }

  of(letter: Letter): DatedRefusal | undefined {
    return this.#ofPeers.get(letter);
  }

  get strangers(): readonly DatedRefusal[] {
    return this.#strangers;
  }
}
