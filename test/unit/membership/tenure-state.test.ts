import { describe, expect, test } from 'vitest';
import { transition, type TenureEvent, type TenureState } from '../../../src/membership/tenure-state.ts';

const STATES = {
  joining: { kind: 'joining', why: 'starting' },
  serving: { kind: 'serving', confirmedAt: 100 },
  leaving: { kind: 'leaving' },
} as const satisfies Record<TenureState['kind'], TenureState>;

const EVENTS: Record<TenureEvent['kind'], TenureEvent> = {
  explained: { kind: 'explained', why: 'b has not been heard yet' },
  rejoined: { kind: 'rejoined', why: 'a peer remembers a later life' },
  served: { kind: 'served', confirmedAt: 150 },
  confirmed: { kind: 'confirmed', sentAt: 160 },
  stopped: { kind: 'stopped', at: 170 },
  lost: { kind: 'lost', why: 'b considers this life dead' },
  left: { kind: 'left' },
};

/** `-`: nothing changes. */
const EXPECTED: Record<TenureState['kind'], Record<TenureEvent['kind'], TenureState | '-'>> = {
  joining: {
    explained: { kind: 'joining', why: 'b has not been heard yet' },
    rejoined: { kind: 'joining', why: 'a peer remembers a later life' },
    served: { kind: 'serving', confirmedAt: 150 },
    confirmed: '-',
    stopped: '-',
    lost: '-',
    left: { kind: 'leaving' },
  },
  serving: {
    explained: '-',
    rejoined: { kind: 'joining', why: 'a peer remembers a later life' },
    served: { kind: 'serving', confirmedAt: 150 },
    confirmed: { kind: 'serving', confirmedAt: 160 },
    stopped: { kind: 'serving', confirmedAt: 100, awayAt: 170 },
    lost: { kind: 'joining', why: 'b considers this life dead' },
    left: { kind: 'leaving' },
  },
  leaving: { explained: '-', rejoined: '-', served: '-', confirmed: '-', stopped: '-', lost: '-', left: '-' },
};

describe('the table of the right to answer', () => {
  for (const state of Object.keys(EXPECTED) as TenureState['kind'][]) {
    for (const event of Object.keys(EVENTS) as TenureEvent['kind'][]) {
      test(`${state}, ${event}`, () => {
        const next = transition(STATES[state], EVENTS[event]);
        expect(next === STATES[state] ? '-' : next).toEqual(EXPECTED[state][event]);
      });
    }
  }

  test('a confirmation that was asked for no later than the last one changes nothing', () => {
    for (const sentAt of [99, 100]) {
      expect(transition(STATES.serving, { kind: 'confirmed', sentAt })).toBe(STATES.serving);
    }
  });

  test('after a stop, only what was asked for since makes good', () => {
    const stopped = transition(STATES.serving, EVENTS.stopped);
    const stale = transition(stopped, { kind: 'confirmed', sentAt: 169 });
    expect(stale).toEqual({ kind: 'serving', confirmedAt: 169, awayAt: 170 });
    expect(transition(stale, { kind: 'confirmed', sentAt: 170 })).toEqual({ kind: 'serving', confirmedAt: 170 });
  });
});
