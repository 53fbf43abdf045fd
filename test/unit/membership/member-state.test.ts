import { describe, expect, test } from 'vitest';
import { transition, unmet, type MemberEvent, type MemberState } from '../../../src/membership/member-state.ts';
import { Random } from '../../support/sim/random.ts';

type StateKind = MemberState['kind'];
type EventKind = MemberEvent['kind'];

/** Every state in its life number 10. */
const STATES: Record<StateKind, MemberState> = {
  alive: { kind: 'alive', incarnation: 10 },
  suspect: { kind: 'suspect', incarnation: 10, answers: 0, pausedUntil: 0 },
  dead: { kind: 'dead', incarnation: 10 },
  left: { kind: 'left', incarnation: 10 },
  returning: { kind: 'returning', incarnation: 10, former: { kind: 'dead', incarnation: 9 } },
};

/** Every event about the life with this number. */
const EVENTS: Record<EventKind, (incarnation: number) => MemberEvent> = {
  answered: (incarnation) => ({ kind: 'answered', incarnation, mayReturn: false }),
  doubted: () => ({ kind: 'doubted' }),
  paused: (incarnation) => ({ kind: 'paused', incarnation, until: 777 }),
  convicted: (incarnation) => ({ kind: 'convicted', incarnation }),
  goodbye: (incarnation) => ({ kind: 'goodbye', incarnation }),
  held: (incarnation) => ({ kind: 'held', incarnation }),
  unheld: () => ({ kind: 'unheld' }),
  released: (incarnation) => ({ kind: 'released', incarnation }),
};

/** What becomes of a state at an event about an older life, the same, and a later one; `-`: nothing changes. */
type Row = readonly [older: string, same: string, later: string];

const EXPECTED: Record<StateKind, Record<EventKind, Row>> = {
  alive: {
    answered: ['-', '-', 'alive 11'],
    doubted: ['suspect 10', 'suspect 10', 'suspect 10'],
    paused: ['-', 'suspect 10', '-'],
    convicted: ['-', 'dead 10', 'dead 11'],
    goodbye: ['-', 'left 10', 'left 11'],
    held: ['-', '-', 'returning 11'],
    unheld: ['-', '-', '-'],
    released: ['-', '-', '-'],
  },
  suspect: {
    answered: ['-', 'suspect 10', 'suspect 11'],
    doubted: ['-', '-', '-'],
    paused: ['-', 'suspect 10', '-'],
    convicted: ['-', 'dead 10', 'dead 11'],
    goodbye: ['-', 'left 10', 'left 11'],
    held: ['-', '-', 'returning 11'],
    unheld: ['-', '-', '-'],
    released: ['-', '-', '-'],
  },
  dead: {
    answered: ['-', '-', '-'],
    doubted: ['-', '-', '-'],
    paused: ['-', '-', '-'],
    convicted: ['-', '-', 'dead 11'],
    goodbye: ['-', '-', '-'],
    held: ['-', '-', 'returning 11'],
    unheld: ['-', '-', '-'],
    released: ['-', '-', '-'],
  },
  left: {
    answered: ['-', '-', '-'],
    doubted: ['-', '-', '-'],
    paused: ['-', '-', '-'],
    convicted: ['-', '-', 'dead 11'],
    goodbye: ['-', '-', '-'],
    held: ['-', '-', 'returning 11'],
    unheld: ['-', '-', '-'],
    released: ['-', '-', '-'],
  },
  returning: {
    answered: ['-', '-', '-'],
    doubted: ['-', '-', '-'],
    paused: ['-', '-', '-'],
    convicted: ['-', '-', '-'],
    goodbye: ['-', 'left 10', 'left 11'],
    held: ['-', 'returning 10', 'returning 11'],
    unheld: ['dead 9', 'dead 9', 'dead 9'],
    released: ['-', 'alive 10', '-'],
  },
};

const LIVES = [9, 10, 11] as const;

function describeState(state: MemberState): string {
  return `${state.kind} ${state.incarnation}`;
}

