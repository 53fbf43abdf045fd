import type { Letter } from '../../src/session/letter.ts';
import { MintedIds } from '../../src/session/session-id.ts';
import { Ledger, type LedgerParts } from '../../src/standin/ledger.ts';

/** Those of the nodes under test. */
export const IDS = new MintedIds(Buffer.from('the secret of the nodes under test'));

export function drawSessionId(letter: Letter): string {
  return IDS.draw(letter);
}

/** A ledger that takes every id for minted, unless told otherwise. */
export function ledgerOf(
  limit: number,
  { isComplete = true, isMinted = () => true }: Partial<Pick<LedgerParts, 'isComplete' | 'isMinted'>> = {},
): Ledger {
  return new Ledger({ limit, isComplete, isMinted });
}
