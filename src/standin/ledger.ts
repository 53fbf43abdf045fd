/** What was done with one orphan. `aliasUntil` is monotonic: until then a request that opens the orphan gets the successor. */
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

export interface LedgerParts {
  /** Orphans with ids that a node minted, and as many with others. */
  readonly limit: number;
  /** Whether nothing was done before it begins. */
  readonly isComplete: boolean;
  readonly isMinted: (id: string) => boolean;
}

interface Line {
  readonly entry: LedgerEntry;
  readonly sequence: number;
  readonly isMinted: boolean;
  /** Who has collected anything of this orphan has collected that it was reset. */
  readonly wasAlwaysReset: boolean;
}

/**
 * What a stand-in did with each orphan of one dead owner, as a journal that can be read from any point while it grows.
 *
 * Bounded, for ids that nodes minted and for others separately: anybody can make up any number of ids, and they must not take
 * the place of sessions. Once there are too many that nodes minted, the ledger is no longer complete, and the owner, coming back,
 * drops all that it had. Once there are too many others, it resets all that it had under such ids. So what was reset of
 * those need not be told, and is forgotten.
 */
export class Ledger {
  readonly #limit: number;
  readonly #isMinted: LedgerParts['isMinted'];
  readonly #latest = new Map<string, Line>();
  /** In order of sequence; lines whose id has a later one are stale. */
  #journal: { readonly id: string; readonly sequence: number }[] = [];
  #sequence = 0;
  #isComplete: boolean;
  #forgetsUnminted = false;
  /** How many of the entries are of ids that no node minted. */
  #unminted = 0;

  constructor({ limit, isComplete, isMinted }: LedgerParts) {
    this.#limit = limit;
    this.#isComplete = isComplete;
    this.#isMinted = isMinted;
  }

  /** Nothing is missing, but for what `forgetsUnminted` says. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Something that was done is missing, all of it with ids that no node minted. */
  get forgetsUnminted(): boolean {
    return this.#forgetsUnminted;
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
    const known = this.#latest.get(id);
    const isMinted = known?.isMinted ?? this.#isMinted(id);
    if (known === undefined && !this.#hasRoom(isMinted, entry)) return;
    this.#sequence += 1;
    const wasAlwaysReset = entry.kind === 'reset' && (known?.wasAlwaysReset ?? true);
    this.#latest.set(id, { entry, sequence: this.#sequence, isMinted, wasAlwaysReset });
    if (known === undefined && !isMinted) this.#unminted += 1;
    this.#journal.push({ id, sequence: this.#sequence });
    if (this.#journal.length > 2 * this.#latest.size + 16) this.#journal = this.#journal.filter(this.#isCurrent);
  }

  /** Something done on this owner's behalf is missing here, all of it with ids that no node minted. */
  forgetUnminted(): void {
    if (this.#forgetsUnminted) return;
    this.#forgetsUnminted = true;
    for (const [id, { isMinted, wasAlwaysReset }] of this.#latest) {
      if (isMinted || !wasAlwaysReset) continue;
      this.#latest.delete(id);
      this.#unminted -= 1;
    }
    this.#journal = this.#journal.filter(this.#isCurrent);
  }

  /** Says for good what is missing, where there is none. */
  #hasRoom(isMinted: boolean, { kind }: LedgerEntry): boolean {
    if (isMinted) {
      const hasRoom = this.#latest.size - this.#unminted < this.#limit;
      this.#isComplete &&= hasRoom;
      return hasRoom;
    }
    if (this.#unminted >= this.#limit) this.forgetUnminted();
    return this.#unminted < this.#limit && !(this.#forgetsUnminted && kind === 'reset');
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
    const more = at < this.#journal.length;
    // Behind the last line there may have been some that are forgotten.
    return { entries, nextCursor: more ? nextCursor : Math.max(cursor, this.#sequence), more };
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
