import type { ItemAnswer } from '../../session/item-operation.ts';
import type { Reply } from '../../session/reply.ts';

/** One page has one session, two at a login; of more, the one that was read longest ago counts as never read. */
const SESSIONS_REMEMBERED = 16;

/**
 * Which version one client's last read of each session found: of the session, or of the tombstone in its place. What it
 * stores then it has made of that, so that the owner can tell it from a slower request that still writes what was
 * destroyed meanwhile (S5).
 */
export class SeenVersions {
  /** The one read last stands last. */
  readonly #seen: { readonly id: string; readonly version: number }[] = [];

  /** What a read of this id came to. */
  note(id: string, reply: Reply): void {
    const version = reply.kind === 'answered' ? versionIn(reply.answer) : undefined;
    const at = this.#seen.findIndex((entry) => entry.id === id);
    if (at >= 0) this.#seen.splice(at, 1);
    if (version === undefined) return;
    if (this.#seen.length >= SESSIONS_REMEMBERED) this.#seen.shift();
    this.#seen.push({ id, version });
  }

  /** Undefined where it found nothing, or did not read at all. */
  of(id: string): number | undefined {
    return this.#seen.find((entry) => entry.id === id)?.version;
  }
}

function versionIn(answer: ItemAnswer): number | undefined {
  if (answer.kind === 'hit') return answer.cas;
  return answer.kind === 'miss' ? answer.grave : undefined;
}
