import { describe, expect, test } from 'vitest';
import type { MemberState } from '../../../src/membership/member-state.ts';
import { isGone, Members } from '../../../src/membership/members.ts';
import type { Letter } from '../../../src/session/letter.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { letterOf, mapOf } from '../session/letters.ts';
import { logInto, SILENT, type LogLine } from './membership-setup.ts';

const [A, B, C] = [letterOf('a'), letterOf('b'), letterOf('c')];

interface Change {
  readonly peer: Letter;
  readonly from: string;
  readonly to: string;
}

function setUp(remembered: (peer: Letter) => number = () => 0): {
  clock: FakeClock;
  members: Members;
  changes: Change[];
  lines: LogLine[];
  gauges: Map<string, number>;
} {
  const clock = new FakeClock();
  const lines: LogLine[] = [];
  const log = logInto(lines);
  const changes: Change[] = [];
  const gauges = new Map<string, number>();
  const members: Members = new Members({
    letter: A,
    map: mapOf('abc'),
    remembered,
    clock,
    log,
    metrics: {
      set: (_name, labels, value) => gauges.set(Object.values(labels).join(' '), value),
    },
    onChange: (peer, from, to) => {
      expect(members.stateOf(peer)).toBe(to);
      changes.push({ peer, from: from.kind, to: to.kind });
    },
  });
  return { clock, members, changes, lines, gauges };
}

function answered(incarnation: number): { kind: 'answered'; incarnation: number; mayReturn: boolean } {
  return { kind: 'answered', incarnation, mayReturn: false };
}

