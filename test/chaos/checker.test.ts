import { describe, expect, test } from 'vitest';
import { isLetter, type Letter } from '../../src/session/letter.ts';
import type { ResetReason } from '../../src/session/record.ts';
import type { Act, Outcome, Payload } from '../support/sim/history.ts';
import { describeDrops, dropsIn, type Drop } from './drops.ts';
import { FAULT_KINDS, FAULTS, hurtBy, struckBy, type FaultKind } from './faults.ts';
import type { LogLine } from './host.ts';
import { LETTERS } from './hosts.ts';
import { judge } from './judge.ts';
import { weaknesses } from './proof.ts';
import type { ChaosDeed, Via } from './record.ts';
import type { Trouble } from './troubles.ts';
import { overloads, verdictsIn } from './verdicts.ts';

const ID = `a${'0'.repeat(26)}`;
const OTHER = `b${'1'.repeat(26)}`;
const THIRD = `c${'2'.repeat(26)}`;
const [A, B, C] = LETTERS as readonly [Letter, Letter, Letter];

interface Told {
  readonly act: Act;
  readonly at: readonly [begunAt: number, endedAt: number];
  readonly outcome: Outcome;
  readonly node?: Letter;
  readonly via?: Via;
}

function deedsOf(told: readonly Told[]): ChaosDeed[] {
  return told.map(({ act, at: [begunAt, endedAt], outcome, node = A, via = 'door' }, index) => ({
    ...{ number: index + 1, node, via, act, begunAt, endedAt, answeredAt: endedAt, outcome },
  }));
}

/** The promises that the judge finds broken. */
function rules(told: readonly Told[], troubles: readonly Trouble[] = [], drops: readonly Drop[] = []): string[] {
  const lineages = new Map([
    [ID, 'L'],
    [OTHER, 'M'],
  ]);
  return judge({ deeds: deedsOf(told), lineages }, troubles, 500, drops).map(({ rule }) => rule);
}

function payload(write?: number, ...patches: number[]): Payload {
  return { lineage: 'L', ...(write !== undefined && { write }), patches };
}

const born: Told = {
  act: { kind: 'mint', lineage: 'L', write: 1 },
  at: [0, 1],
  outcome: { kind: 'written', id: ID, version: 1 },
};

function put(write: number, at: Told['at'], version: number, node = A): Told {
  return { act: { kind: 'put', id: ID, lineage: 'L', write }, at, outcome: { kind: 'written', id: ID, version }, node };
}

function patch(write: number, at: Told['at'], version: number): Told {
  return { act: { kind: 'patch', id: ID, lineage: 'L', write }, at, outcome: { kind: 'written', id: ID, version } };
}

function read(content: Payload, at: Told['at'], version: number, node = A): Told {
  return { act: { kind: 'get', id: ID }, at, outcome: { kind: 'read', id: ID, version, payload: content }, node };
}

function missed(at: Told['at'], reason: ResetReason = 'owner-dead', node = B): Told {
  return { act: { kind: 'get', id: ID }, at, outcome: { kind: 'miss', reason }, node };
}

function regenerated(at: Told['at'], id: string, node: Letter): Told {
  const outcome: Outcome = {
    kind: 'opened',
    id,
    state: 'regenerated',
    reason: 'owner-dead',
    version: 1,
    payload: { patches: [] },
  };
  return { act: { kind: 'open', id: ID }, at, outcome, node };
}

/** Whatever became of it: `ID` was asked for there and then. */
function asked(at: Told['at'], node: Letter, outcome: Outcome, via: Via = 'door'): Told {
  return { act: { kind: 'get', id: ID }, at, outcome, node, via };
}

function befell(kind: FaultKind, from: number, to: number, absence?: Trouble['absence']): Trouble {
  const { isSplit, bite } = FAULTS[kind];
  const fault = { kind, victim: A, holdMs: 0 };
  return {
    ...{
      kind,
      victim: A,
      from,
      doneAt: from,
      undoneAt: to,
      to,
      struck: struckBy(fault),
      hurts: hurtBy(fault),
      isSplit,
      bites: [bite],
    },
    ...(absence !== undefined && { absence }),
  };
}

