import { beforeEach, describe, expect, test } from 'vitest';
import { HeldLocks } from '../../../src/server/held-locks.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let clock: FakeClock;
let locks: HeldLocks;

beforeEach(() => {
  clock = new FakeClock();
  locks = new HeldLocks(clock);
});

function hold(id: string, token: string, expiresInMs = 1000): void {
  locks.ask(id);
  locks.settle(id, { token, expiresInMs });
}

describe('a lock', () => {
  test('is asked for once at a time', () => {
    expect(locks.ask('a')).toBe(true);
    expect(locks.ask('a')).toBe(false);
    expect(locks.ask('b')).toBe(true);
  });

  test('that another has may be asked for again', () => {
    locks.ask('a');
    locks.settle('a', undefined);
    expect(locks.has('a')).toBe(false);
    expect(locks.ask('a')).toBe(true);
  });

  test('that is held is not asked for, until its time is up', () => {
    hold('a', 't1');
    clock.advance(999);
    expect(locks.has('a')).toBe(true);
    expect(locks.ask('a')).toBe(false);
    clock.advance(1);
    expect(locks.has('a')).toBe(false);
    expect(locks.ask('a')).toBe(true);
  });

  test('is taken back once, with its token', () => {
    hold('a', 't1');
    expect(locks.take('a')).toBe('t1');
    expect(locks.take('a')).toBeUndefined();
    expect(locks.has('a')).toBe(false);
  });

  test('that is only asked for cannot be taken back', () => {
    locks.ask('a');
    expect(locks.take('a')).toBeUndefined();
    expect(locks.ask('a')).toBe(false);
  });

  test('that ran out is still given back with its token: the owner decides', () => {
    hold('a', 't1');
    clock.advance(5000);
    expect(locks.take('a')).toBe('t1');
  });
});

test('all that are held are taken at once, and nothing that is only asked for', () => {
  hold('a', 't1');
  hold('b', 't2');
  locks.ask('c');
  expect(locks.takeAll()).toEqual([
    { id: 'a', token: 't1' },
    { id: 'b', token: 't2' },
  ]);
  expect(locks.takeAll()).toEqual([]);
});