describe('the members', () => {
  test('are all nodes of the map but this one, in the order in which they would stand in for it', () => {
    expect(setUp().members.letters).toEqual([B, C]);
    expect(() => setUp().members.stateOf(A)).toThrow(RangeError);
  });

  test('begin as suspects in the life that is remembered of them', () => {
    const { members } = setUp((peer) => (peer === B ? 7 : 0));
    expect(members.stateOf(B)).toMatchObject({ kind: 'suspect', incarnation: 7 });
    expect(members.stateOf(C)).toMatchObject({ kind: 'suspect', incarnation: 0 });
  });

  test('each change is one line that says from what, to what and why, and one call', () => {
    const { members, changes, lines } = setUp();
    members.apply(B, answered(3), 'it answers');
    members.apply(B, answered(3), 'it answers again');
    members.apply(B, { kind: 'doubted' }, 'it fell silent');
    members.apply(B, { kind: 'doubted' }, 'it is still silent');
    members.apply(B, { kind: 'convicted', incarnation: 3 }, 'nobody hears it');
    expect(changes).toEqual([
      { peer: B, from: 'suspect', to: 'alive' },
      { peer: B, from: 'alive', to: 'suspect' },
      { peer: B, from: 'suspect', to: 'dead' },
    ]);
    const told = lines.map(({ peer, from, to, incarnation, why, msg }) => ({ peer, from, to, incarnation, why, msg }));
    expect(told).toEqual([
      {
        ...{ peer: 'b', from: 'suspect', to: 'alive', incarnation: 3, why: 'it answers' },
        msg: 'peer b: suspect -> alive, because it answers',
      },
      {
        ...{ peer: 'b', from: 'alive', to: 'suspect', incarnation: 3, why: 'it fell silent' },
        msg: 'peer b: alive -> suspect, because it fell silent',
      },
      {
        ...{ peer: 'b', from: 'suspect', to: 'dead', incarnation: 3, why: 'nobody hears it' },
        msg: 'peer b: suspect -> dead, because nobody hears it',
      },
    ]);
  });

  test('a later life is a change even where the state has the same name', () => {
    const { members, changes } = setUp();
    members.apply(B, answered(3), 'it answers');
    members.apply(B, answered(4), 'it answers in a later life');
    expect(changes.map(({ to }) => to)).toEqual(['alive', 'alive']);
    expect(members.view(B)).toMatchObject({ why: 'it answers in a later life', state: { incarnation: 4 } });
  });

  test('one answer more towards trust wakes those who wait, and is no line and no call', () => {
    const { members, changes, lines } = setUp();
    members.apply(B, answered(3), 'it answers');
    members.apply(B, { kind: 'doubted' }, 'it fell silent');
    const before = lines.length;
    expect(members.apply(B, answered(3), 'it answers')).toBe(true);
    expect([changes.length, lines.length]).toEqual([2, before]);
  });

  test('say since when a state has lasted', () => {
    const { clock, members } = setUp();
    members.apply(B, answered(3), 'it answers');
    clock.advance(1234);
    expect(members.view(B).sinceMs).toBe(1234);
  });

  test('the state that a peer is in has the gauge 1, every other 0', () => {
    const { members, gauges } = setUp();
    members.apply(B, { kind: 'convicted', incarnation: 0 }, 'its port refuses connections');
    const ofB = ['alive', 'suspect', 'dead', 'left', 'returning'].map((state) => gauges.get(`b ${state}`));
    expect(ofB).toEqual([0, 0, 1, 0, 0]);
  });

  test('present are those whose word counts: not the dead, not those that come back from the dead', () => {
    const { members } = setUp();
    expect(members.present()).toEqual([B, C]);
    members.apply(B, { kind: 'convicted', incarnation: 3 }, 'dead');
    expect(members.present()).toEqual([C]);
    members.apply(B, { kind: 'held', incarnation: 4 }, 'it takes its letter over');
    expect(members.present()).toEqual([C]);
    members.apply(B, { kind: 'released', incarnation: 4 }, 'it has joined');
    expect(members.present()).toEqual([B, C]);
  });

  test('a peer that rejoins without having been dead for us stays present', () => {
    const { members } = setUp();
    members.apply(B, answered(3), 'it answers');
    members.apply(B, { kind: 'held', incarnation: 4 }, 'it takes its letter over');
    expect(members.present()).toEqual([B, C]);
  });

  test('gone are the dead and those that left, and nobody else', () => {
    const former: MemberState = { kind: 'dead', incarnation: 1 };
    const states: MemberState[] = [
      { kind: 'alive', incarnation: 1 },
      { kind: 'suspect', incarnation: 1, answers: 0, pausedUntil: 0 },
      former,
      { kind: 'left', incarnation: 1 },
      { kind: 'returning', incarnation: 2, former },
    ];
    expect(states.filter(isGone).map(({ kind }) => kind)).toEqual(['dead', 'left']);
  });
});

describe('waiting for a change', () => {
  test('ends with any change of any member, for all who wait', async () => {
    const { members } = setUp();
    const waits = Promise.all([members.change(1000), members.change(2000)]);
    members.apply(C, answered(3), 'it answers');
    expect(await waits).toEqual([true, true]);
  });

  test('ends at its deadline where nothing changes', async () => {
    const { clock, members } = setUp();
    const wait = members.change(clock.monotonic() + 100);
    clock.advance(100);
    expect(await wait).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test('is not begun where the deadline has passed', async () => {
    const { clock, members } = setUp();
    expect(await members.change(clock.monotonic())).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test('leaves no timer behind once something has changed', async () => {
    const { clock, members } = setUp();
    const wait = members.change(1000);
    members.apply(B, answered(3), 'it answers');
    await wait;
    expect(clock.pending).toBe(0);
  });

  test('an event that changes nothing wakes nobody', async () => {
    const clock = new FakeClock();
    const members = new Members({
      ...{ letter: A, map: mapOf('ab'), remembered: () => 0, clock, log: SILENT },
      ...{ metrics: { set: () => undefined }, onChange: () => undefined },
    });
    const wait = members.change(50);
    expect(members.apply(B, { kind: 'unheld' }, 'nothing')).toBe(false);
    clock.advance(50);
    expect(await wait).toBe(false);
  });
});
