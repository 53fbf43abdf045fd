import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ledger, LedgerEntry } from '../../../src/standin/ledger.ts';
import { ledgerOf } from '../../support/minted-ids.ts';

const RESET: LedgerEntry = { kind: 'reset' };
const KEPT: LedgerEntry = { kind: 'kept' };

function succeededBy(successor: string): LedgerEntry {
  return { kind: 'succeeded', successor, aliasUntil: 1000 };
}

/** Everything from the cursor on, page by page, as whoever takes the estate over sees it. */
function collect(ledger: Ledger, cursor: number, count: number): { seen: Map<string, LedgerEntry>; cursor: number } {
  const seen = new Map<string, LedgerEntry>();
  for (let more = true; more;) {
    const page = ledger.page(cursor, count);
    for (const { id, entry } of page.entries) seen.set(id, entry);
    cursor = page.nextCursor;
    more = page.more;
  }
  return { seen, cursor };
}

describe('the ledger', () => {
  test('knows the latest that was done with each orphan', () => {
    const ledger = ledgerOf(10);
    expect(ledger.get('x')).toBeUndefined();
    ledger.note('x', RESET);
    ledger.note('y', KEPT);
    ledger.note('x', succeededBy('z'));
    expect(ledger.get('x')).toEqual(succeededBy('z'));
    expect(ledger.get('y')).toEqual(KEPT);
    expect(ledger.size).toBe(2);
  });

  test('S6 bounded: is no longer complete once an orphan did not fit, and says so for good', () => {
    const ledger = ledgerOf(2);
    ledger.note('x', RESET);
    ledger.note('y', RESET);
    expect(ledger.isComplete).toBe(true);
    ledger.note('z', RESET);
    expect(ledger.isComplete).toBe(false);
    expect(ledger.get('z')).toBeUndefined();
    expect(ledger.size).toBe(2);
  });

  test('still takes what becomes of those that it has, when it is full', () => {
    const ledger = ledgerOf(1);
    ledger.note('x', RESET);
    ledger.note('x', KEPT);
    expect(ledger.get('x')).toEqual(KEPT);
    expect(ledger.isComplete).toBe(true);
  });

  test('can begin with a gap, and can be told of one', () => {
    expect(ledgerOf(10, { isComplete: false }).isComplete).toBe(false);
    const ledger = ledgerOf(10);
    ledger.markIncomplete();
    expect(ledger.isComplete).toBe(false);
  });
});

describe('reading the ledger page by page', () => {
  test('an empty one has one empty page', () => {
    expect(ledgerOf(10).page(0, 5)).toEqual({ entries: [], nextCursor: 0, more: false });
  });

  test('a page has at most as many entries as asked for, in the order of noting, and says whether more follow', () => {
    const ledger = ledgerOf(10);
    for (const id of ['x', 'y', 'z']) ledger.note(id, RESET);
    const first = ledger.page(0, 2);
    expect(first.entries.map(({ id }) => id)).toEqual(['x', 'y']);
    expect(first.more).toBe(true);
    const second = ledger.page(first.nextCursor, 2);
    expect(second).toEqual({ entries: [{ id: 'z', entry: RESET }], nextCursor: second.nextCursor, more: false });
    expect(ledger.page(second.nextCursor, 2)).toEqual({ entries: [], nextCursor: second.nextCursor, more: false });
  });

  test('what is noted anew after its page comes again, as it is then; what was not, does not', () => {
    const ledger = ledgerOf(10);
    ledger.note('x', RESET);
    ledger.note('y', RESET);
    const { nextCursor } = ledger.page(0, 10);
    ledger.note('x', KEPT);
    expect(ledger.page(nextCursor, 10).entries).toEqual([{ id: 'x', entry: KEPT }]);
  });

  test('one entry changed ten thousand times costs neither a long journal nor a missed entry', () => {
    const ledger = ledgerOf(10);
    ledger.note('still', RESET);
    let { nextCursor } = ledger.page(0, 10);
    for (let change = 0; change < 10_000; change += 1) ledger.note('busy', succeededBy(String(change)));
    ledger.note('new', RESET);
    const page = ledger.page(nextCursor, 2);
    expect(page).toMatchObject({ entries: [{ id: 'busy', entry: succeededBy('9999') }, { id: 'new' }], more: false });
    nextCursor = page.nextCursor;
    expect(ledger.page(nextCursor, 10).entries).toEqual([]);
  });

  test('whoever collects from the first page to the last has the latest of every orphan, however it grows meanwhile', () => {
    const anyId = fc.constantFrom(...Array.from('abcdefghijklmnopqrstuvwxyz'));
    const anyMove = fc.oneof(
      { weight: 5, arbitrary: fc.record({ note: anyId, entry: fc.constantFrom(RESET, KEPT, succeededBy('s')) }) },
      { weight: 1, arbitrary: fc.record({ page: fc.integer({ min: 1, max: 5 }) }) },
    );
    fc.assert(
      fc.property(
        fc.array(anyMove, { maxLength: 300, size: 'max' }),
        fc.integer({ min: 1, max: 7 }),
        (moves, count) => {
          const ledger = ledgerOf(100);
          const truth = new Map<string, LedgerEntry>();
          const collected = new Map<string, LedgerEntry>();
          let cursor = 0;
          for (const [at, move] of moves.entries()) {
            if ('note' in move) {
              // Each entry tells from all others that of the same kind.
              const entry = move.entry.kind === 'succeeded' ? succeededBy(`s${at}`) : move.entry;
              ledger.note(move.note, entry);
              truth.set(move.note, entry);
            } else {
              const page = ledger.page(cursor, move.page);
              expect(page.entries.length).toBeLessThanOrEqual(move.page);
              for (const { id, entry } of page.entries) collected.set(id, entry);
              cursor = page.nextCursor;
            }
          }
          for (const [id, entry] of collect(ledger, cursor, count).seen) collected.set(id, entry);
          expect(collected).toEqual(truth);
          expect(collect(ledger, 0, count).seen).toEqual(truth);
        },
      ),
      { seed: 81, numRuns: 200 },
    );
  });
});

