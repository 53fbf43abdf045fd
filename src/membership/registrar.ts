import type { Letter } from '../session/letter.ts';
import type { LetterMap } from '../session/letter-map.ts';
import type { Estates } from '../standin/estates.ts';
import type { Lives } from './lives.ts';
import type { MemberState } from './member-state.ts';
import { isGone, type Members } from './members.ts';
import { standInFor } from './stand-in.ts';

export interface RegistrarParts {
  readonly letter: Letter;
  readonly map: LetterMap;
  readonly lives: Lives;
  readonly estates: Estates;
}

/**
 * Puts each change among the members on record before anybody acts on it: in the file that outlives this process, and
 * in the estates.
 */
export class Registrar {
  readonly #parts: RegistrarParts;

  constructor(parts: RegistrarParts) {
    this.#parts = parts;
  }

  register(letter: Letter, to: MemberState, members: Pick<Members, 'letters' | 'stateOf'>): void {
    const { estates, lives } = this.#parts;
    if (to.kind === 'alive') {
      lives.record(letter, { incarnation: to.incarnation, state: 'alive' });
      estates.drop(letter);
      return;
    }
    if (!isGone(to)) return;
    lives.record(letter, { incarnation: to.incarnation, state: to.kind === 'left' ? 'left' : 'dead' });
    estates.begin(letter, lives.of(letter)?.isTouched !== true);
    this.#loseEstatesHeldBy(letter, members);
  }

  /** What it did for other dead owners went with it: their record has a gap from now on. */
  #loseEstatesHeldBy(gone: Letter, members: Pick<Members, 'letters' | 'stateOf'>): void {
    const { estates, letter: self, map } = this.#parts;
    const wasPresent = (letter: Letter): boolean =>
      letter === self || letter === gone || !isGone(members.stateOf(letter));
    for (const owner of members.letters) {
      const wasDead = owner !== gone && isGone(members.stateOf(owner));
      if (wasDead && standInFor(owner, map, wasPresent) === gone) estates.begin(owner, false).markIncomplete();
    }
  }

  /** We have joined: from here on we take part in every decision about the lives that we see. */
  witnessAll(members: Pick<Members, 'letters' | 'stateOf'>): void {
    for (const letter of members.letters) {
      const state = members.stateOf(letter);
      if (state.kind === 'alive') this.#parts.lives.record(letter, { incarnation: state.incarnation, state: 'alive' });
    }
  }
}
