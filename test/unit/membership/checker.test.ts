import { describe, expect, test } from 'vitest';
import { check, type Violation } from '../../support/sim/checker.ts';
import type { Act, Deed, History, Outcome, Payload } from '../../support/sim/history.ts';
import { subjectOf } from '../../support/sim/history.ts';
import { letterOf } from '../session/letters.ts';

const [A, B] = [letterOf('a'), letterOf('b')];
const ID = 'a1';
const KEY = 'a-kept-1';

const OPTIONS = { hardCapMs: 500, graceMs: 5000, areLedgersLarge: true };

interface Told {
  readonly act: Act;
  readonly at: readonly [begunAt: number, endedAt: number];
  readonly outcome: Outcome;
  readonly wasStopped?: boolean;
}

/** What the checker says of these deeds of visitors, where nothing had befallen the mesh unless said otherwise. */
function judge(told: readonly Told[], circumstances: Partial<History> = {}): string[] {
  const deeds = told.map(({ act, at: [begunAt, endedAt], outcome, wasStopped = false }, index): Deed => ({
    ...{ number: index + 1, node: B, act, begunAt, endedAt, outcome, wasStopped },
  }));
  const lineages = new Map([
    [ID, 'L'],
    [KEY, KEY],
  ]);
  for (const { act, outcome } of deeds) {
    if (act.kind === 'rotate' && outcome.kind === 'written') lineages.set(outcome.id, 'L');
  }
  const violations = check(
    { deeds, lineages, hurtAt: new Map([[A, 0]]), absences: [], unrest: [], ...circumstances },
    OPTIONS,
  );
  return violations.map(({ rule }: Violation) => rule);
}

function payload(write?: number, ...patches: number[]): Payload {
  return { lineage: 'L', ...(write !== undefined && { write }), patches };
}

const born: Told = {
  act: { kind: 'mint', lineage: 'L', write: 1 },
  at: [0, 1],
  outcome: { kind: 'written', id: ID, version: 1 },
};

function put(write: number, at: Told['at'], version: number): Told {
  return { act: { kind: 'put', id: ID, lineage: 'L', write }, at, outcome: { kind: 'written', id: ID, version } };
}

function patch(write: number, at: Told['at'], version: number): Told {
  return { act: { kind: 'patch', id: ID, lineage: 'L', write }, at, outcome: { kind: 'written', id: ID, version } };
}

function putInDoubt(write: number, at: Told['at']): Told {
  return { act: { kind: 'put', id: ID, lineage: 'L', write }, at, outcome: { kind: 'in-doubt', code: 'X' } };
}

function read(content: Payload, at: Told['at'], version: number): Told {
  return { act: { kind: 'get', id: ID }, at, outcome: { kind: 'read', id: ID, version, payload: content } };
}

function miss(at: Told['at'], kind: 'get' | 'put' = 'get'): Told {
  const act: Act = kind === 'get' ? { kind, id: ID } : { kind, id: ID, lineage: 'L', write: 99 };
  return { act, at, outcome: { kind: 'miss', reason: 'owner-dead' } };
}

function destroyed(at: Told['at']): Told {
  return { act: { kind: 'destroy', id: ID }, at, outcome: { kind: 'written', id: ID, version: 50 } };
}

function opened(at: Told['at'], successor: string): Told {
  const outcome: Outcome = {
    ...{ kind: 'opened', id: successor, state: 'regenerated', reason: 'owner-dead' },
    ...{ version: 1, payload: { patches: [] } },
  };
  return { act: { kind: 'open', id: ID }, at, outcome };
}

describe('the checker is content with', () => {
  test('a life without faults', () => {
    expect(
      judge([
        born,
        put(2, [2, 3], 2),
        patch(3, [4, 5], 3),
        read(payload(2, 3), [6, 7], 3),
        destroyed([8, 9]),
        miss([10, 11]),
      ]),
    ).toEqual([]);
  });

  test('a read that overlaps a write, either way', () => {
    expect(judge([born, put(2, [2, 9], 2), read(payload(1), [3, 4], 1)])).toEqual([]);
    expect(judge([born, put(2, [2, 9], 2), read(payload(2), [3, 4], 2)])).toEqual([]);
  });

  test('a write in doubt that appears late, or never', () => {
    expect(judge([born, putInDoubt(2, [2, 3]), read(payload(1), [4, 5], 1), read(payload(2), [6, 7], 2)])).toEqual([]);
    expect(judge([born, putInDoubt(2, [2, 3]), read(payload(1), [4, 5], 1)])).toEqual([]);
  });

  test('a reset after the owner was hurt', () => {
    expect(judge([born, put(2, [2, 3], 2), miss([4, 5]), miss([6, 7])])).toEqual([]);
  });

  test('a node that is late because it was stopped', () => {
    expect(judge([{ ...read(payload(1), [2, 2000], 1), wasStopped: true }, born])).toEqual([]);
  });

  test('a rotated session that is read in its grace', () => {
    const rotated: Told = {
      act: { kind: 'rotate', id: ID },
      at: [2, 3],
      outcome: { kind: 'written', id: 'a2', version: 2 },
    };
    expect(judge([born, rotated, read(payload(1), [100, 101], 3), miss([110, 111], 'put')])).toEqual([]);
  });

  test('a key that is written anew after a reset', () => {
    const keep = (write: number, at: Told['at']): Told => ({
      act: { kind: 'keep', id: KEY, lineage: KEY, write },
      at,
      outcome: { kind: 'written', id: KEY, version: 9 },
    });
    const readKey = (write: number, at: Told['at']): Told => ({
      act: { kind: 'get', id: KEY },
      at,
      outcome: { kind: 'read', id: KEY, version: 9, payload: { lineage: KEY, write, patches: [] } },
    });
    const missKey: Told = {
      act: { kind: 'get', id: KEY },
      at: [4, 5],
      outcome: { kind: 'miss', reason: 'owner-dead' },
    };
    expect(judge([keep(5, [1, 2]), missKey, keep(6, [6, 7]), readKey(6, [8, 9])])).toEqual([]);
    expect(judge([keep(5, [1, 2]), missKey, readKey(5, [8, 9])])).toEqual(['S1']);
  });
});

