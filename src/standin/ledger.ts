/** What was done with one orphan. `aliasUntil` is monotonic: until then whoever opens the orphan gets the successor. */
export type LedgerEntry =
  | { readonly kind: 'reset' }
  | { readonly kind: 'succeeded'; readonly successor: string; readonly aliasUntil: number }
  | { readonly kind: 'kept' };

/** A stretch of the journal, for handing it back piece by piece. */
export interface LedgerPage {
  readonly entries: readonly { readonly id: string; readonly entry: LedgerEntry }[];
  /** Where the next page begins. */
  readonly nextCursor: number;
  readonly more: boolean;
}

/**
 * What a stand-in did with each orphan of one dead owner, as a journal that can be read from any point while it grows.
 * Bounded: once it is full it is no longer complete, and the owner, coming back, drops all that it had.
 */
export class Ledger {
  readonly #limit: number;
  readonly #latest = new Map<string, { readonly entry: LedgerEntry; readonly sequence: number }>();
  /** In order of sequence; lines whose id has a later one are stale. */
  #journal: { readonly id: string; readonly sequence: number }[] = [];
  #sequence = 0;
  #isComplete: boolean;

  constructor(limit: number, isComplete: boolean) {
    this.#limit = limit;
    this.#isComplete = isComplete;
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** The sequence of the latest note; 0: none. */
  get lastSequence(): number {
    return this.#sequence;
  }

  get size(): number {
    return this.#latest.size;
  }

  get(id: string): LedgerEntry | undefined {
    return this.#latest.get(id)?.entry;
  }

  note(id: string, entry: LedgerEntry): void {
    if (!this.#latest.has(id) && this.#latest.size >= this.#limit) {
      this.#isComplete = false;
      return;
    }
    this.#sequence += 1;
    this.#latest.set(id, { entry, sequence: this.#sequence });
    this.#journal.push({ id, sequence: this.#sequence });
    if (this.#journal.length > 2 * this.#latest.size + 16) this.#journal = this.#journal.filter(this.#isCurrent);
  }

  /** Something done in this owner's name is known to be missing here. */
  markIncomplete(): void {
    this.#isComplete = false;
  }

  /** The entries noted after `cursor` (0: all), at most `count`. */
  page(cursor: number, count: number): LedgerPage {
    const start = firstAfter(this.#journal, cursor);
    const entries: { id: string; entry: LedgerEntry }[] = [];
    let nextCursor = cursor;
    let at = start;
    for (; at < this.#journal.length && entries.length < count; at += 1) {
      const line = this.#journal[at];
      if (line === undefined) break;
      nextCursor = line.sequence;
      const latest = this.#latest.get(line.id);
      if (latest?.sequence === line.sequence) entries.push({ id: line.id, entry: latest.entry });
    }
    return { entries, nextCursor, more: at < this.#journal.length };
  }

  readonly #isCurrent = (line: { id: string; sequence: number }): boolean =>
    this.#latest.get(line.id)?.sequence === line.sequence;
}

/** Index of the first line with a sequence above the cursor, by halving. */
function firstAfter(journal: readonly { sequence: number }[], cursor: number): number {
  let low = 0;
  let high = journal.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((journal[middle]?.sequence ?? 0) <= cursor) low = middle + 1;
    else high = middle;
  }
  return low;
}
