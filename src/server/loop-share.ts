/** Requests of all clients together that are begun in one turn of the event loop: some 10 ms, after which the mesh has its turn. */
const REQUESTS_PER_TURN = 1024;

/** One client's connection, as it shares the event loop with the others. */
export interface LoopSharer {
  /** Called once for each `endTurnSoon`, in the next turn: what it begins then counts for that one. */
  endTurn(): void;
}

/**
 * Shares the turns of the event loop among the clients. Hundreds of them, each within its own limit, must not hold it for as
 * long as all their requests take: pings of the peers wait behind them.
 */
export class LoopShare {
  #begun = 0;
  /** Had something begun in this turn, and ask for more. */
  #served: LoopSharer[] = [];
  /** Were given nothing in this turn: next time they are first. */
  #deferred: LoopSharer[] = [];
  #isTurnDue = false;

  /** Whether no client may begin anything more in this turn. */
  get isSpent(): boolean {
    return this.#begun >= REQUESTS_PER_TURN;
  }

  /** One request was begun. */
  begin(): void {
    this.#begun += 1;
    this.#nextTurnSoon();
  }

  /** @param wasDeferred whether it could begin nothing in this turn, for the others had all of it */
  endTurnSoon(sharer: LoopSharer, wasDeferred: boolean): void {
    (wasDeferred ? this.#deferred : this.#served).push(sharer);
    this.#nextTurnSoon();
  }

  #nextTurnSoon(): void {
    if (this.#isTurnDue) return;
    this.#isTurnDue = true;
    setImmediate(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#isTurnDue = false;
    this.#begun = 0;
    const due = [...this.#deferred, ...this.#served];
    this.#deferred = [];
    this.#served = [];
    for (const sharer of due) sharer.endTurn();
  }
}
