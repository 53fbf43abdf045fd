import type { Clock } from '../clock.ts';
import type { SessionConfig } from '../config/config.ts';
import type { LongWork } from '../long-work.ts';
import type { SessionCommand } from '../session/command.ts';
import type { ItemAnswer, ItemOperation } from '../session/item-operation.ts';
import type { LiveRecord, Tombstone } from '../session/record.ts';
import type { Reply } from '../session/reply.ts';
import type { Versions } from '../session/version.ts';
import { whenKnown, type Soon } from '../soon.ts';
import { ItemAccesses, type Change, type Outcome, type Situation } from './item-outcome.ts';
import { arithmetic, markStale, remove, touch } from './item-change.ts';
import { inspect, probe, read } from './item-read.ts';
import { store } from './item-store.ts';
import { isLongToType } from './json-content.ts';
import { aliasOf, graveOf, newTombstone } from './tombstone.ts';
import type { Found, Vault } from './vault.ts';

type ItemCommand = Extract<SessionCommand, { kind: 'item' }>;

export interface ItemsParts {
  readonly vault: Vault;
  readonly versions: Versions;
  readonly session: SessionConfig;
  readonly work: LongWork;
  readonly clock: Pick<Clock, 'now'>;
}

/** What stands under an id, as far as anything does. */
type Standing = Partial<Pick<Situation, 'item' | 'rotated' | 'grave' | 'alias' | 'access'>>;

const NEVER_USED = { at: 0, wasFetched: false };
const NO_ALIAS = {};

/**
 * What memcached clients ask for, over records: the answers are memcached's (measured on 1.6.18). Called in the id's turn.
 * One read of the store, what follows from it (`item-read.ts`, `item-store.ts`, `item-change.ts`), and one write if any.
 */
export class Items {
  readonly #vault: Vault;
  readonly #versions: Versions;
  readonly #session: SessionConfig;
  readonly #work: LongWork;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #accesses = new ItemAccesses();

  constructor({ vault, versions, session, work, clock }: ItemsParts) {
    this.#vault = vault;
    this.#versions = versions;
    this.#session = session;
    this.#work = work;
    this.#clock = clock;
  }

  /** Rejects as the store does. */
  execute(command: ItemCommand): Soon<Reply> {
    const atHand = this.#vault.atHand(command.id);
    if (atHand !== undefined) return this.#carryOut(command, this.#situation(command, atHand));
    const blind = this.#overwritten(command);
    if (blind !== undefined) return this.#carryOut(command, blind);
    return whenKnown(this.#vault.load(command.id), (found) => this.#carryOut(command, this.#situation(command, found)));
  }

  #carryOut(command: ItemCommand, situation: Situation): Soon<Reply> {
    const { operation } = command;
    const content = situation.item?.content;
    const isLong =
      operation.kind === 'store' && isLongToType(operation.value.length + (content?.payload.length ?? 0), content);
    return isLong
      ? this.#work.piece().then(() => this.#conclude(command, situation))
      : this.#conclude(command, situation);
  }

  #conclude({ id, operation }: ItemCommand, situation: Situation): Soon<Reply> {
    const outcome = follow(operation, situation);
    if (outcome.answer === 'too-large') return { kind: 'refused', code: 'TOO_LARGE' };
    if (outcome.change.kind === 'none') return this.#answered(outcome.answer, outcome.used);
    const { answer, used } = outcome;
    return this.#apply(id, outcome.change, () => this.#answered(answer, used));
  }

  #answered(answer: ItemAnswer, used: Outcome['used']): Reply {
    if (used !== undefined) this.#accesses.note(used.record, used.access);
    return { kind: 'answered', answer };
  }

  /**
   * A plain set over an item that nobody has written since we saw it, and that was no JSON document: what is in the store
   * does not matter then, so the store is asked once instead of twice.
   */
  #overwritten({ id, isSession, operation }: ItemCommand): Situation | undefined {
    if (operation.kind !== 'store' || operation.mode !== 'set' || operation.lifeSeconds < 0) return undefined;
    const version = this.#accesses.plainVersion(id);
    if (version === undefined || !this.#vault.isLatest(id, version)) return undefined;
    return this.#over(id, isSession, this.#clock.now(), version, {});
  }

  #situation({ id, isSession }: ItemCommand, found: Found): Situation {
    const now = this.#clock.now();
    if (found.kind === 'absent') {
      const grave = this.#vault.graveOf(id);
      return this.#over(id, isSession, now, grave?.version ?? 0, { grave });
    }
    const { record } = found;
    const standing = graveOf(record);
    const grave = standing !== undefined && standing.until > now ? standing : undefined;
    if (record.kind === 'live') {
      return this.#over(id, isSession, now, record.version, { item: record, access: this.#accesses.of(record), grave });
    }
    const rotated = now < record.readableUntil ? readableCopy(record) : undefined;
    return this.#over(id, isSession, now, record.version, { grave, alias: aliasOf(record), rotated });
  }

  /** Written out, not spread: this is made for every request. */
  #over(id: string, isSession: boolean, now: number, previous: number, standing: Standing): Situation {
    const { item, rotated, grave, alias = NO_ALIAS, access = NEVER_USED } = standing;
    const nextVersion = (): number => this.#versions.next(previous);
    // The id of what stands there, which is kept already: the client's would keep its whole request line.
    return {
      id: item?.id ?? id,
      isSession,
      item,
      rotated,
      grave,
      alias,
      access,
      now,
      nextVersion,
      limits: this.#session,
    };
  }

  #apply(id: string, change: Exclude<Change, { kind: 'none' }>, applied: () => Reply): Promise<Reply> {
    switch (change.kind) {
      case 'save':
        return this.#vault.saveAnd(change.record, applied);
      case 'drop':
        // It holds nobody off, whatever the clock does.
        return this.#vault.drop(this.#grave(id, change.version, 0)).then(applied);
      case 'bury': {
        const until = this.#clock.now() + this.#session.tombstoneSeconds * 1000;
        return this.#vault.saveAnd({ ...this.#grave(id, change.version, until), ...change.alias }, applied);
      }
    }
  }

  #grave(id: string, previous: number, expiresAt: number): Tombstone {
    return newTombstone(id, this.#versions.next(previous), expiresAt, 'destroyed');
  }
}

function follow(operation: ItemOperation, situation: Situation): Outcome {
  switch (operation.kind) {
    case 'read':
      return read(operation, situation);
    case 'store':
      return store(operation, situation);
    case 'delete':
      return remove(operation, situation);
    case 'mark-stale':
      return markStale(operation, situation);
    case 'arithmetic':
      return arithmetic(operation, situation);
    case 'touch':
      return touch(operation, situation);
    case 'inspect':
      return inspect(situation);
    case 'probe':
      return probe(situation);
  }
}

/**
 * A rotated session as it was, for the rest of its grace. Its version is below that of its tombstone: who has read it has
 * not heard of its end.
 */
function readableCopy({ id, version, readableUntil, content }: Tombstone): LiveRecord | undefined {
  return content && { kind: 'live', id, version: version - 1, expiresAt: readableUntil, ttlSeconds: 0, content };
}