describe('the judge is content with', () => {
  test('a life without faults', () => {
    expect(rules([born, put(2, [2, 3], 2), patch(3, [4, 5], 3), read(payload(2, 3), [6, 7], 3)])).toEqual([]);
  });

  test('a reset after the owner was killed', () => {
    expect(rules([born, missed([12, 13]), regenerated([14, 15], OTHER, B)], [befell('kill', 10, 20)])).toEqual([]);
  });

  test('two sides of a split that know nothing of each other', () => {
    const told = [born, missed([12, 13]), read(payload(1), [14, 15], 1), put(2, [16, 17], 2)];
    expect(rules(told, [befell('cut-off', 10, 20)])).toEqual([]);
  });

  test('a reset after a split where a wrong side was asked for the session, or may have been', () => {
    const split = [{ ...befell('cut-off', 10, 60), doneAt: 20, undoneAt: 50 }];
    const told: readonly Told[] = [
      missed([25, 26]),
      regenerated([25, 26], OTHER, C),
      // In doubt, without an answer, or with one from a page that may have got half-way.
      asked([25, 26], B, { kind: 'in-doubt', code: 'IN_DOUBT' }),
      asked([25, Infinity], B, { kind: 'lost' }),
      asked([25, 26], B, { kind: 'unavailable', code: 'JOINING' }, 'page'),
      // Behind a balancer anybody may have been asked.
      asked([25, Infinity], A, { kind: 'lost' }, 'balancer'),
      asked([25, 26], A, { kind: 'unavailable', code: 'HTTP 503' }, 'balancer'),
      // While the cut was being made, or undone; begun before it, or not over when it was.
      read(payload(1), [12, 13], 1),
      read(payload(1), [52, 53], 1),
      read(payload(1), [5, 11], 1),
      read(payload(1), [45, 51], 1),
      asked([5, Infinity], A, { kind: 'lost' }),
    ];
    for (const one of told) expect(rules([born, one, missed([80, 81])], split)).not.toContain('S3');
    expect(rules([born, missed([80, 81])], split)).toEqual(['S3']);
  });

  test('a reset after a split where something else befell its owner as well, or nobody knows who was on which side', () => {
    const split = befell('cut-off', 10, 20);
    for (const kind of ['kill', 'kill-store', 'pause', 'kill-daemon', 'flap'] as const) {
      expect(rules([born, missed([51, 52])], [split, befell(kind, 30, 40)])).toEqual([]);
      expect(rules([born, missed([51, 52])], [befell(kind, 12, 18), split])).toEqual([]);
    }
    const overload: Trouble = { ...befell('cut-off', 30, 40), kind: 'overload', hurts: [A] };
    expect(rules([born, missed([51, 52])], [split, overload])).toEqual([]);
  });

  test('a reset after a split where the owner says that it dropped all it had, if that does not come about each time', () => {
    const splits = [befell('cut-off', 10, 20), befell('cut-off', 110, 120)];
    const dropped: Drop = { of: A, at: 19, why: 'gaps' };
    expect(rules([born, missed([31, 32])], splits, [dropped])).toEqual([]);
    expect(describeDrops(splits, [dropped])).toBe('hosts dropped all that they had 1 times, in 1 of 2 splits: gaps');
  });

  test('a host that does not answer while it is frozen', () => {
    const lost: Told = { act: { kind: 'get', id: ID }, at: [12, Infinity], outcome: { kind: 'lost' } };
    expect(rules([born, lost], [befell('pause', 10, 5000)])).toEqual([]);
  });
});

const CLOCKS = ['clock-ahead', 'clock-behind', 'clock-steps', 'clock-leaps'] as const;

describe.each(CLOCKS)('the judge excuses nothing for %s, a clock that was set:', (kind) => {
  test('S1, S5: rotated ids that end too late', () => {
    const rotated: Told = {
      act: { kind: 'rotate', id: ID },
      at: [2, 3],
      outcome: { kind: 'written', id: THIRD, version: 1 },
    };
    const late = read(payload(1), [9000, 9001], 1);
    expect(rules([born, rotated, late], [befell(kind, 10, 20)])).toEqual(['S5']);
  });

  test('S9: sessions that end too soon', () => {
    expect(rules([born, missed([12, 13], 'expired')], [befell(kind, 10, 20)])).toContain('S9');
  });

  test('S1: sessions that come back', () => {
    const back = read(payload(1), [30, 31], 1);
    expect(rules([born, missed([12, 13]), back], [befell(kind, 10, 20)])).toContain('S1');
  });
});