describe('the table of member states', () => {
  for (const state of Object.keys(EXPECTED) as StateKind[]) {
    for (const event of Object.keys(EXPECTED[state]) as EventKind[]) {
      test(`${state}, ${event}: older, same and later life`, () => {
        const outcomes = LIVES.map((incarnation) => {
          const next = transition(STATES[state], EVENTS[event](incarnation));
          return next === STATES[state] ? '-' : describeState(next);
        });
        expect(outcomes).toEqual(EXPECTED[state][event]);
      });
    }
  }

  test('a suspect is trusted again after two answers in a row, and a doubt in between begins anew', () => {
    const answered = EVENTS.answered(10);
    const once = transition(STATES.suspect, answered);
    expect(once).toMatchObject({ kind: 'suspect', answers: 1 });
    expect(transition(once, answered)).toEqual({ kind: 'alive', incarnation: 10 });
    expect(transition(transition(once, { kind: 'doubted' }), answered)).toMatchObject({ kind: 'suspect', answers: 1 });
  });

  test('a peer that was never met is alive at its first answer, whatever life it names', () => {
    expect(transition(unmet(0), EVENTS.answered(5))).toEqual({ kind: 'alive', incarnation: 5 });
    expect(transition(unmet(7), EVENTS.answered(5))).toEqual(unmet(7));
  });

  test('a pause lasts as long as was asked for, and no answer makes it longer', () => {
    const paused = transition(STATES.alive, EVENTS.paused(10));
    expect(paused).toEqual({ kind: 'suspect', incarnation: 10, answers: 0, pausedUntil: 777 });
    expect(transition(paused, EVENTS.answered(10))).toMatchObject({ pausedUntil: 777, answers: 1 });
  });

  test('where we are joining, a later life that serves takes the place of a dead, left or returning one', () => {
    const serves: MemberEvent = { kind: 'answered', incarnation: 11, mayReturn: true };
    for (const state of ['dead', 'left', 'returning'] as const) {
      expect(transition(STATES[state], serves)).toEqual({ kind: 'alive', incarnation: 11 });
    }
    const sameLife: MemberEvent = { kind: 'answered', incarnation: 10, mayReturn: true };
    expect(transition(STATES.dead, sameLife)).toBe(STATES.dead);
    expect(transition(STATES.left, sameLife)).toBe(STATES.left);
    expect(transition(STATES.returning, sameLife)).toEqual({ kind: 'alive', incarnation: 10 });
  });

  test('an unheld peer that lived before has to prove itself again', () => {
    const held = transition(STATES.alive, EVENTS.held(11));
    expect(transition(held, { kind: 'unheld' })).toEqual({
      kind: 'suspect',
      incarnation: 10,
      answers: 0,
      pausedUntil: 0,
    });
  });

  test('no chain of events takes an incarnation down, but for a life that was held and did not finish', () => {
    const random = new Random(7);
    for (let walk = 0; walk < 300; walk += 1) {
      let state: MemberState = unmet(0);
      let known = 0;
      for (let step = 0; step < 40; step += 1) {
        const next = transition(state, anyEvent(random));
        if (state.kind === 'returning' && next.kind !== 'alive') known = Math.min(known, next.incarnation);
        expect(next.incarnation).toBeGreaterThanOrEqual(known);
        known = next.incarnation;
        state = next;
      }
    }
  });

  test('no chain of events makes a life alive that was dead or had left', () => {
    const random = new Random(8);
    for (let walk = 0; walk < 300; walk += 1) {
      let state: MemberState = unmet(0);
      let goneUpTo = 0;
      for (let step = 0; step < 40; step += 1) {
        state = transition(state, anyEvent(random));
        if (state.kind === 'dead' || state.kind === 'left') goneUpTo = Math.max(goneUpTo, state.incarnation);
        if (state.kind === 'alive' && state.incarnation > 0) expect(state.incarnation).toBeGreaterThan(goneUpTo);
      }
    }
  });
});

function anyEvent(random: Random): MemberEvent {
  const kind = random.pick(Object.keys(EVENTS) as EventKind[]);
  const event = EVENTS[kind](1 + random.below(6));
  return event.kind === 'answered' ? { ...event, mayReturn: random.chance(0.5) } : event;
}
