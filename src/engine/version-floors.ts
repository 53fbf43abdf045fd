import type { Letter } from '../session/letter.ts';
import type { MintedIds } from '../session/session-id.ts';
import type { SessionRecord, ResetReason } from '../session/record.ts';

/** A version below which nothing counts of some records, and what is told of them. */
export interface Floor {
  readonly version: number;
  readonly reason: ResetReason;
}

export interface VersionFloorsParts {
  readonly letter: Letter;
  readonly ids: Pick<MintedIds, 'isMinted'>;
  /** Of the former daemons, which may have left their records to this one; 0: none. */
  readonly unminted: number;
  readonly moved: number;
}

/**
 * Below which versions nothing counts of what stands under some ids. A store can neither list its records nor be asked for those
 * of one kind, so they are told when they are read. Versions only grow: what is begun anew under such an id is above the floor.
 *
 * - Unminted: ids that no node minted. A stand-in that cannot keep apart what it was asked for under such ids has the
 *   owner reset all of them.
 * - Moved: ids that do not begin with our letter, and are ours by their hash. With another map, or another rule, their owner may have
 *   been another node for a while, so that what we have may be old.
 */
export class VersionFloors {
  readonly #letter: Letter;
  readonly #ids: Pick<MintedIds, 'isMinted'>;
  readonly #moved: Floor;
  #unminted: Floor;

  constructor({ letter, ids, unminted, moved }: VersionFloorsParts) {
    this.#letter = letter;
    this.#ids = ids;
    this.#unminted = { version: unminted, reason: 'owner-dead' };
    this.#moved = { version: moved, reason: 'unknown' };
  }

  raiseUnminted(version: number): void {
    this.#unminted = { ...this.#unminted, version: Math.max(this.#unminted.version, version) };
  }

  /** The floor that a record is below; undefined where it counts. */
  over({ id, version }: Pick<SessionRecord, 'id' | 'version'>): Floor | undefined {
    if (version < this.#moved.version && !id.startsWith(this.#letter)) return this.#moved;
    return version < this.#unminted.version && !this.#ids.isMinted(id) ? this.#unminted : undefined;
  }
}