test('the judge finds S3: a session that is gone after the clock was set while its daemon ran', () => {
  expect(rules([born, missed([12, 13], 'unknown')], [befell('clock-steps', 10, 20)])).toEqual(['S3']);
});

describe('the judge finds', () => {
  test('S0: the data of another visitor', () => {
    expect(rules([born, read({ lineage: 'M', write: 1, patches: [] }, [2, 3], 1)])).toContain('S0');
    expect(rules([born, read(payload(1, 77), [2, 3], 1)])).toContain('S0');
  });

  test('S1: a stale read', () => {
    expect(rules([born, put(2, [2, 3], 2), read(payload(1), [4, 5], 1, B)])).toContain('S1');
    expect(rules([born, put(2, [2, 3], 2), read(payload(1), [4, 5], 3, B)])).toContain('S1');
  });

  test('S1: a lost write', () => {
    expect(rules([born, patch(2, [2, 3], 2), patch(3, [4, 5], 3), read(payload(1, 3), [6, 7], 3)])).toContain('S1');
    expect(rules([born, put(2, [2, 3], 2), patch(3, [4, 5], 3), read(payload(1, 3), [6, 7], 3)])).toContain('S1');
  });

  test('S1: a session that comes back with its old owner', () => {
    const told = [born, missed([12, 13]), read(payload(1), [30, 31], 1)];
    expect(rules(told, [befell('kill-daemon', 10, 20)])).toContain('S1');
  });

  test('S1: an old session after a split is over, and one that a single side tells two ways', () => {
    const split = [befell('cut-off', 10, 20)];
    expect(rules([born, missed([12, 13]), read(payload(1), [21, 22], 1)], split)).toContain('S1');
    expect(rules([born, missed([12, 13]), read(payload(1), [14, 15], 1, C)], split)).toContain('S1');
  });

  test('S5: what one side of a split destroyed or rotated, found after it as the other side wrote it meanwhile', () => {
    const split = [befell('cut-off', 1000, 9000)];
    const keep: Told = {
      act: { kind: 'keep', id: ID, lineage: 'L', write: 2 },
      at: [2000, 2001],
      outcome: { kind: 'written', id: ID, version: 2 },
      node: B,
    };
    const ends: readonly Act[] = [
      { kind: 'destroy', id: ID },
      { kind: 'rotate', id: ID },
    ];
    for (const act of ends) {
      const id = act.kind === 'rotate' ? `a${'3'.repeat(26)}` : ID;
      const end: Told = { act, at: [3000, 3001], outcome: { kind: 'written', id, version: 3 } };
      const told = [born, keep, end];
      expect(rules([...told, read(payload(2), [10_000, 10_001], 4, C)], split)).toContain('S5');
      // Whoever was told to be on its side, or after all was well, began anew.
      expect(rules([...told, { ...keep, at: [9500, 9501] }, missed([10_000, 10_001])], split)).not.toContain('S5');
      expect(
        rules([born, end, { ...keep, node: A, at: [4000, 4001] }, read(payload(2), [10_000, 10_001], 4)], split),
      ).not.toContain('S5');
    }
  });

  test('S3: a session that is reset after a split, though nobody asked for it on a wrong side', () => {
    const split = [befell('cut-off', 10, 20)];
    expect(rules([born, missed([31, 32])], split)).toEqual(['S3']);
    expect(rules([born, put(2, [12, 13], 2), missed([31, 32])], split)).toEqual(['S3']);
    expect(rules([born, regenerated([31, 32], OTHER, B)], split)).toEqual(['S3']);
    // Asked for on a wrong side before the split, or after it, or by somebody to whom surely nothing was done.
    expect(rules([born, read(payload(1), [2, 3], 1, B), missed([31, 32])], split)).toEqual(['S3']);
    const refused = asked([12, 13], B, { kind: 'unavailable', code: 'JOINING' });
    expect(rules([born, refused, missed([31, 32])], split)).toEqual(['S3']);
    // Two hosts on the same side reach each other.
    const ofOther = befell('cut-off', 10, 20);
    const fellows = [{ ...ofOther, victim: C, struck: [C] }];
    expect(rules([born, read(payload(1), [12, 13], 1, B), missed([31, 32])], fellows)).toEqual(['S3']);
    expect(rules([born, missed([12, 13])], fellows)).toEqual(['S3']);
    expect(rules([born, missed([12, 13], 'owner-dead', C)], fellows)).toEqual([]);
    // Something else befell another host, or this one before the session was born.
    const killed = { ...befell('kill', 40, 50), victim: B, struck: [B], hurts: [B] };
    expect(rules([born, missed([61, 62])], [...split, killed])).toEqual(['S3']);
    expect(rules([{ ...born, at: [6, 7] }, missed([31, 32])], [befell('kill', 1, 5), ...split])).toEqual(['S3']);
    // It was born within the split, on its owner's side.
    expect(rules([{ ...born, at: [12, 13] }, missed([31, 32])], split)).toEqual(['S3']);
  });

  test('S3: that reset where another host dropped what it had, or this one did before the session was born, or after', () => {
    const splits = [befell('cut-off', 10, 20), befell('cut-off', 110, 120)];
    const of = (letter: Letter, at: number): Drop[] => [{ of: letter, at, why: 'gaps' }];
    expect(rules([born, missed([31, 32])], splits, of(B, 19))).toEqual(['S3']);
    expect(rules([born, missed([31, 32])], splits, of(A, 119))).toEqual(['S3']);
    expect(rules([{ ...born, at: [15, 16] }, missed([31, 32])], splits, of(A, 14))).toEqual(['S3']);
    expect(rules([born, missed([31, 32])], [], of(A, 19))).toEqual(['S3']);
  });

  test('S3: a mesh that loses the rest in more than every second split', () => {
    const splits = [befell('cut-off', 10, 20), befell('cut-off', 110, 120)];
    const both = [10, 120].map((at): Drop => ({ of: A, at, why: 'gaps' }));
    expect(rules([born], splits, both)).toEqual(['S3']);
    expect(rules([born], splits, both.slice(1))).toEqual([]);
    expect(rules([born], splits, [{ of: A, at: 60, why: 'gaps' }, ...both.slice(1)])).toEqual([]);
  });

  test('S1: an old value after a split: of a session that a wrong side was asked for, and of one that it was not', () => {
    const split = [befell('cut-off', 10, 20)];
    const late = { at: [31, 32] as const };
    expect(rules([born, missed([12, 13]), read(payload(1), late.at, 1)], split)).toContain('S1');
    expect(rules([born, missed([12, 13]), put(2, [14, 15], 2), read(payload(2), late.at, 2, C)], split)).toContain(
      'S1',
    );
    expect(rules([born, regenerated([12, 13], OTHER, B), read(payload(1), late.at, 1)], split)).toContain('S1');
    expect(rules([born, put(2, [12, 13], 2), read(payload(1), late.at, 1, B)], split)).toContain('S1');
    expect(rules([born, put(2, [12, 13], 2), read(payload(1), late.at, 2, B)], split)).toContain('S1');
  });

  test('S2: two homes of one orphan, while everybody knew that its owner was dead', () => {
    const killed = [befell('kill', 10, 40, { from: 15, to: 30 })];
    expect(rules([born, regenerated([20, 21], OTHER, B), regenerated([22, 23], THIRD, C)], killed)).toContain('S2');
    expect(rules([born, regenerated([12, 13], OTHER, B), regenerated([22, 23], THIRD, C)], killed)).toEqual([]);
  });

  test('S3: a false miss: nothing befell the owner, or only before the session was born, or only another host', () => {
    expect(rules([born, missed([4, 5])])).toContain('S3');
    expect(rules([{ ...born, at: [50, 51] }, missed([60, 61])], [befell('kill', 10, 20)])).toContain('S3');
    expect(
      rules([born, missed([12, 13])], [{ ...befell('kill', 10, 20), victim: B, struck: [B], hurts: [B] }]),
    ).toContain('S3');
  });

  test("S4: an id of another form, of another host's letter, and one that is minted twice", () => {
    const bornAs = (id: string, node = A): Told => ({ ...born, outcome: { kind: 'written', id, version: 1 }, node });
    expect(rules([bornAs('a-short-one')])).toContain('S4');
    expect(rules([bornAs(ID, B)])).toContain('S4');
    expect(rules([bornAs(ID), { ...bornAs(ID), at: [2, 3] }])).toContain('S4');
  });

  test('S5: a resurrected session', () => {
    const destroyed: Told = {
      act: { kind: 'destroy', id: ID },
      at: [2, 3],
      outcome: { kind: 'written', id: ID, version: 0 },
    };
    expect(rules([born, destroyed, read(payload(1), [4, 5], 1, B)])).toContain('S5');
    expect(rules([born, destroyed, put(2, [4, 5], 51, B)])).toContain('S5');
  });

  test('S6: a host that runs and does not answer, whatever has befallen another', () => {
    const lost: Told = { act: { kind: 'get', id: ID }, at: [12, Infinity], outcome: { kind: 'lost' }, node: B };
    expect(rules([born, lost], [befell('kill', 10, 20)])).toContain('S6');
    expect(rules([born, read(payload(1), [12, 4000], 1, B)], [befell('kill', 10, 20)])).toContain('S6');
    expect(rules([born, { ...lost, via: 'balancer' }])).toContain('S6');
  });

  test('S9: a reset for a reason that cannot be', () => {
    expect(rules([born, missed([12, 13], 'expired')], [befell('kill', 10, 20)])).toContain('S9');
    expect(rules([born, missed([12, 13], 'destroyed')], [befell('kill', 10, 20)])).toContain('S9');
  });
});

