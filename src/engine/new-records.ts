import type { Clock } from '../clock.ts';
import type { SessionConfig } from '../config/config.ts';
import type { Content } from '../session/command.ts';
import type { LiveRecord, Tombstone } from '../session/record.ts';
import type { ResetReason } from '../session/reset-reason.ts';
import type { Versions } from '../session/version.ts';
import { newTombstone } from './tombstone.ts';

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
