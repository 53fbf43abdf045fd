import type { EstateEntry } from '../session/estate-entry.ts';

const DISPUTED = Symbol('more than one account has it');

/**
 * Several accounts of one dead owner, put together. The node that wrote the one may not have known of the other, and nobody can
 * say which is the later one: an orphan that stands in more than one of them is reset.
 */
export class Disputes {
  readonly #accounts = new Map<string, string | typeof DISPUTED>();
  readonly #destroyed = new Set<string>();

  /**
   * What to make of an entry.
   *
   * @param account the account that it stands in; the latest entry there counts
   * @param isOutdated it was done in the name of a life before the owner's last one, which may know something later
   */
  settle(entry: EstateEntry, account: string, isOutdated = false): EstateEntry {
    const { id } = entry;
    const known = this.#accounts.get(id) ?? account;
    if (isDestroyed(entry)) this.#destroyed.add(id);
    const isDisputed = isOutdated || known !== account;
    this.#accounts.set(id, isDisputed ? DISPUTED : account);
    if (!isDisputed) return entry;
    // Destroyed stays destroyed (S5), whichever account says so.
    return this.#destroyed.has(id) ? { kind: 'buried', id, reason: 'destroyed' } : { kind: 'reset', id };
  }

  /** What was applied is gone, or has been taken over. */
  clear(): void {
    this.#accounts.clear();
    this.#destroyed.clear();
  }
}

function isDestroyed(entry: EstateEntry): boolean {
  return (
    (entry.kind === 'buried' && entry.reason === 'destroyed') ||
    (entry.kind === 'succeeded' && entry.isDestroyed === true)
  );
}