describe('ids that no node minted', () => {
  const isMinted = (id: string): boolean => id.startsWith('m');

  test('S6 bounded: do not take the place of those that nodes minted, nor the other way round', () => {
    const ledger = ledgerOf(2, { isMinted });
    for (const id of ['x1', 'x2', 'm1', 'm2']) ledger.note(id, RESET);
    expect([ledger.isComplete, ledger.forgetsUnminted, ledger.size]).toEqual([true, false, 4]);
    ledger.note('x3', RESET);
    expect([ledger.isComplete, ledger.forgetsUnminted]).toEqual([true, true]);
    ledger.note('m3', RESET);
    expect([ledger.isComplete, ledger.forgetsUnminted]).toEqual([false, true]);
  });

  test('once there are too many, are forgotten where they were reset: the owner resets all of them', () => {
    const ledger = ledgerOf(3, { isMinted });
    ledger.note('m1', RESET);
    ledger.note('x1', RESET);
    ledger.note('x2', KEPT);
    ledger.note('x3', succeededBy('s'));
    ledger.note('x4', RESET);
    expect(ledger.forgetsUnminted).toBe(true);
    expect([...collect(ledger, 0, 10).seen]).toEqual([
      ['m1', RESET],
      ['x2', KEPT],
      ['x3', succeededBy('s')],
    ]);
    // A million more find no room, and cost nothing.
    for (let more = 0; more < 1000; more += 1) ledger.note(`y${more}`, RESET);
    expect(ledger.size).toBe(3);
    expect(ledger.isComplete).toBe(true);
  });

  test('are still noted after that where they came to something, as far as there is room', () => {
    const ledger = ledgerOf(2, { isMinted });
    for (const id of ['x1', 'x2', 'x3']) ledger.note(id, RESET);
    ledger.note('x4', KEPT);
    ledger.note('x5', KEPT);
    ledger.note('x6', KEPT);
    expect([...collect(ledger, 0, 10).seen.keys()]).toEqual(['x4', 'x5']);
  });

  test('are not forgotten where somebody may have collected that they were kept before', () => {
    const ledger = ledgerOf(2, { isMinted });
    ledger.note('x1', KEPT);
    const { nextCursor } = ledger.page(0, 10);
    ledger.note('x1', RESET);
    ledger.note('x2', RESET);
    ledger.note('x3', RESET);
    expect(ledger.page(nextCursor, 10).entries).toEqual([{ id: 'x1', entry: RESET }]);
  });

  test('leave no gap in the journal: who has collected the rest has collected up to the last note', () => {
    const ledger = ledgerOf(2, { isMinted });
    ledger.note('m1', RESET);
    for (const id of ['x1', 'x2', 'x3']) ledger.note(id, RESET);
    const page = ledger.page(0, 10);
    expect(page).toEqual({ entries: [{ id: 'm1', entry: RESET }], nextCursor: ledger.lastSequence, more: false });
    ledger.note('m2', RESET);
    expect(ledger.page(page.nextCursor, 10).entries).toEqual([{ id: 'm2', entry: RESET }]);
  });

  test('can be known for forgotten from another account', () => {
    const ledger = ledgerOf(10, { isMinted });
    ledger.note('x1', RESET);
    ledger.forgetUnminted();
    expect([ledger.forgetsUnminted, ledger.size, ledger.isComplete]).toEqual([true, 0, true]);
  });
});
