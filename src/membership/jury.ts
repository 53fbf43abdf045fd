import type { Clock } from '../clock.ts';
import type { TimingsConfig } from '../config/config.ts';
import type { Evidence, RequestOf } from '../mesh/message.ts';
import type { Letter } from '../session/letter.ts';
import type { LetterMap } from '../session/letter-map.ts';
import type { PeerLinks } from './peer-link.ts';

export interface JuryParts {
  readonly map: LetterMap;
  readonly links: PeerLinks;
  readonly timings: TimingsConfig;
  readonly clock: Clock;
  /** Whether a node can be asked at all: it is not gone, and not as good as gone. */
  readonly canVote: (letter: Letter) => boolean;
  /** Somebody has heard from the accused, so long ago. */
  readonly onDenied: (accused: Letter, heardAgoMs: number) => void;
  /** Somebody could not be asked. */
  readonly onFailed: (error: unknown) => void;
}

type Accusation = RequestOf<'accuse'>;

/** The other nodes, asked whether they agree that a peer is dead. */
export class Jury {
  readonly #parts: JuryParts;

  constructor(parts: JuryParts) {
    this.#parts = parts;
  }

  /**
   * Asks what they would say; then everybody for good, the one that would stand in last. Only a stand-in ever acts on a
   * death, so where one of the others still sees the peer, nobody acts. And since a voter that agreed tells the accused that it
   * is dead, nobody is asked for good before all would agree. A refused dial needs no such care.
   */
  async convicts(accused: Letter, incarnation: number, evidence: Evidence): Promise<boolean> {
    const [standIn, ...others] = this.#voters(accused);
    const accusation = { kind: 'accuse', letter: accused, incarnation, evidence } as const;
    if (evidence === 'silence' && !(await this.wouldConvict(accused, incarnation, evidence))) return false;
    if (!(await this.#allAgree(others, { ...accusation, isPoll: false }))) return false;
    return standIn === undefined || this.#agrees(standIn, { ...accusation, isPoll: false });
  }

  /** Asks only what they would say, which binds nobody. */
  async wouldConvict(accused: Letter, incarnation: number, evidence: Evidence): Promise<boolean> {
    const accusation = { kind: 'accuse', letter: accused, incarnation, evidence, isPoll: true } as const;
    return this.#allAgree(this.#voters(accused), accusation);
  }

  #voters(accused: Letter): readonly Letter[] {
    return this.#parts.map.lettersAfter(accused).filter((voter) => this.#parts.canVote(voter));
  }

  async #allAgree(voters: readonly Letter[], accusation: Accusation): Promise<boolean> {
    const votes = await Promise.all(voters.map((voter) => this.#agrees(voter, accusation)));
    return votes.every(Boolean);
  }

  async #agrees(voter: Letter, accusation: Accusation): Promise<boolean> {
    const { clock, links, timings, onDenied, onFailed } = this.#parts;
    try {
      const answer = await links(voter).request(accusation, clock.monotonic() + timings.suspectAfterMs);
      if (answer.kind !== 'verdict') return false;
      if (!answer.agreed) onDenied(accusation.letter, answer.heardAgoMs);
      return answer.agreed;
    } catch (error) {
      // The next look tries again, or finds the voter itself dead.
      onFailed(error);
      return false;
    }
  }
}
