import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { SessionConfig } from '../config/config.ts';
import type { Content } from '../session/command.ts';
import type { Letter } from '../session/letter.ts';
import type { LiveRecord, Tombstone, ResetReason } from '../session/record.ts';
import type { Reply } from '../session/reply.ts';
import type { MintedIds } from '../session/session-id.ts';
import type { Versions } from '../session/version.ts';
import { storeFailure } from './replies.ts';
import { newTombstone } from './tombstone.ts';
import type { Vault } from './vault.ts';

/** Makes records that are not stored yet: each with a version above all that were given under its id. */
export class NewRecords {
  readonly #versions: Versions;
  readonly #session: SessionConfig;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(versions: Versions, session: SessionConfig, clock: Pick<Clock, 'now'>) {
    this.#versions = versions;
    this.#session = session;
    this.#clock = clock;
  }

  live(id: string, content: Content, ttlSeconds: number | undefined, previous = 0): LiveRecord {
    const life = this.life(ttlSeconds, this.#session.ttlSeconds);
    const version = this.#versions.next(previous);
    return { kind: 'live', id, version, expiresAt: this.#clock.now() + life * 1000, ttlSeconds: life, content };
  }

  tombstone(id: string, previous: number, reason: ResetReason): Tombstone {
    const expiresAt = this.#clock.now() + this.#session.tombstoneSeconds * 1000;
    return newTombstone(id, this.#versions.next(previous), expiresAt, reason);
  }

  /** TTL 0 means the default one: nothing lives without end. */
  life(ttlSeconds: number | undefined, otherwise: number): number {
    if (ttlSeconds === undefined) return otherwise;
    return ttlSeconds === 0 ? this.#session.ttlSeconds : Math.min(ttlSeconds, this.#session.maxTtlSeconds);
  }
}

export interface MintingParts {
  readonly letter: Letter;
  readonly ids: Pick<MintedIds, 'draw'>;
  readonly vault: Pick<Vault, 'reserve'>;
  readonly log: Logger;
}

/** Ids drawn before minting gives up; a second draw is needed about once in 36^22 times. */
const MINT_DRAWS = 3;

/** Reserves new ids in the store before anybody sees them (S4). */
export class Minting {
  readonly #parts: MintingParts;

  constructor(parts: MintingParts) {
    this.#parts = parts;
  }

  /** Stores the record that is made for an id of our letter. Never leaves doubt: an id nobody saw does no harm. */
  async reserve(recordFor: (id: string) => LiveRecord): Promise<LiveRecord | Reply> {
    const { ids, letter, log, vault } = this.#parts;
    try {
      for (let draw = 1; draw <= MINT_DRAWS; draw += 1) {
        const record = recordFor(ids.draw(letter));
        if (await vault.reserve(record)) return record;
      }
    } catch (error) {
      const reply = storeFailure(error);
      return reply.kind === 'in-doubt' ? { kind: 'unavailable', code: 'STORE_UNAVAILABLE' } : reply;
    }
    log.error('every id drawn was taken already; is the random source broken?');
    return { kind: 'unavailable', code: 'STORE_UNAVAILABLE' };
  }
}
