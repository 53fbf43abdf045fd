import type { Clock } from '../clock.ts';
import type { SessionConfig } from '../config/config.ts';
import type { SessionCommand } from '../session/command.ts';
import type { ItemOperation } from '../session/item-operation.ts';
import type { LiveRecord, Tombstone } from '../session/record.ts';
import type { Reply } from '../session/reply.ts';
import type { Versions } from '../session/version.ts';
import { ItemAccesses } from './item-accesses.ts';
import { arithmetic, markStale, remove, touch } from './item-change.ts';
import type { Change, Outcome, Situation } from './item-outcome.ts';
import { inspect, probe, read } from './item-read.ts';
import { store } from './item-store.ts';
import { aliasOf, graveOf, newTombstone } from './tombstone.ts';
import type { Found, Vault } from './vault.ts';

type ItemCommand = Extract<SessionCommand, { kind: 'item' }>;

export interface ItemsParts {
  readonly vault: Vault;
  readonly versions: Versions;
  readonly session: SessionConfig;
  readonly clock: Pick<Clock, 'now'>;
}

const NEVER_USED = { at: 0, wasFetched: false };

/**
 * What memcached clients ask for, over records: the answers are memcached's (measured on 1.6.18). Called in the id's turn.
 * One read of the store, what follows from it (`item-read.ts`, `item-store.ts`, `item-change.ts`), and one write if any.
 */
export class Items {
  readonly #vault: Vault;
  readonly #versions: Versions;
  readonly #session: SessionConfig;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #accesses = new ItemAccesses();

  constructor({ vault, versions, session, clock }: ItemsParts) {
    this.#vault = vault;
    this.#versions = versions;
    this.#session = session;
    this.#clock = clock;
  }

  /** Rejects as the store does. */
  async execute(command: ItemCommand): Promise<Reply> {
    const blind = this.#overwritten(command);
    const situation = blind ?? this.#situation(command, await this.#vault.load(command.id));
    const { answer, change, used } = carryOut(command.operation, situation);
    if (answer === 'too-large') return { kind: 'refused', code: 'TOO_LARGE' };
    if (change.kind !== 'none') await this.#apply(command.id, change);
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
    return this.#empty(id, isSession, version);
  }

  #situation({ id, isSession }: ItemCommand, found: Found): Situation {
    if (found.kind === 'absent') {
      const grave = this.#vault.graveOf(id);
      return { ...this.#empty(id, isSession, grave?.version ?? 0), grave };
    }
    const { record } = found;
    const situation = this.#empty(id, isSession, record.version);
    const standing = graveOf(record);
    const grave = standing !== undefined && standing.until > situation.now ? standing : undefined;
    if (record.kind === 'live') return { ...situation, item: record, access: this.#accesses.of(record), grave };
    return {
      ...situation,
      grave,
      alias: aliasOf(record),
      rotated: situation.now < record.readableUntil ? readableCopy(record) : undefined,
    };
  }

  #empty(id: string, isSession: boolean, previous: number): Situation {
    return {
      id,
      isSession,
      item: undefined,
      rotated: undefined,
      grave: undefined,
      alias: {},
      access: NEVER_USED,
      now: this.#clock.now(),
      nextVersion: () => this.#versions.next(previous),
      limits: this.#session,
    };
  }

  #apply(id: string, change: Exclude<Change, { kind: 'none' }>): Promise<void> {
    switch (change.kind) {
      case 'save':
        return this.#vault.save(change.record);
      case 'drop':
        // It holds nobody off, whatever the clock does.
        return this.#vault.drop(this.#grave(id, change.version, 0));
      case 'bury':
        return this.#vault.save({
          ...this.#grave(id, change.version, this.#clock.now() + this.#session.tombstoneSeconds * 1000),
          ...change.alias,
        });
    }
  }

  #grave(id: string, previous: number, expiresAt: number): Tombstone {
    return newTombstone(id, this.#versions.next(previous), expiresAt, 'destroyed');
  }
}

function carryOut(operation: ItemOperation, situation: Situation): Outcome {
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