describe('the checker finds', () => {
  test('S0: bytes of another session', () => {
    expect(judge([born, read({ lineage: 'M', write: 1, patches: [] }, [2, 3], 1)])).toContain('S0');
    expect(judge([born, read(payload(77), [2, 3], 1)])).toContain('S0');
  });

  test('S0: a session under another id than was asked for', () => {
    const found: Outcome = { kind: 'opened', id: ID, state: 'found', version: 1, payload: payload(1) };
    expect(judge([born, { act: { kind: 'open', id: 'a2' }, at: [2, 3], outcome: found }])).toContain('S0');
  });

  test('S1: an old version, and old data under a new version', () => {
    expect(judge([born, put(2, [2, 3], 2), read(payload(1), [4, 5], 1)])).toContain('S1');
    expect(judge([born, put(2, [2, 3], 2), read(payload(1), [4, 5], 9)])).toContain('S1');
  });

  test('S1: a write in doubt that was seen and is gone again', () => {
    expect(judge([born, putInDoubt(2, [2, 3]), read(payload(2), [4, 5], 2), read(payload(1), [6, 7], 1)])).toContain(
      'S1',
    );
  });

  test('S1: a patch that is lost', () => {
    expect(judge([born, patch(2, [2, 3], 2), patch(3, [4, 5], 3), read(payload(1, 3), [6, 7], 3)])).toEqual(['S1']);
  });

  test('S1: one version with two contents', () => {
    expect(judge([born, put(2, [2, 9], 2), read(payload(1), [3, 4], 2), read(payload(2), [3, 5], 2)])).toContain('S1');
  });

  test('S1: a write that is acknowledged with the version of an earlier one', () => {
    expect(judge([born, put(2, [2, 3], 2), put(3, [4, 5], 2)])).toContain('S1');
  });

  test('S1: a session that was told gone and comes back, to read or to write', () => {
    expect(judge([born, miss([2, 3]), read(payload(1), [4, 5], 1)])).toContain('S1');
    expect(judge([born, opened([2, 3], 'b7'), read(payload(1), [4, 5], 1)])).toContain('S1');
    expect(judge([born, miss([2, 3]), put(2, [4, 5], 2)])).toContain('S1');
  });

  test('S2: two successors of one orphan, unless the mesh was in unrest', () => {
    const absences = [{ node: A, from: 1, to: Infinity }];
    const told = [born, opened([10, 12], 'b7'), opened([11, 13], 'b8')];
    expect(judge(told, { absences })).toEqual(['S2']);
    expect(judge(told, { absences, unrest: [11] })).toEqual([]);
    expect(judge([born, opened([10, 12], 'b7'), opened([11, 13], 'b7')], { absences })).toEqual([]);
  });

  test('S3: a miss where nothing has befallen the owner', () => {
    expect(judge([born, miss([4, 5])], { hurtAt: new Map() })).toEqual(['S3']);
    expect(judge([born, miss([4, 5])], { hurtAt: new Map([[A, 6]]) })).toEqual(['S3']);
    expect(judge([born, miss([4, 5])], { hurtAt: new Map([[B, 1]]) })).toEqual(['S3']);
  });

  test('S5: a destroyed session that is read, or written', () => {
    expect(judge([born, destroyed([2, 3]), read(payload(1), [4, 5], 1)])).toContain('S5');
    expect(judge([born, destroyed([2, 3]), put(2, [4, 5], 51)])).toContain('S5');
  });

  test('S5: a rotated session that is written, rotated again, or read after its grace', () => {
    const rotated = (at: Told['at'], id: string): Told => ({
      ...{ act: { kind: 'rotate', id: ID }, at, outcome: { kind: 'written', id, version: 2 } },
    });
    expect(judge([born, rotated([2, 3], 'a2'), put(2, [4, 5], 5)])).toContain('S5');
    expect(judge([born, rotated([2, 3], 'a2'), rotated([4, 5], 'a3')])).toContain('S5');
    expect(judge([born, rotated([2, 3], 'a2'), read(payload(1), [6000, 6001], 3)])).toContain('S5');
  });

  test('S6: an answer that takes too long, or never comes', () => {
    expect(judge([born, read(payload(1), [2, 600], 1)])).toEqual(['S6']);
    expect(judge([born, { act: { kind: 'get', id: ID }, at: [2, Infinity], outcome: { kind: 'lost' } }])).toEqual([
      'S6',
    ]);
  });

  test('what it says names the deeds that prove it', () => {
    const deeds = [born, miss([2, 3]), read(payload(1), [4, 5], 1)];
    const violations = check(
      {
        deeds: deeds.map(({ act, at: [begunAt, endedAt], outcome }, index) => ({
          ...{ number: index + 1, node: B, act, begunAt, endedAt, outcome, wasStopped: false },
        })),
        ...{ lineages: new Map([[ID, 'L']]), hurtAt: new Map([[A, 0]]), absences: [], unrest: [] },
      },
      OPTIONS,
    );
    expect(violations.map(({ deeds: proof }) => proof.map(({ number }) => number))).toEqual([[2, 3]]);
    expect(violations[0]?.deeds.map(({ act }) => subjectOf(act))).toEqual([ID, ID]);
  });
});