describe('a run proves nothing', () => {
  const trouble = befell('kill', 10, 1000);
  /** Enough of everything, through every way in, with each host's sessions asked for at the others. */
  const busy = Array.from({ length: 120 }, (_, index): Told => {
    const via = (['door', 'page', 'balancer'] as const)[index % 3] ?? 'door';
    const id = [ID, OTHER, THIRD][index % 3] ?? ID;
    const node = [B, C, A][index % 3] ?? A;
    const at = [20 + index, 21 + index] as const;
    return { act: { kind: 'touch', id }, at, outcome: { kind: 'written', id, version: index }, via, node };
  });

  test('where a fault did not bite, or none came', () => {
    expect(weaknesses(deedsOf(busy), [trouble], 500)).toEqual([]);
    expect(weaknesses(deedsOf(busy), [{ ...trouble, bites: [] }], 500)).toEqual([
      'kill of a did not bite: nobody saw "taken for dead"',
    ]);
    expect(weaknesses(deedsOf(busy), [], 500)).toEqual(['nothing befell the hosts']);
  });

  test('where too little came to something while it lasted', () => {
    expect(weaknesses(deedsOf(busy.slice(0, 30)), [trouble], 500)).toEqual([
      'only 30 deeds came to something during kill of a',
    ]);
    const reads = busy.map((told): Told => {
      if (!('id' in told.outcome)) return told;
      return { ...told, outcome: { kind: 'read', id: told.outcome.id, version: 1, payload: { patches: [] } } };
    });
    expect(weaknesses(deedsOf(reads), [trouble], 500)).toEqual(['hardly anything was written during kill of a']);
  });

  test('where after a split hardly a session was asked for that nobody had asked for on a wrong side', () => {
    const split = befell('cut-off', 10, 1000);
    const idAt = (at: number): string => `a${'9'.repeat(25)}${at}`;
    const get = (id: string, at: Told['at'], node = A): Told => ({
      ...{ act: { kind: 'get', id }, at, node },
      outcome: { kind: 'read', id, version: 1, payload: { patches: [] } },
    });
    const before = Array.from({ length: 3 }, (_, at) => get(idAt(at), [1, 2], B));
    const after = Array.from({ length: 3 }, (_, at) => get(idAt(at), [1100, 1101], B));
    const complaint = 'after cut-off of a only 2 sessions were asked for that nobody had asked for on a wrong side';
    const complaints = (told: readonly Told[]): string[] =>
      weaknesses(deedsOf([...busy, ...told]), [split], 500).filter((one) => one.includes('wrong side'));
    expect(complaints([...before, ...after])).toEqual([]);
    expect(complaints([...before, ...after, get(idAt(2), [12, 13], A)])).toEqual([]);
    expect(complaints([...before, ...after, get(idAt(2), [12, 13], B)])).toEqual([complaint]);
    expect(complaints([...before, ...after.slice(1)])).toEqual([complaint]);
    expect(complaints([...before.slice(1), ...after])).toEqual([complaint]);
  });

  test('where nobody came through one of the ways in, or asked for the sessions of one host elsewhere', () => {
    const throughDoors = busy.map((told): Told => ({ ...told, via: 'door' }));
    expect(weaknesses(deedsOf(throughDoors), [trouble], 500)).toEqual([
      'nobody came through page',
      'nobody came through balancer',
    ]);
    const atHome = busy.map((told): Told => ({ ...told, node: ownerOf(told) }));
    expect(weaknesses(deedsOf(atHome), [trouble], 500)).toHaveLength(LETTERS.length);
  });
});

