import { beforeEach, describe, expect, test } from 'vitest';
import { Ends } from '../../../src/engine/tombstone.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const LIMIT = 3;
const TOMBSTONE_MS = 60_000;

describe('S5 what was destroyed here, and a stand-in may not know of,', () => {
  let clock: FakeClock;
  let unopposedUntil: number;
  let ends: Ends;

  beforeEach(() => {
    clock = new FakeClock();
    unopposedUntil = Number.NEGATIVE_INFINITY;
    ends = build(false);
  });

  function build(wasApart: boolean): Ends {
    return new Ends({ limit: LIMIT, clock, unopposedUntil: () => unopposedUntil, wasApart });
  }

  function bury(id: string): void {
    ends.note(id, 'buried', TOMBSTONE_MS);
  }

  test('is remembered for as long as a split lasts, however long that is', () => {
    bury('x');
    clock.advance(100 * TOMBSTONE_MS);
    bury('y');
    expect(ends.of('x')).toBe('buried');
    expect(ends.areAllKnown).toBe(true);
  });

  test('is forgotten once all peers have confirmed us after the tombstone ran out', () => {
    bury('x');
    clock.advance(TOMBSTONE_MS);
    unopposedUntil = clock.monotonic() - 1;
    bury('y');
    expect(ends.of('x')).toBe('buried');
    unopposedUntil = clock.monotonic();
    bury('z');
    expect(ends.of('x')).toBeUndefined();
    expect([ends.of('y'), ends.of('z')]).toEqual(['buried', 'buried']);
  });

  test('that leaves no tombstone counts against what was kept before it alone', () => {
    ends.note('x', 'dropped', 0);
    clock.advance(1);
    expect(ends.of('x')).toBe('dropped');
    unopposedUntil = clock.monotonic();
    bury('y');
    expect(ends.of('x')).toBeUndefined();
  });

  test('S6 is bounded: beyond the limit it is known that some are forgotten', () => {
    for (let at = 0; at < LIMIT; at += 1) bury(`x${at}`);
    expect(ends.areAllKnown).toBe(true);
    bury('y');
    expect(ends.size).toBe(LIMIT);
    expect(ends.of('x0')).toBeUndefined();
    expect(ends.areAllKnown).toBe(false);
  });

  test('and all are known again once all peers have confirmed us after that', () => {
    for (let at = 0; at <= LIMIT; at += 1) bury(`x${at}`);
    clock.advance(TOMBSTONE_MS);
    unopposedUntil = clock.monotonic() - 1;
    expect(ends.areAllKnown).toBe(false);
    unopposedUntil = clock.monotonic();
    expect(ends.areAllKnown).toBe(true);
  });

  test('the same id again takes no second place', () => {
    for (let at = 0; at < 2 * LIMIT; at += 1) bury('x');
    expect(ends.size).toBe(1);
    expect(ends.areAllKnown).toBe(true);
  });

  test('is not all known where everything was flushed, nor after a restart within a split', () => {
    ends.noteAll();
    expect(ends.areAllKnown).toBe(false);
    expect(build(true).areAllKnown).toBe(false);
    clock.advance(1);
    unopposedUntil = clock.monotonic();
    expect(ends.areAllKnown).toBe(true);
  });
});
