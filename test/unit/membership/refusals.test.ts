import { describe, expect, test } from 'vitest';
import { Refusals } from '../../../src/membership/refusals.ts';
import type { Refusal } from '../../../src/mesh/admissions.ts';
import type { Letter } from '../../../src/session/letter.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { b, c, d } from './membership-setup.ts';

const STRANGERS_KEPT = 16;

/** On a node whose peers are b and c. */
function setUp(): { refusals: Refusals; clock: FakeClock } {
  const clock = new FakeClock();
  return { refusals: new Refusals(clock, (letter) => letter === b || letter === c), clock };
}

function refusalOf(from: string, letter?: Letter): Refusal {
  return {
    refusal: 'wrong-secret',
    explanation: 'its secret is another',
    from,
    ...(letter !== undefined && { letter }),
  };
}

describe('whom this node refused', () => {
  test('is remembered by its letter, with when and why, the latest only', () => {
    const { refusals, clock } = setUp();
    refusals.record(refusalOf('10.0.0.2:1', b));
    clock.advance(250);
    refusals.record({ ...refusalOf('10.0.0.2:2', b), refusal: 'wrong-map' });
    expect(refusals.of(b)).toEqual({ ...refusalOf('10.0.0.2:2', b), refusal: 'wrong-map', at: 250 });
    expect(refusals.of(c)).toBeUndefined();
    expect(refusals.strangers).toEqual([]);
  });

  test('is forgotten when it is let in', () => {
    const { refusals } = setUp();
    refusals.record(refusalOf('10.0.0.2:1', b));
    refusals.record(refusalOf('10.0.0.3:1', c));
    refusals.forget(b);
    expect(refusals.of(b)).toBeUndefined();
    expect(refusals.of(c)).toMatchObject({ from: '10.0.0.3:1' });
  });

  test("is a stranger where it names no letter, or one that is no peer's", () => {
    const { refusals } = setUp();
    refusals.record(refusalOf('10.0.0.8:1'));
    refusals.record(refusalOf('10.0.0.9:1', d));
    expect(refusals.strangers.map(({ from }) => from)).toEqual(['10.0.0.8:1', '10.0.0.9:1']);
    expect(refusals.of(d)).toBeUndefined();
  });

  test('S6 bounded: of strangers only the latest few are kept', () => {
    const { refusals } = setUp();
    for (let call = 1; call <= STRANGERS_KEPT + 3; call += 1) refusals.record(refusalOf(`10.0.0.9:${call}`));
    expect(refusals.strangers).toHaveLength(STRANGERS_KEPT);
    expect(refusals.strangers[0]?.from).toBe('10.0.0.9:4');
    expect(refusals.strangers.at(-1)?.from).toBe(`10.0.0.9:${STRANGERS_KEPT + 3}`);
  });
});