test('that a host dropped all it had is read in its log', () => {
  const clockAhead = Date.now() - performance.now();
  const text = JSON.stringify({ why: 'gaps', msg: 'dropping all sessions of the former life: reset, not old' });
  const [drop, ...others] = dropsIn(A, [
    { time: clockAhead + 500, text: 'not JSON' },
    { time: clockAhead + 1000, text },
  ]);
  expect(drop).toMatchObject({ of: A, why: 'gaps' });
  expect(drop?.at).toBeCloseTo(1000, -2);
  expect(others).toEqual([]);
});

describe('a verdict that the logs tell of', () => {
  const line = (peer: string, to: string, time: number): LogLine => ({
    ...{ time, text: JSON.stringify({ peer, from: 'alive', to }) },
  });
  const clockAhead = Date.now() - performance.now();
  const log = [
    { time: 0, text: 'not JSON' },
    line('b', 'suspect', clockAhead + 900),
    line('b', 'dead', clockAhead + 1000),
  ];

  test('lasts from the death to the next change, or for ever', () => {
    const [open] = verdictsIn(A, log);
    expect(open).toMatchObject({ by: A, of: B, until: Infinity });
    expect(open?.at).toBeCloseTo(1000, -2);
    const [closed] = verdictsIn(A, [...log, line('b', 'returning', clockAhead + 3000)]);
    expect(closed?.until).toBeCloseTo(3000, -2);
  });

  test('is an overload unless something had befallen the accused, or the whole mesh', () => {
    const verdicts = [{ by: B, of: A, at: 15, until: 40 }];
    expect(overloads(verdicts, [befell('kill', 10, 20)])).toEqual([]);
    expect(overloads(verdicts, [{ ...befell('cut-off', 10, 20), victim: C }])).toEqual([]);
    expect(overloads(verdicts, [{ ...befell('kill', 10, 20), victim: B, hurts: [B] }])).toMatchObject([
      { kind: 'overload', victim: B, hurts: [A], isSplit: true },
    ]);
    expect(overloads(verdicts, [befell('kill', 30, 60)])).toHaveLength(1);
  });

  test('is an overload where what befell the accused costs nobody a session, such as a restart', () => {
    const restart: Trouble = { ...befell('upgrade-all', 10, 20), hurts: [] };
    expect(overloads([{ by: B, of: A, at: 15, until: 40 }], [restart])).toMatchObject([
      { kind: 'overload', hurts: [A] },
    ]);
  });

  test('makes the run prove nothing', () => {
    const [overload] = overloads([{ by: B, of: A, at: 15, until: 40 }], []);
    expect(weaknesses([], overload === undefined ? [] : [overload], 500).join()).toContain('this machine is too busy');
  });
});

test('every kind of fault has a row that says when it bit', () => {
  expect(Object.keys(FAULTS).sort()).toEqual([...FAULT_KINDS].sort());
});

function ownerOf({ act }: Told): Letter {
  const first = 'id' in act ? (act.id ?? '').slice(0, 1) : '';
  return isLetter(first) ? first : A;
}
