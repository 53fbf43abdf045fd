import { describe, expect, test } from 'vitest';
import type { EstateEntry } from '../../../src/session/estate-entry.ts';
import { Disputes } from '../../../src/standin/disputes.ts';

const ID = `b${'1'.repeat(26)}`;
const KEPT: EstateEntry = { kind: 'kept', id: ID, lifeMs: 1000, record: Buffer.from('record') };
const RESET: EstateEntry = { kind: 'reset', id: ID };
const BURIED: EstateEntry = { kind: 'buried', id: ID, reason: 'destroyed' };
const SUCCEEDED: EstateEntry = { kind: 'succeeded', id: ID, successor: `c${'2'.repeat(26)}`, aliasMs: 1000 };

describe('what stands in the accounts of one dead owner', () => {
  test('is as its account says, the latest entry there', () => {
    const disputes = new Disputes();
    for (const entry of [RESET, KEPT, SUCCEEDED]) expect(disputes.settle(entry, 'c1')).toBe(entry);
    const other = { ...KEPT, id: `b${'3'.repeat(26)}` };
    expect(disputes.settle(other, 'd1')).toBe(other);
  });

  test('is reset where more than one account has it, whatever they say and however often', () => {
    for (const [first, second] of [
      [KEPT, KEPT],
      [RESET, KEPT],
      [SUCCEEDED, KEPT],
      [KEPT, SUCCEEDED],
    ] as const) {
      const disputes = new Disputes();
      disputes.settle(first, 'c1');
      expect(disputes.settle(second, 'd1')).toEqual(RESET);
      expect(disputes.settle(first, 'c1')).toEqual(RESET);
      expect(disputes.settle(KEPT, 'c2')).toEqual(RESET);
    }
  });

  test('S5: stays destroyed where any account says so', () => {
    for (const destroyed of [BURIED, { ...SUCCEEDED, isDestroyed: true } as const]) {
      const disputes = new Disputes();
      disputes.settle(destroyed, 'c1');
      expect(disputes.settle(KEPT, 'd1')).toEqual(BURIED);
      const inOtherOrder = new Disputes();
      inOtherOrder.settle(KEPT, 'd1');
      expect(inOtherOrder.settle(destroyed, 'c1')).toEqual(BURIED);
    }
  });

  test('is reset where it was done in the name of a life before the last: that one may know something later', () => {
    const disputes = new Disputes();
    expect(disputes.settle(KEPT, 'c1', true)).toEqual(RESET);
    expect(disputes.settle(KEPT, 'c1')).toEqual(RESET);
    expect(new Disputes().settle(BURIED, 'c1', true)).toEqual(BURIED);
  });

  test('is forgotten when all of it was dropped, or taken over', () => {
    const disputes = new Disputes();
    disputes.settle(BURIED, 'c1');
    disputes.clear();
    expect(disputes.settle(KEPT, 'd1')).toBe(KEPT);
  });
});
