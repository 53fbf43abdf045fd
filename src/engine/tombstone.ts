import type { Clock } from '../clock.ts';
import type { Grave, SessionRecord, Tombstone, ResetReason } from '../session/record.ts';

export type Alias = Partial<Pick<Tombstone, 'successor' | 'successorUntil'>>;

/** A tombstone that leads nowhere, and over nothing that could still be read. `expiresAt` is the wall clock. */
export function newTombstone(id: string, version: number, expiresAt: number, reason: ResetReason): Tombstone {
  return { kind: 'tombstone', id, version, expiresAt, reason, successorUntil: 0, readableUntil: 0 };
}

/** Where a record leads a request that opens it: that stays when it is destroyed (S2). */
export function aliasOf(record: SessionRecord): Alias {
  if (record.kind === 'live' || record.successor === undefined) return {};
  return { successor: record.successor, successorUntil: record.successorUntil };
}

/** The grave that a record is, or stands on. */
export function graveOf(record: SessionRecord): Grave | undefined {
  if (record.kind === 'live') return record.grave;
  return record.reason === 'destroyed' ? { version: record.version, until: record.expiresAt } : undefined;
}

/**
 * Whether a write comes from a slower request, that had not heard of the end of the session it writes (S5).
 *
 * @param seen the version that the writer has found here last, of a session or of a tombstone, where that is known
 */
export function isBarred(grave: Grave | undefined, seen: number | undefined): boolean {
  return grave !== undefined && (seen === undefined || seen < grave.version);
}

/** How an id ended here: with a tombstone, which bars slower requests for its time, or with nothing in its place. */
export type End = 'buried' | 'dropped';

export interface EndsParts {
  /** More are not kept: then it is known that some are forgotten. */
  readonly limit: number;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Monotonic: up to then nobody can have acted in our place without our having taken it over. */
  readonly unopposedUntil: () => number;
  /** Whether a former process of this node lost sight of a peer, and with itself what ended there. */
  readonly wasApart: boolean;
}

interface Ended {
  readonly how: End;
  /** Monotonic: a client that writes under this id from then on begins anew. */
  readonly until: number;
}

/**
 * What somebody destroyed here, for as long as a node that does not see us may be standing in for us. It knows nothing of
 * the end, and keeps what is written under the id; when it hands that back, the end wins (S5). A split can outlast every
 * tombstone, so this is counted in ids, not in seconds.
 */
export class Ends {
  readonly #parts: EndsParts;
  /** The oldest first. */
  readonly #ended = new Map<string, Ended>();
  /** Monotonic: of what ended before, something is forgotten. */
  #forgottenUntil: number;

  constructor(parts: EndsParts) {
    this.#parts = parts;
    this.#forgottenUntil = parts.wasApart ? parts.clock.monotonic() : Number.NEGATIVE_INFINITY;
  }

  get size(): number {
    return this.#ended.size;
  }

  /** Whether all that ended here, and may be unknown to a node that stood in, is remembered. */
  get areAllKnown(): boolean {
    return this.#forgottenUntil <= this.#parts.unopposedUntil();
  }

  of(id: string): End | undefined {
    return this.#ended.get(id)?.how;
  }

  /** @param lifeMs until what stands in its place runs out: a span, since a moment would be by another clock than ours */
  note(id: string, how: End, lifeMs: number): void {
    const { clock, limit } = this.#parts;
    const until = clock.monotonic() + Math.max(0, lifeMs);
    this.#ended.delete(id);
    this.#ended.set(id, { how, until });
    this.#forgetWhatIsOver();
    for (const [oldest, ended] of this.#ended) {
      if (this.#ended.size <= limit) break;
      this.#forgottenUntil = Math.max(this.#forgottenUntil, ended.until);
      this.#ended.delete(oldest);
    }
  }

  /** Everything ended: which ids those were nobody knows. */
  noteAll(): void {
    this.#forgottenUntil = Math.max(this.#forgottenUntil, this.#parts.clock.monotonic());
  }

  #forgetWhatIsOver(): void {
    const unopposedUntil = this.#parts.unopposedUntil();
    for (const [id, { until }] of this.#ended) {
      if (until > unopposedUntil) return;
      this.#ended.delete(id);
    }
  }
}
