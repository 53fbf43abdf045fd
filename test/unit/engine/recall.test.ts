import { describe, expect, test } from 'vitest';
import { Recall } from '../../../src/engine/recall.ts';
import type { LiveRecord, Tombstone, ResetReason } from '../../../src/session/record.ts';
import { json } from './engine-setup.ts';

const NOW = 1_700_000_000_000;

function live(id: string, version: number, expiresAt = NOW + 1000): LiveRecord {
  return { kind: 'live', id, version, expiresAt, ttlSeconds: 1, content: json({}) };
}

function tombstone(id: string, version: number, reason: ResetReason, expiresAt = NOW + 1000): Tombstone {
  return { kind: 'tombstone', id, version, expiresAt, reason, successorUntil: 0, readableUntil: 0 };
}

describe('S1 never old: recall', () => {
  test('knows a version below the one that it remembers for that id, and no other', () => {
    const recall = new Recall(10);
    recall.wrote(live('x', 5));
    expect([4, 5, 6].map((version) => recall.isStale('x', version))).toEqual([true, false, false]);
    expect(recall.isStale('y', 1)).toBe(false);
  });

  test('learns from what was read, but never forgets a newer version over an older one', () => {
    const recall = new Recall(10);
    recall.saw(live('x', 5));
    expect(recall.isStale('x', 4)).toBe(true);
    recall.saw(live('x', 3));
    expect(recall.isStale('x', 4)).toBe(true);
    recall.saw(live('x', 7));
    expect(recall.isStale('x', 6)).toBe(true);
  });

  test('S6 bounded: the ids that were written longest ago are forgotten first', () => {
    const recall = new Recall(2);
    for (const id of ['x', 'y', 'z']) recall.wrote(live(id, 5));
    expect(['x', 'y', 'z'].map((id) => recall.isStale(id, 4))).toEqual([false, true, true]);
  });
});

describe('S5 destroyed stays destroyed: recall', () => {
  test('holds a tombstone for as long as the store should have', () => {
    const recall = new Recall(10);
    recall.wrote(tombstone('x', 5, 'destroyed', NOW + 1000));
    expect(recall.graveOf('x', NOW + 999)).toEqual({ version: 5, until: NOW + 1000 });
    expect(recall.graveOf('x', NOW + 1000)).toBeUndefined();
    expect(recall.graveOf('y', NOW)).toBeUndefined();
  });

  test('holds no living session for destroyed, and none that a stand-in reset', () => {
    const recall = new Recall(10);
    recall.wrote(live('x', 5));
    recall.wrote(tombstone('y', 5, 'owner-dead'));
    expect(recall.graveOf('x', NOW)).toBeUndefined();
    expect(recall.graveOf('y', NOW)).toBeUndefined();
  });
});

describe('S9 explained: why the store has nothing', () => {
  test('never heard of it: unknown', () => {
    expect(new Recall(10).explainMiss('x', NOW)).toBe('unknown');
  });

  test('written and still to live: the store made room', () => {
    const recall = new Recall(10);
    recall.wrote(live('x', 5, NOW + 1));
    expect(recall.explainMiss('x', NOW)).toBe('evicted');
  });

  test('written and outlived: expired', () => {
    const recall = new Recall(10);
    recall.wrote(live('x', 5, NOW));
    expect(recall.explainMiss('x', NOW)).toBe('expired');
  });

  test('destroyed, or reset by a stand-in: its own reason, also after the tombstone has run out', () => {
    const recall = new Recall(10);
    recall.wrote(tombstone('x', 5, 'destroyed', NOW));
    recall.wrote(tombstone('y', 5, 'owner-dead', NOW + 1000));
    expect(['x', 'y'].map((id) => recall.explainMiss(id, NOW))).toEqual(['destroyed', 'owner-dead']);
  });

  test('gone with the store: what was written before the loss, not after it, and not what had expired', () => {
    const recall = new Recall(10);
    recall.wrote(live('before', 5));
    recall.wrote(live('over', 5, NOW));
    recall.lostAll('store-lost', NOW);
    recall.wrote(live('after', 6));
    expect(['before', 'over', 'after'].map((id) => recall.explainMiss(id, NOW))).toEqual([
      'store-lost',
      'expired',
      'evicted',
    ]);
  });

  test('an id without a trace is held to have gone with the lost store, for as long as that can be', () => {
    const recall = new Recall(10);
    recall.lostAll('owner-dead', NOW + 500);
    expect(recall.explainMiss('x', NOW + 499)).toBe('owner-dead');
    expect(recall.explainMiss('x', NOW + 500)).toBe('unknown');
  });
});
