import { beforeEach, describe, expect, test } from 'vitest';
import { HeldLocks } from '../../../../src/doors/kit/held-locks.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

let clock: FakeClock;
let locks: HeldLocks;
/** Of all clients together. */
let held: number;

const MINE = 3;
const ALL = 5;

beforeEach(() => {
  clock = new FakeClock();
  held = 0;
  const all = {
    reserve: () => held < ALL && (held += 1) > 0,
    free: () => void (held -= 1),
  };
  locks = new HeldLocks(clock, MINE, all);
});

function hold(id: string, token: string, expiresInMs = 1000): void {
  locks.ask(id);
  locks.settle(id, { token, expiresInMs });
}

describe('a lock', () => {
  test('is asked for once at a time', () => {
    expect(locks.ask('a')).toBe('asked');
    expect(locks.ask('a')).toBe('held');
    expect(locks.ask('b')).toBe('asked');
  });

  test('that another has may be asked for again', () => {
    locks.ask('a');
    locks.settle('a', undefined);
    expect(locks.has('a')).toBe(false);
    expect(locks.ask('a')).toBe('asked');
  });

  test('that is held is not asked for, until its time is up', () => {
    hold('a', 't1');
    clock.advance(999);
    expect(locks.has('a')).toBe(true);
    expect(locks.ask('a')).toBe('held');
    clock.advance(1);
    expect(locks.has('a')).toBe(false);
    expect(locks.ask('a')).toBe('asked');
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
    expect(locks.ask('a')).toBe('held');
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

describe('F2: the locks of one client', () => {
  test('are limited, and one that is given back makes room', () => {
    for (const id of ['a', 'b', 'c']) hold(id, `t-${id}`);
    expect(locks.ask('d')).toBe('full');
    locks.take('b');
    expect(locks.ask('d')).toBe('asked');
  });

  test('do not count any more once their owner has taken them back', () => {
    for (const id of ['a', 'b', 'c']) hold(id, `t-${id}`);
    clock.advance(1000);
    expect(locks.ask('d')).toBe('asked');
    expect(held).toBe(1);
  });

  test('are limited together with those of all others, and count as long as they are held or asked for', () => {
    held = 4;
    expect(locks.ask('a')).toBe('asked');
    expect(locks.ask('b')).toBe('full');
    locks.settle('a', undefined);
    expect([held, locks.ask('b')]).toEqual([4, 'asked']);
    hold('b', 't1');
    locks.takeAll();
    expect(held).toBe(4);
  });
});
