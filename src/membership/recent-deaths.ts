import type { Letter } from '../session/letter.ts';
import { readmissionDelayMs } from './flapping.ts';

/** Of these of one peer the last count; more do not make the delay any longer. */
const DEATHS_KEPT = 16;

/** When each peer died lately, for as long as that keeps it from being let in again. */
export class RecentDeaths {
  readonly #togetherMs: number;
  /** Our life in which each peer and we last considered each other dead. */
  readonly #forgivenIn = new Map<Letter, number>();
  readonly #deathsAt = new Map<Letter, readonly number[]>();

  /** @param togetherMs deaths that lie no further apart may have one cause */
  constructor(togetherMs: number) {
    this.#togetherMs = togetherMs;
  }

  /** @param now monotonic, as everywhere below; @param isLast nobody is left that lives */
  note(letter: Letter, now: number, isLast: boolean): void {
    this.#deathsAt.set(letter, [...this.#of(letter), now].slice(-DEATHS_KEPT));
    if (isLast) this.#forgive(now);
  }

  /** The latest one was no death of its own: it considered this life of ours dead as well, as where a link was cut. */
  forgiveLatest(letter: Letter, ourLife: number): void {
    if (this.#forgivenIn.get(letter) === ourLife) return;
    this.#forgivenIn.set(letter, ourLife);
    this.#deathsAt.set(letter, this.#of(letter).slice(0, -1));
  }

  delayMs(letter: Letter, now: number): number {
    return readmissionDelayMs(this.#of(letter), now);
  }

  /**
   * Several that go at once, and leave us alone: rather we have lost them than each of them its life. To hold them off when they
   * are there again would keep all hosts from serving because one had a loose cable.
   */
  #forgive(now: number): void {
    const isLatest = (at: number): boolean => now - at <= this.#togetherMs;
    const together = [...this.#deathsAt].filter(([, deaths]) => deaths.some(isLatest));
    if (together.length < 2) return;
    for (const [letter, deaths] of together) {
      this.#deathsAt.set(
        letter,
        deaths.filter((at) => !isLatest(at)),
      );
    }
  }

  #of(letter: Letter): readonly number[] {
    return this.#deathsAt.get(letter) ?? [];
  }
}
