import type { Logger } from 'pino';
import type { Letter } from '../session/letter.ts';
import type { MintedIds } from '../session/minted-ids.ts';
import type { LiveRecord } from '../session/record.ts';
import type { Reply } from '../session/reply.ts';
import { storeFailure } from './store-failure.ts';
import type { Vault } from './vault.ts';

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
