import type { Letter } from '../session/letter.ts';
import type { LetterMap } from '../session/letter-map.ts';
import type { Estate } from '../standin/estate.ts';
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
  /** Peers that were dead before this process began: others may have stood in for them without our seeing it. */
  readonly #deadBefore: ReadonlySet<Letter>;
  /** Peers that we saw serving: only they can have stood in for anybody since this process began. */
  readonly #seenServing = new Set<Letter>();

  constructor(parts: RegistrarParts) {
    this.#parts = parts;
    const wasDead = (letter: Letter): boolean => {
      const life = parts.lives.of(letter);
      return life !== undefined && life.state !== 'alive';
    };
    this.#deadBefore = new Set(parts.map.letters.filter(wasDead));
  }

  register(letter: Letter, to: MemberState, members: Pick<Members, 'letters' | 'stateOf'>): void {
    const { estates, lives } = this.#parts;
    if (to.kind === 'alive') {
      this.#seenServing.add(letter);
      lives.record(letter, { incarnation: to.incarnation, state: 'alive' });
      estates.drop(letter);
      return;
    }
    if (!isGone(to)) return;
    // Nothing may be answered on behalf of this life that was done for a former one. But it may have come back without us.
    if (to.incarnation > (lives.of(letter)?.incarnation ?? 0)) estates.supersede(letter);
    lives.record(letter, { incarnation: to.incarnation, state: to.kind === 'left' ? 'left' : 'dead' });
    this.estateOf(letter);
    this.#loseEstatesHeldBy(letter, members);
  }

  /** What it did for other dead owners went with it: their record has a gap from now on, unless it can be asked itself. */
  #loseEstatesHeldBy(gone: Letter, members: Pick<Members, 'letters' | 'stateOf'>): void {
    const { letter: self, lives, map } = this.#parts;
    const wasPresent = (letter: Letter): boolean =>
      letter === self || letter === gone || !isGone(members.stateOf(letter));
    for (const owner of members.letters) {
      const wasDead = owner !== gone && isGone(members.stateOf(owner));
      const canHaveActed = this.#seenServing.has(gone) || this.#deadBefore.has(owner);
      if (!wasDead || !canHaveActed || standInFor(owner, map, wasPresent) !== gone) continue;
      this.estateOf(owner).markGap(gone);
      // The gap must outlive this process: it is as if we had acted on its behalf and forgotten what we did.
      lives.touchByAnother(owner);
    }
  }

  /**
   * We were considered dead ourselves: the next stand-in knows nothing of what we did, so that nothing may be answered
   * from it any more. It is handed back beside what they did.
   */
  closeEstates(members: Pick<Members, 'letters' | 'stateOf'>): void {
    const { estates } = this.#parts;
    for (const letter of members.letters) {
      estates.close(letter);
      if (isGone(members.stateOf(letter))) this.estateOf(letter);
    }
  }

  /**
   * The open estate of a dead owner. One that is opened only now is not complete where we had acted on its behalf before: a
   * restart took along what that was, and nothing that we take over from others makes up for it.
   */
  estateOf(owner: Letter): Estate {
    const { estates, lives } = this.#parts;
    return estates.begin(owner, lives.of(owner)?.isTouched !== true);
  }
}
