import type { Engine } from '../engine/engine.ts';
import type { Tenure } from '../membership/tenure.ts';
import { isRead, type Content, type SessionCommand } from '../session/command.ts';
import type { Letter } from '../session/letter.ts';
import type { Reply } from '../session/reply.ts';
import { whenKnown, type Soon } from '../soon.ts';
import type { Estates } from '../standin/estates.ts';

/**
 * Carries out commands on this node: as the owner, or standing in for a dead one. Nothing leaves here unless this node
 * was entitled to answer both when it began and when it had finished (DESIGN, rule 3). Never forwards.
 */
export class LocalExecutor {
  readonly #engine: Engine;
  readonly #estates: Estates;
  readonly #tenure: Pick<Tenure, 'isSure' | 'maySoonAnswer' | 'phase'>;

  constructor(engine: Engine, estates: Estates, tenure: Pick<Tenure, 'isSure' | 'maySoonAnswer' | 'phase'>) {
    this.#engine = engine;
    this.#estates = estates;
    this.#tenure = tenure;
  }

  mint(content: Content, ttlSeconds: number | undefined, deadlineAt: number): Soon<Reply> {
    return this.#entitled(deadlineAt, true, () => this.#engine.mint(content, ttlSeconds));
  }

  /** @param deadlineAt monotonic, as everywhere below */
  own(command: SessionCommand, deadlineAt: number): Soon<Reply> {
    // A successor is recorded for an orphan only, and this owner lives.
    if (command.kind === 'succeed') return { kind: 'unavailable', code: 'OWNER_RETURNED' };
    return this.#entitled(deadlineAt, isRead(command), () => this.#engine.execute(command, deadlineAt));
  }

  /** @param isStillOurs whether we stand in for the owner, asked again after the wait for the right to answer at all */
  standIn(owner: Letter, command: SessionCommand, deadlineAt: number, isStillOurs: () => boolean): Soon<Reply> {
    return this.#entitled(deadlineAt, isRead(command), () => {
      // It came back meanwhile, with our account of what we did: nothing can be added to that.
      if (!isStillOurs()) return { kind: 'unavailable', code: 'OWNER_UNREACHABLE' };
      // An estate that is not open here was another's, who is gone with it: what was done then is not on record.
      return this.#estates.begin(owner, false).execute(command, deadlineAt);
    });
  }

  #entitled(deadlineAt: number, leavesNoTrace: boolean, work: () => Soon<Reply>): Soon<Reply> {
    if (!this.#tenure.isSure()) return this.#onceEntitled(deadlineAt, leavesNoTrace, work);
    return whenKnown(work(), (reply) => this.#stillEntitled(reply, deadlineAt, leavesNoTrace));
  }

  async #onceEntitled(deadlineAt: number, leavesNoTrace: boolean, work: () => Soon<Reply>): Promise<Reply> {
    if (!(await this.#tenure.maySoonAnswer(deadlineAt))) return { kind: 'unavailable', code: this.#failure() };
    return this.#stillEntitled(await work(), deadlineAt, leavesNoTrace);
  }

  #stillEntitled(reply: Reply, deadlineAt: number, leavesNoTrace: boolean): Soon<Reply> {
    return this.#tenure.isSure() ? reply : this.#confirmed(reply, deadlineAt, leavesNoTrace);
  }

  async #confirmed(reply: Reply, deadlineAt: number, leavesNoTrace: boolean): Promise<Reply> {
    if (await this.#tenure.maySoonAnswer(deadlineAt)) return reply;
    return { kind: leavesNoTrace ? 'unavailable' : 'in-doubt', code: this.#failure() };
  }

  #failure(): 'CLOSING' | 'JOINING' {
    return this.#tenure.phase === 'leaving' ? 'CLOSING' : 'JOINING';
  }
}
