import type { MintedIds } from '../session/minted-ids.ts';
import type { SessionRecord } from '../session/record.ts';

/**
 * A version below which nothing counts of what stands under ids that no node minted. A stand-in that cannot keep apart what
 * it was asked for under such ids has the owner reset all of them: it need not know which those are, nor find them in its store.
 * Versions only grow, so what is begun anew under such an id is above it.
 */
export class UnmintedFloor {
  readonly #ids: Pick<MintedIds, 'isMinted'>;
  #version: number;

  /** @param version that of the former daemon, which may have left its records to this one; 0: none */
  constructor(ids: Pick<MintedIds, 'isMinted'>, version: number) {
    this.#ids = ids;
    this.#version = version;
  }

  get version(): number {
    return this.#version;
  }

  raise(version: number): void {
    this.#version = Math.max(this.#version, version);
  }

  isBelow({ id, version }: Pick<SessionRecord, 'id' | 'version'>): boolean {
    return version < this.#version && !this.#ids.isMinted(id);
  }
}
