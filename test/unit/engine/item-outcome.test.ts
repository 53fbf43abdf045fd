import { describe, expect, test } from 'vitest';
import { ItemAccesses } from '../../../src/engine/item-outcome.ts';
import type { LiveRecord } from '../../../src/session/record.ts';

const WRITTEN_AT = 1_700_000_000_000;

function record(id: string, version = 1, contentType = 'application/octet-stream'): LiveRecord {
  const content = { contentType, flags: 0, payload: Buffer.alloc(0) };
  return { kind: 'live', id, version, expiresAt: WRITTEN_AT + 60_000, ttlSeconds: 60, content };
}

const FETCHED = { at: WRITTEN_AT + 5, wasFetched: true };

describe('what the owner remembers of an item', () => {
  test('is what was noted, for this version only', () => {
    const accesses = new ItemAccesses();
    accesses.note(record('a1'), FETCHED);
    expect(accesses.of(record('a1'))).toMatchObject(FETCHED);
    expect(accesses.of(record('a1', 2))).toEqual({ at: WRITTEN_AT, wasFetched: false });
    expect(accesses.of(record('a2'))).toEqual({ at: WRITTEN_AT, wasFetched: false });
  });

  test('names the version of an item that is no JSON document', () => {
    const accesses = new ItemAccesses();
    expect(accesses.plainVersion('a1')).toBeUndefined();
    accesses.note(record('a1', 7), FETCHED);
    expect(accesses.plainVersion('a1')).toBe(7);
    accesses.note(record('a1', 8, 'application/json'), FETCHED);
    expect(accesses.plainVersion('a1')).toBeUndefined();
  });

  test('S6 bounded: what was not used for longest is forgotten', () => {
    const accesses = new ItemAccesses();
    for (let n = 0; n < 20_001; n += 1) accesses.note(record(`a${n}`), FETCHED);
    expect(accesses.of(record('a0')).wasFetched).toBe(false);
    expect(accesses.of(record('a1')).wasFetched).toBe(true);
  });
});
