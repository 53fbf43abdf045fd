import { expect, test } from 'vitest';
import { Estate } from '../../../src/standin/estate.ts';
import { Estates } from '../../../src/standin/estates.ts';
import { Ledger } from '../../../src/standin/ledger.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { setUpEngine } from '../engine/engine-setup.ts';
import { letterOf } from '../session/letters.ts';

const [b, c] = [letterOf('b'), letterOf('c')];

function setUp(): { readonly estates: Estates; readonly opened: string[] } {
  const clock = new FakeClock();
  const opened: string[] = [];
  const estates = new Estates((owner, isComplete) => {
    opened.push(`${owner} ${isComplete}`);
    const ledger = new Ledger(10, isComplete);
    return new Estate({ shelf: setUpEngine({ clock }).engine, ledger, aliasMs: 1000, clock, onNoted: () => undefined });
  });
  return { estates, opened };
}

test('each dead owner has an estate of its own, opened once, as complete as it was then', () => {
  const { estates, opened } = setUp();
  const ofB = estates.begin(b, true);
  const ofC = estates.begin(c, false);
  expect(estates.begin(b, false)).toBe(ofB);
  expect(ofC).not.toBe(ofB);
  expect([ofB.isComplete, ofC.isComplete]).toEqual([true, false]);
  expect(opened).toEqual(['b true', 'c false']);
});

test('an estate that was never opened, or was handed over, is not there; the next death opens another', () => {
  const { estates, opened } = setUp();
  expect(estates.get(b)).toBeUndefined();
  const first = estates.begin(b, true);
  expect(estates.get(b)).toBe(first);
  estates.drop(b);
  estates.drop(c);
  expect(estates.get(b)).toBeUndefined();
  expect(estates.begin(b, false)).not.toBe(first);
  expect(opened).toEqual(['b true', 'b false']);
});
