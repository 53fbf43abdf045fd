import type { Clock } from '../clock.ts';
import type { Engine, OwnerCommand } from '../engine/engine.ts';
import type { EstateEntry } from '../session/estate-entry.ts';
import type { Letter } from '../session/letter.ts';
import type { Reply } from '../session/reply.ts';
import type { ResetReason } from '../session/reset-reason.ts';
import type { SessionCommand } from '../session/command.ts';
import { isAbsence, mayHaveChanged, tellsOfAbsence } from './item-effects.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';

/** A page of an estate on its way to the node that takes it over. */
export interface EstatePage {
  readonly entries: readonly EstateEntry[];
  readonly nextCursor: number;
  readonly more: boolean;
}

export interface EstateParts {
  /** Keeps the records of clients that go on under the id they have: an engine over memory, with the owner's letter. */
  readonly shelf: Pick<Engine, 'execute' | 'settle' | 'handBack' | 'releaseLocksOf'>;
  readonly ledger: Ledger;
  /** For how long a request that opens a succeeded orphan is told its successor. */
  readonly aliasMs: number;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Why the owner does not answer itself: `owner-dead` unless told otherwise. */
  readonly absence?: () => ResetReason;
  /** Told of each orphan that is touched for the first time, or comes to something else. */
  readonly onNoted: (id: string, outcome: LedgerEntry['kind']) => void;
}

/** A page is full at this size; the record that fills it may be as large as a session can be, and still fits a frame. */
const PAGE_BYTES = 32 * 1024;

/** Two ids and a few numbers. */
const ENTRY_BYTES = 64;

/**
 * What this node does in the name of one dead owner: the ledger and the shelf. Whatever an answer was based on is in
 * the ledger before the answer leaves, so that the owner, when it comes back, can never contradict it.
 */
export class Estate {
  readonly #shelf: EstateParts['shelf'];
  readonly #ledger: Ledger;
  readonly #aliasMs: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #absence: () => ResetReason;
  readonly #onNoted: EstateParts['onNoted'];
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #gapsBy = new Set<Letter>();

  constructor(parts: EstateParts) {
    this.#shelf = parts.shelf;
    this.#ledger = parts.ledger;
    this.#aliasMs = parts.aliasMs;
    this.#clock = parts.clock;
    this.#absence = parts.absence ?? (() => 'owner-dead');
    this.#onNoted = parts.onNoted;
  }

  /** Nothing that was done on its behalf is known to be missing here, but for what `forgetsUnminted` says. */
  get isComplete(): boolean {
    return this.#ledger.isComplete && this.#gapsBy.size === 0;
  }

  /** Something is missing that was done with ids which no node minted: the owner has to reset all such sessions. */
  get forgetsUnminted(): boolean {
    return this.#ledger.forgetsUnminted;
  }

  /** Who may have what is missing, having acted on its behalf besides; nobody where something was here and is lost. */
  get gapsBy(): readonly Letter[] {
    return this.#ledger.isComplete ? [...this.#gapsBy] : [];
  }

  get size(): number {
    return this.#ledger.size;
  }

  /** Grows with each note. */
  get lastNote(): number {
    return this.#ledger.lastSequence;
  }

  /** Nothing is on record, and nothing is under way. */
  get isBlank(): boolean {
    return this.size === 0 && this.#underWay.size === 0;
  }

  /** Nothing was done, so that there is nothing to tell. */
  get isUntouched(): boolean {
    return this.isBlank && this.isComplete && !this.forgetsUnminted;
  }

  markIncomplete(): void {
    this.#ledger.markIncomplete();
  }

  forgetUnminted(): void {
    this.#ledger.forgetUnminted();
  }

  markGap(by: Letter): void {
    this.#gapsBy.add(by);
  }

