import { describe, expect, test } from 'vitest';
import type { Act, Deed, Outcome } from '../../support/sim/history.ts';
import { wrongLives } from '../../support/sim/life-spans.ts';
import { letterOf } from '../session/letters.ts';

const A = letterOf('a');
const ID = 'a1';
const KEY = 'a-kept-1';
const SPANS = { ttlMs: 2000, tombstoneMs: 1500, graceMs: 300 };

type Told = readonly [act: Act, begunAt: number, endedAt: number, outcome: Outcome];

/** The rules that these deeds break. */
function broken(told: readonly Told[], hurtAt = Infinity): string[] {
  const deeds = told.map(([act, begunAt, endedAt, outcome], index): Deed => ({
    ...{ number: index + 1, node: A, act, begunAt, endedAt, outcome, wasStopped: false },
  }));
  const lineages = new Map([
    [ID, 'L'],
    [KEY, KEY],
  ]);
  const history = { deeds, lineages, hurtAt: new Map([[A, hurtAt]]), absences: [], unrest: [] };
  return wrongLives(history, SPANS).map(({ rule }) => rule);
}

const written = (id = ID): Outcome => ({ kind: 'written', id, version: 1 });
const born: Told = [{ kind: 'mint', lineage: 'L', write: 1 }, 0, 1, written()];
const read = (at: number): Told => [
  { kind: 'get', id: ID },
  at,
  at + 1,
  { kind: 'read', id: ID, version: 1, payload: { lineage: 'L', write: 1, patches: [] } },
];
const expired = (at: number): Told => [{ kind: 'get', id: ID }, at, at + 1, { kind: 'miss', reason: 'expired' }];
const touch = (at: number): Told => [{ kind: 'touch', id: ID }, at, at + 1, written()];
const keep = (at: number, outcome: Outcome): Told => [
  { kind: 'keep', id: KEY, lineage: KEY, write: at },
  at,
  at + 1,
  outcome,
];
const destroy = (at: number): Told => [{ kind: 'destroy', id: KEY }, at, at + 1, written(KEY)];

describe('of lives, the checker of simulated meshes', () => {
  test('lets pass those that last for their time, from the last write or touch on', () => {
    expect(broken([born, read(1990), expired(2060)])).toEqual([]);
    expect(broken([born, touch(1500), read(3400), expired(3600)])).toEqual([]);
  });

  test('lets pass a rotated session for its grace, and no longer', () => {
    const rotated: Told = [{ kind: 'rotate', id: ID }, 1900, 1901, written('a2')];
    expect(broken([born, rotated, read(2200)])).toEqual([]);
    expect(broken([born, rotated, read(2300)])).toEqual(['S1']);
  });

  test('finds S1: a session that is read after its life', () => {
    expect(broken([born, read(2100)])).toEqual(['S1']);
    expect(broken([born, touch(1500), read(3600)])).toEqual(['S1']);
  });

  test('finds S3: a session that is said to have expired before it has', () => {
    expect(broken([born, expired(1900)])).toEqual(['S3']);
    expect(broken([born, touch(1500), expired(2100)])).toEqual(['S3']);
  });

  test('finds S5: a key that is written while its tombstone stands, where nothing befell its owner', () => {
    const told = [keep(1, written(KEY)), destroy(10), keep(1000, written(KEY))];
    expect(broken(told)).toEqual(['S5']);
    expect(broken(told, 500)).toEqual([]);
    expect(broken([keep(1, written(KEY)), destroy(10), keep(1520, written(KEY))])).toEqual([]);
    expect(broken([destroy(10), keep(1000, { kind: 'refused', code: 'DESTROYED' })])).toEqual([]);
  });
});
