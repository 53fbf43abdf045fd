import { describe, expect, test } from 'vitest';
import { isRead, lockWaitMs, type SessionCommand } from '../../../src/session/command.ts';
import type { ItemOperation } from '../../../src/session/item-operation.ts';
import { letter } from '../../support/mesh-messages.ts';

const GET: ItemOperation = { kind: 'read', canWin: false, isPeek: false };

function item(operation: ItemOperation): SessionCommand {
  return { kind: 'item', id: 'a1', isSession: true, operation };
}

const LOCK: SessionCommand = { kind: 'lock', id: 'a1', waitMs: 3000, holdMs: 0, holder: letter('b') };

describe('what may be asked again after a lost answer', () => {
  test.each<ItemOperation>([
    GET,
    { ...GET, canWin: true },
    { ...GET, isPeek: true },
    { kind: 'inspect' },
    { kind: 'probe' },
  ])('%j', (operation) => {
    expect(isRead(item(operation))).toBe(true);
  });

  test.each<ItemOperation>([
    { ...GET, touchSeconds: 0 },
    { ...GET, canWin: true, vivifySeconds: 30 },
    { ...GET, canWin: true, recacheBelowSeconds: 30 },
    { kind: 'store', mode: 'set', flags: 0, lifeSeconds: 0, isInvalidating: false, value: Buffer.from('v') },
    { kind: 'delete' },
    { kind: 'mark-stale' },
    { kind: 'arithmetic', direction: 'incr', delta: 0n },
    { kind: 'touch', lifeSeconds: 0 },
  ])('not $kind that changes something', (operation) => {
    expect(isRead(item(operation))).toBe(false);
  });

  test('nor a lock', () => {
    expect(isRead(LOCK)).toBe(false);
  });
});

test('only what queues for a lock may take longer than anything else', () => {
  expect(lockWaitMs(LOCK)).toBe(3000);
  expect(lockWaitMs({ kind: 'open', id: 'a1', lock: { waitMs: 7 } })).toBe(7);
  expect(lockWaitMs({ kind: 'open', id: 'a1' })).toBe(0);
  expect(lockWaitMs(item(GET))).toBe(0);
});