  /** Answers for an orphan. */
  async execute(command: SessionCommand, deadlineAt: number): Promise<Reply> {
    // It leaves nothing to hand over, and who queues for it must not hold up the handing over.
    if (command.kind === 'lock') return this.#shelf.execute(command, deadlineAt);
    const work = this.#carryOut(command, deadlineAt);
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  /** Frees what clients of this node hold or queue for. */
  releaseLocksOf(holder: Letter): void {
    this.#shelf.releaseLocksOf(holder);
  }

  /** Resolves when nothing that had begun is still under way. */
  async quiet(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  /** What was noted after `cursor`, with the shelf's records as they are now: at most `count` entries, and one frame. */
  async page(cursor: number, count: number): Promise<EstatePage> {
    const entries = new Map<string, EstateEntry>();
    let nextCursor = cursor;
    let more = true;
    for (let bytes = 0; more && entries.size < count && bytes < PAGE_BYTES;) {
      const step = this.#ledger.page(nextCursor, 1);
      ({ nextCursor, more } = step);
      for (const { id, entry } of step.entries) {
        const exported = await this.#export(id, entry);
        // The ledger grows while we wait for the shelf: the receiver applies a page at once, so each id is there once.
        entries.delete(id);
        entries.set(id, exported);
        bytes += ENTRY_BYTES + (exported.kind === 'kept' ? exported.record.length : 0);
      }
    }
    return { entries: [...entries.values()], nextCursor, more };
  }

  /** Takes over what another stand-in did. */
  async inherit(entry: EstateEntry): Promise<void> {
    switch (entry.kind) {
      case 'reset':
        await this.#clearShelf(entry.id);
        this.#note(entry.id, { kind: 'reset' });
        return;
      case 'succeeded': {
        await this.#clearShelf(entry.id);
        if (entry.isDestroyed === true) {
          await this.#shelf.settle({ kind: 'buried', id: entry.id, reason: 'destroyed' });
        }
        const aliasUntil = this.#clock.monotonic() + Math.min(entry.aliasMs, this.#aliasMs);
        this.#note(entry.id, { kind: 'succeeded', successor: entry.successor, aliasUntil });
        return;
      }
      case 'kept':
      case 'buried':
        await this.#shelf.settle(entry);
        this.#note(entry.id, { kind: 'kept' });
    }
  }

  async #carryOut(command: Exclude<SessionCommand, { kind: 'lock' }>, deadlineAt: number): Promise<Reply> {
    if (command.kind === 'succeed') return this.#succeed(command);
    if (command.kind === 'item') return this.#item(command, deadlineAt);
    if (command.kind === 'flush') {
      const flushed = await this.#shelf.execute(command, deadlineAt);
      // What was dropped has no entries, so that the owner has to drop all it has.
      if (flushed.kind !== 'refused') this.#ledger.markIncomplete();
      return flushed;
    }
    // Locks are held here whatever the ledger says of the session, and say nothing of it.
    if (command.kind === 'unlock') return this.#shelf.execute(command, deadlineAt);
    if (command.kind === 'destroy') return this.#destroy(command, deadlineAt);
    const entry = this.#ledger.get(command.id);
    if (command.kind === 'keep' || entry?.kind === 'kept') return this.#onShelf(command, deadlineAt);
    if (command.kind === 'open') {
      // Nothing is noted yet: the opener mints a fresh id and comes back with `succeed`.
      const isAlias = entry?.kind === 'succeeded' && this.#clock.monotonic() < entry.aliasUntil;
      return isAlias ? { kind: 'moved', to: entry.successor } : { kind: 'miss', reason: this.#absence() };
    }
    if (entry === undefined) this.#note(command.id, { kind: 'reset' });
    return { kind: 'miss', reason: this.#absence() };
  }

  /** Items are looked for on the shelf, whatever the ledger says: nothing older may be found there. */
  async #clearShelf(id: string): Promise<void> {
    if (this.#ledger.get(id)?.kind === 'kept') await this.#shelf.settle({ kind: 'reset', id });
  }

  async #onShelf(command: OwnerCommand, deadlineAt: number): Promise<Reply> {
    const reply = await this.#shelf.execute(command, deadlineAt);
    if (command.kind === 'get' || command.kind === 'open') return reply;
    // What was surely not done leaves the orphan as it was: its owner's, or its successor's.
    if (reply.kind === 'done' || reply.kind === 'in-doubt') this.#note(command.id, { kind: 'kept' });
    // Its new id has the owner's letter too, so that it is asked for here, and handed back with the rest.
    if (command.kind === 'rotate' && reply.kind === 'done') this.#note(reply.id, { kind: 'kept' });
    return reply;
  }

  /** Buried also where it was not on the shelf: who read it from its owner may still write it (S5). */
  async #destroy(command: Extract<SessionCommand, { kind: 'destroy' }>, deadlineAt: number): Promise<Reply> {
    const wasKept = this.#ledger.get(command.id)?.kind === 'kept';
    const reply = await this.#shelf.execute(command, deadlineAt);
    if (reply.kind === 'refused' || reply.kind === 'unavailable') return reply;
    this.#noteBuried(command.id);
    return reply.kind === 'miss' && !wasKept ? { kind: 'miss', reason: this.#absence() } : reply;
  }

  /** A successor stays (S2); noted again, the entry is handed over again, with what the shelf says by then. */
  #noteBuried(id: string): void {
    const entry = this.#ledger.get(id);
    this.#note(id, entry?.kind === 'succeeded' ? entry : { kind: 'kept' });
  }

  /**
   * To memcached clients an orphan is a miss, and many go on under the id they have. So every operation is carried out on
   * the shelf, where nothing is until somebody stores it.
   */
  async #item(command: Extract<SessionCommand, { kind: 'item' }>, deadlineAt: number): Promise<Reply> {
    const reply = await this.#shelf.execute(command, deadlineAt);
    const entry = this.#ledger.get(command.id);
    if (mayHaveChanged(command, reply)) {
      if (command.operation.kind === 'delete') this.#noteBuried(command.id);
      else this.#note(command.id, { kind: 'kept' });
    } else if (entry === undefined && isAbsence(reply) && tellsOfAbsence(command)) {
      this.#note(command.id, { kind: 'reset' });
    }
    return isAbsence(reply) && entry?.kind !== 'kept' ? { ...reply, reason: this.#absence() } : reply;
  }

  #succeed({ id, successor, insteadOf }: Extract<SessionCommand, { kind: 'succeed' }>): Reply {
    const entry = this.#ledger.get(id);
    const stands =
      entry?.kind === 'succeeded' && entry.successor !== insteadOf && this.#clock.monotonic() < entry.aliasUntil;
    if (stands) return { kind: 'moved', to: entry.successor };
    this.#note(id, { kind: 'succeeded', successor, aliasUntil: this.#clock.monotonic() + this.#aliasMs });
    return { kind: 'moved', to: successor };
  }

  #note(id: string, entry: LedgerEntry): void {
    const before = this.#ledger.get(id)?.kind;
    this.#ledger.note(id, entry);
    if (before !== entry.kind) this.#onNoted(id, entry.kind);
  }

  async #export(id: string, entry: LedgerEntry): Promise<EstateEntry> {
    switch (entry.kind) {
      case 'reset':
        return { kind: 'reset', id };
      case 'succeeded': {
        const aliasMs = Math.max(0, Math.floor(entry.aliasUntil - this.#clock.monotonic()));
        const shelved = await this.#shelf.handBack(id);
        const isDestroyed = shelved.kind === 'buried' && shelved.reason === 'destroyed';
        return { kind: 'succeeded', id, successor: entry.successor, aliasMs, ...(isDestroyed && { isDestroyed }) };
      }
      case 'kept':
        return this.#shelf.handBack(id);
    }
  }
}
