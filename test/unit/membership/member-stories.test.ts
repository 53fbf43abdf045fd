import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { transition, unmet, type MemberEvent, type MemberState } from '../../../src/membership/member-state.ts';

const incarnation = fc.integer({ min: 0, max: 6 });

const events: fc.Arbitrary<MemberEvent> = fc.oneof(
  fc.record({ kind: fc.constant('answered'), incarnation, mayReturn: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('convicted', 'goodbye', 'held', 'released'), incarnation }),
  fc.record({ kind: fc.constant('paused'), incarnation, until: fc.nat(5000) }),
  fc.record({ kind: fc.constantFrom('doubted', 'unheld') }),
);

/** The life that is remembered, and all that happens after. */
const stories = fc.tuple(incarnation, fc.array(events, { maxLength: 40 }));

interface Step {
  readonly before: MemberState;
  readonly event: MemberEvent;
  readonly after: MemberState;
}

function stepsOf([remembered, story]: [number, MemberEvent[]]): Step[] {
  let state = unmet(remembered);
  return story.map((event) => {
    const before = state;
    state = transition(state, event);
    return { before, event, after: state };
  });
}

/** The life that counts: of one that returns, the former one, until it is released. */
function lifeOf(state: MemberState): number {
  return state.kind === 'returning' ? state.former.incarnation : state.incarnation;
}

/** Whether a goodbye or a conviction of this life is what it has come to. */
function isOver(state: MemberState): boolean {
  return state.kind === 'dead' || state.kind === 'left';
}

function holds(seed: number, check: (steps: Step[]) => void): void {
  fc.assert(
    fc.property(stories, (story) => check(stepsOf(story))),
    { seed, numRuns: 1500 },
  );
}

describe('whatever happens to a peer', () => {
  test('its incarnation never goes down, and one that returns is always in a newer life', () => {
    holds(20_240_611, (steps) => {
      for (const { before, after } of steps) {
        expect(lifeOf(after)).toBeGreaterThanOrEqual(lifeOf(before));
        if (after.kind === 'returning') expect(after.incarnation).toBeGreaterThan(lifeOf(after));
      }
    });
  });

  test('S1 never old: a life that was dead, or had left, is never alive again, nor suspect', () => {
    holds(20_240_612, (steps) => {
      let overUpTo = -1;
      for (const { after } of steps) {
        if (isOver(after)) overUpTo = Math.max(overUpTo, after.incarnation);
        if (after.kind === 'alive' || after.kind === 'suspect') expect(after.incarnation).toBeGreaterThan(overUpTo);
      }
    });
  });

  test('only a conviction makes it dead, only a goodbye makes it leave, and only a hold lets it return', () => {
    const causes = { dead: 'convicted', left: 'goodbye', returning: 'held' } as const;
    holds(20_240_613, (steps) => {
      for (const { before, event, after } of steps) {
        if (after.kind === 'alive' || after.kind === 'suspect' || after.kind === before.kind) continue;
        // A return that is not finished gives back what it was.
        if (before.kind === 'returning' && after === before.former) expect(event.kind).toBe('unheld');
        else expect(event.kind).toBe(causes[after.kind]);
      }
    });
  });

  test('from dead it comes back by a hold and its release, or by answering in a newer life while we are joining', () => {
    holds(20_240_614, (steps) => {
      for (const { before, event, after } of steps) {
        const wasOver = isOver(before) || (before.kind === 'returning' && isOver(before.former));
        if (!wasOver || (after.kind !== 'alive' && after.kind !== 'suspect')) continue;
        const isRelease = before.kind === 'returning' && event.kind === 'released';
        const isReturn = event.kind === 'answered' && event.mayReturn;
        expect([isRelease || isReturn, after.kind]).toEqual([true, 'alive']);
      }
    });
  });
});

describe('a peer whose next life does not finish its return', () => {
  test('is what it was, the same object, where it was suspect, dead or left', () => {
    const formers: MemberState[] = [
      { kind: 'suspect', incarnation: 10, answers: 1, pausedUntil: 3000 },
      { kind: 'dead', incarnation: 10 },
      { kind: 'left', incarnation: 10 },
    ];
    for (const former of formers) {
      const held = transition(former, { kind: 'held', incarnation: 11 });
      expect(transition(held, { kind: 'unheld' })).toBe(former);
    }
  });

  test('can try again in a still later life, and what it was is not forgotten', () => {
    const dead: MemberState = { kind: 'dead', incarnation: 10 };
    const first = transition(dead, { kind: 'held', incarnation: 11 });
    const second = transition(first, { kind: 'held', incarnation: 12 });
    expect(second).toEqual({ kind: 'returning', incarnation: 12, former: dead });
    expect(transition(second, { kind: 'released', incarnation: 11 })).toBe(second);
    expect(transition(second, { kind: 'released', incarnation: 12 })).toEqual({ kind: 'alive', incarnation: 12 });
  });
});
