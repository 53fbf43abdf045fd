import type { Engine } from '../engine/engine.ts';
import type { LivesFile } from '../membership/lives-file.ts';
import type { Tenure } from '../membership/tenure.ts';
import { isRead, type Content, type SessionCommand } from '../session/command.ts';
import type { Letter } from '../session/letter.ts';
import type { Reply } from '../session/reply.ts';
import { whenKnown, type Soon } from '../soon.ts';
import type { Estates } from '../standin/estates.ts';

/** Meant for a life of this node that is over. */
export const STALE: Reply = { kind: 'unavailable', code: 'STALE_INCARNATION' };

export interface LocalExecutorParts {
  readonly engine: Engine;
  readonly estates: Estates;
  readonly tenure: Pick<Tenure, 'incarnation' | 'isSure' | 'maySoonAnswer' | 'phase'>;
  readonly livesFile: Pick<LivesFile, 'settled'>;
}

/**
 * Carries out commands on this node: as the owner, or standing in for a dead one. Nothing leaves here unless this node
 * was entitled to answer both when it began and when it had finished (docs/guarantees.md#rule-3). Never forwards.
 */
export class LocalExecutor {
  readonly #engine: Engine;
  readonly #estates: Estates;
  readonly #tenure: LocalExecutorParts['tenure'];
  readonly #livesFile: LocalExecutorParts['livesFile'];

  constructor({ engine, estates, tenure, livesFile }: LocalExecutorParts) {
    this.#engine = engine;
    this.#estates = estates;
    this.#tenure = tenure;
    this.#livesFile = livesFile;
  }

  mint(content: Content, ttlSeconds: number | undefined, deadlineAt: number): Soon<Reply> {
    return this.#entitled(deadlineAt, true, () => this.#engine.mint(content, ttlSeconds));
  }

  /**
   * @param deadlineAt monotonic, as everywhere below
   * @param life the one for which a peer meant it. In a later life it is not begun any more: the peer may have been told of
   *     the death meanwhile, and its client that the session is gone. A client of our own still waits for us.
   */
  own(command: SessionCommand, deadlineAt: number, life?: number): Soon<Reply> {
    // A successor is recorded for an orphan only, and this owner lives.
    if (command.kind === 'succeed') return { kind: 'unavailable', code: 'OWNER_RETURNED' };
    return this.#entitled(deadlineAt, isRead(command), () => {
      if (life !== undefined && life !== this.#tenure.incarnation) return STALE;
      return this.#engine.execute(command, deadlineAt);
    });
  }

  /** @param isStillOurs whether we stand in for the owner, asked again after the wait for the right to answer at all */
  standIn(owner: Letter, command: SessionCommand, deadlineAt: number, isStillOurs: () => boolean): Soon<Reply> {
    return this.#entitled(deadlineAt, isRead(command), () => {
      // It came back meanwhile, with our account of what we did: nothing can be added to that.
      if (!isStillOurs()) return { kind: 'unavailable', code: 'OWNER_UNREACHABLE' };
      // An estate that is not open here was another's, who is gone with it: what was done then is not on record.
      const reply = this.#estates.begin(owner, false).execute(command, deadlineAt);
      return reply.then((known) => this.#onceRemembered(known, deadlineAt, isRead(command)));
    });
  }

  /** That the owner died, and that something was done on its behalf, is on disk before anybody is told of it. */
  async #onceRemembered(reply: Reply, deadlineAt: number, leavesNoTrace: boolean): Promise<Reply> {
    if (await this.#livesFile.settled(deadlineAt)) return reply;
    return { kind: leavesNoTrace ? 'unavailable' : 'in-doubt', code: 'DEADLINE' };
  }

  #entitled(deadlineAt: number, leavesNoTrace: boolean, work: () => Soon<Reply>): Soon<Reply> {
    if (!this.#tenure.isSure()) return this.#onceEntitled(deadlineAt, leavesNoTrace, work);
    const life = this.#tenure.incarnation;
    return whenKnown(work(), (reply) => this.#stillEntitled(reply, life, deadlineAt, leavesNoTrace));
  }

  async #onceEntitled(deadlineAt: number, leavesNoTrace: boolean, work: () => Soon<Reply>): Promise<Reply> {
    if (!(await this.#tenure.maySoonAnswer(deadlineAt))) return { kind: 'unavailable', code: this.#failure() };
    const life = this.#tenure.incarnation;
    return this.#stillEntitled(await work(), life, deadlineAt, leavesNoTrace);
  }

  #stillEntitled(reply: Reply, life: number, deadlineAt: number, leavesNoTrace: boolean): Soon<Reply> {
    const isSure = this.#tenure.isSure() && this.#tenure.incarnation === life;
    return isSure ? reply : this.#confirmed(reply, life, deadlineAt, leavesNoTrace);
  }

  /** What was found in a life that is over may have been reset meanwhile on our behalf. */
  async #confirmed(reply: Reply, life: number, deadlineAt: number, leavesNoTrace: boolean): Promise<Reply> {
    const isSure = await this.#tenure.maySoonAnswer(deadlineAt);
    if (isSure && this.#tenure.incarnation === life) return reply;
    return { kind: leavesNoTrace ? 'unavailable' : 'in-doubt', code: this.#failure() };
  }

  #failure(): 'CLOSING' | 'JOINING' {
    return this.#tenure.phase === 'leaving' ? 'CLOSING' : 'JOINING';
  }
}
