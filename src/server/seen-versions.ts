import type { ItemAnswer } from '../session/item-operation.ts';
import type { Reply } from '../session/reply.ts';

/** One page has one session, two at a login; of more, the one that was read longest ago counts as never read. */
const SESSIONS_REMEMBERED = 16;

/**
 * Which version one client's last read of each session found: of the session, or of the tombstone in its place. What it
 * stores then it has made of that, so that the owner can tell it from a slower request that still writes what was
 * destroyed meanwhile (S5).
 */
export class SeenVersions {
  readonly #versions = new Map<string, number>();

  /** What a read of this id came to. */
  note(id: string, reply: Reply): void {
    this.#versions.delete(id);
    const version = reply.kind === 'answered' ? versionIn(reply.answer) : undefined;
    if (version === undefined) return;
    this.#versions.set(id, version);
    for (const longestAgo of this.#versions.keys()) {
      if (this.#versions.size <= SESSIONS_REMEMBERED) return;
      this.#versions.delete(longestAgo);
    }
  }

  /** Undefined where it found nothing, or did not read at all. */
  of(id: string): number | undefined {
    return this.#versions.get(id);
  }
}

function versionIn(answer: ItemAnswer): number | undefined {
  if (answer.kind === 'hit') return answer.cas;
  return answer.kind === 'miss' ? answer.grave : undefined;
}
