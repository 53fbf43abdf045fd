import type { Clock } from '../clock.ts';
import { ClosedError, MagliaError } from '../errors.ts';
import type { PeerAnswer, PeerRequest } from '../mesh/message.ts';
import type { Letter } from '../session/letter.ts';
import type { FailureDetector } from './failure-detector.ts';
import type { AnsweredPeer, AskedPeer } from './join-judgement.ts';
import { passed, RETRY_MS } from './join-outcome.ts';
import type { Lives } from './lives.ts';
import { isGone, type Members } from './members.ts';
import type { PeerLinks } from './peer-link.ts';
import type { Tenure } from './tenure.ts';

export interface JoinRequestsParts {
  readonly members: Members;
  readonly links: PeerLinks;
  readonly lives: Lives;
  readonly tenure: Tenure;
  readonly clock: Clock;
  readonly detector: Pick<FailureDetector, 'hasJudgedUs' | 'isAsGoodAsDead' | 'isRefusing' | 'rejectionBy'>;
}

/** For each question to a peer. */
const ASK_MS = 500;

/** What a joining node asks its peers. */
export class JoinRequests {
  readonly #parts: JoinRequestsParts;
  readonly #checkNotOver: () => void;

  /** @param checkNotOver throws where this node joins no more */
  constructor(parts: JoinRequestsParts, checkNotOver: () => void) {
    this.#parts = parts;
    this.#checkNotOver = checkNotOver;
  }

  /** @throws ClosedError where this node joins no more; what `Link.ask` fails with */
  async ask(letter: Letter, request: PeerRequest): Promise<PeerAnswer> {
    this.#checkNotOver();
    return this.#parts.links(letter).request(request, this.#parts.clock.monotonic() + ASK_MS);
  }

  /** What one peer says of what was done on our behalf. */
  async history(letter: Letter): Promise<AskedPeer> {
    const { detector, links, lives, tenure } = this.#parts;
    const refusal = detector.rejectionBy(letter);
    if (refusal !== undefined) return { kind: 'rejected', letter, refusal };
    if (links(letter).state.kind !== 'up') return this.#unreachable(letter);
    try {
      const answer = await this.ask(letter, {
        kind: 'join',
        incarnation: tenure.incarnation,
        priorIncarnation: lives.served,
        settled: lives.settledWith(letter),
      });
      if (answer.kind === 'history') return { kind: 'answered', letter, history: answer.history };
    } catch (error) {
      if (!(error instanceof MagliaError)) throw error;
    }
    return this.#unreachable(letter);
  }

  #unreachable(letter: Letter): AskedPeer {
    const { detector, members } = this.#parts;
    return {
      kind: 'unreachable',
      letter,
      isRefusing: detector.isRefusing(letter),
      isDead: isGone(members.stateOf(letter)) || detector.isAsGoodAsDead(letter),
      hasJudgedUs: detector.hasJudgedUs(letter),
    };
  }

  /**
   * Asks all of them; the first that did not accept, or undefined.
   *
   * @param againUntil monotonic: one whose answer does not come is asked again until then, if no other refuses
   * @throws what `ask` throws, of one whose answer did not come
   */
  async refuserOf(
    peers: readonly AnsweredPeer[],
    request: PeerRequest,
    againUntil = Number.NEGATIVE_INFINITY,
  ): Promise<Letter | undefined> {
    const { clock } = this.#parts;
    let refuser: Letter | undefined;
    const mayAskAgain = (error: unknown): boolean => {
      if (!(error instanceof MagliaError) || error instanceof ClosedError) return false;
      return refuser === undefined && clock.monotonic() + RETRY_MS < againUntil;
    };
    await Promise.all(
      peers.map(async ({ letter }) => {
        const answer = await this.#askAgainWhile(mayAskAgain, letter, request);
        const isAccepted = answer.kind === 'acknowledged' && answer.accepted;
        if (!isAccepted) refuser ??= letter;
      }),
    );
    return refuser;
  }

  async #askAgainWhile(
    mayAskAgain: (error: unknown) => boolean,
    letter: Letter,
    request: PeerRequest,
  ): Promise<PeerAnswer> {
    for (;;) {
      try {
        return await this.ask(letter, request);
      } catch (error) {
        if (!mayAskAgain(error)) throw error;
      }
      await passed(this.#parts.clock, RETRY_MS);
    }
  }
}
