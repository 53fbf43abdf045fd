import { describe, expect, test } from 'vitest';
import type { Arithmetic, MemcachedRead, MemcachedStore } from '../../../../src/doors/memcached/protocol/command.ts';
import {
  asksForDefaultLife,
  isPlaceholder,
  isProbe,
  toOperation,
  type KeyCommand,
} from '../../../../src/doors/memcached/to-operation.ts';

const NOW = 1_700_000_000_000;
const NOW_SECONDS = NOW / 1000;

const READ: MemcachedRead = {
  kind: 'read',
  key: 'k',
  touch: undefined,
  vivify: undefined,
  recache: undefined,
  isPeek: false,
};
const STORE: MemcachedStore = {
  kind: 'store',
  mode: 'set',
  key: 'k',
  flags: 7,
  exptime: 60,
  cas: undefined,
  isInvalidating: false,
  value: Buffer.from('v'),
};
const INCR: Arithmetic = {
  kind: 'arithmetic',
  direction: 'incr',
  key: 'k',
  delta: 2n,
  initial: undefined,
  touch: undefined,
  cas: undefined,
};

function operation(command: KeyCommand, isMeta = false): unknown {
  return toOperation(command, isMeta, NOW);
}

describe('exptime becomes a life', () => {
  test.each([
    [0, 0],
    [1, 1],
    [2_592_000, 2_592_000],
    [2_592_001, -1],
    [NOW_SECONDS + 90, 90],
    [NOW_SECONDS + 1, 1],
    [NOW_SECONDS, -1],
    [NOW_SECONDS - 5, -1],
    [-1, -1],
    [-2_147_483_648, -1],
    [4_294_967_295, -1],
    [4_294_967_286, -1],
    [4_292_375_295, 4_292_375_295 - NOW_SECONDS],
  ])('%d is %d seconds', (exptime, lifeSeconds) => {
    expect(operation({ ...STORE, exptime })).toMatchObject({ lifeSeconds });
    expect(operation({ kind: 'touch', key: 'k', exptime })).toEqual({ kind: 'touch', lifeSeconds });
    expect(operation({ ...READ, touch: exptime })).toMatchObject({ touchSeconds: lifeSeconds });
    expect(operation({ ...READ, vivify: exptime }, true)).toMatchObject({ vivifySeconds: lifeSeconds });
    expect(operation({ ...INCR, touch: exptime, initial: { value: 1n, exptime } })).toMatchObject({
      touchSeconds: lifeSeconds,
      initial: { value: 1n, lifeSeconds },
    });
    expect(operation({ kind: 'mark-stale', key: 'k', cas: undefined, exptime })).toEqual({
      kind: 'mark-stale',
      lifeSeconds,
    });
  });

  test('a recache below a life that nothing has is below none', () => {
    expect([0, -1, 30].map((recache) => operation({ ...READ, recache }, true))).toMatchObject([
      { recacheBelowSeconds: 0 },
      { recacheBelowSeconds: 0 },
      { recacheBelowSeconds: 30 },
    ]);
  });
});

describe('a command becomes an operation', () => {
  test('a plain read asks for nothing else, and only meta clients can win', () => {
    expect(operation(READ)).toEqual({ kind: 'read', canWin: false, isPeek: false });
    expect(operation(READ, true)).toEqual({ kind: 'read', canWin: true, isPeek: false });
    expect(operation({ ...READ, isPeek: true }, true)).toEqual({ kind: 'read', canWin: true, isPeek: true });
    expect(operation({ ...READ, touch: 5 })).toEqual({ kind: 'read', touchSeconds: 5, canWin: false, isPeek: false });
  });

  test('a store keeps all that it says', () => {
    expect(operation({ ...STORE, mode: 'cas', cas: 9, isInvalidating: true })).toEqual({
      kind: 'store',
      mode: 'cas',
      flags: 7,
      lifeSeconds: 60,
      cas: 9,
      isInvalidating: true,
      value: STORE.value,
    });
    expect(operation(STORE)).not.toHaveProperty('cas');
  });

  test('a cas that travels nowhere stays one that equals none, and larger than all', () => {
    for (const cas of [2 ** 53, 2 ** 64]) {
      expect(operation({ kind: 'delete', key: 'k', cas })).toEqual({ kind: 'delete', cas: 2 ** 53 - 1 });
    }
    expect(operation({ kind: 'delete', key: 'k', cas: 0 })).toEqual({ kind: 'delete', cas: 0 });
  });

  test('arithmetic, inspect', () => {
    expect(operation({ ...INCR, direction: 'decr', cas: 4 })).toEqual({
      kind: 'arithmetic',
      direction: 'decr',
      delta: 2n,
      cas: 4,
    });
    expect(operation({ kind: 'inspect', key: 'k' })).toEqual({ kind: 'inspect' });
  });
});

describe('what PHP sends', () => {
  const placeholder: MemcachedStore = { ...STORE, mode: 'add', exptime: 30, value: Buffer.alloc(0) };
  const probe: MemcachedStore = { ...placeholder, exptime: 2_678_400 };

  test('a probe is an empty add for exactly 31 days', () => {
    expect(isProbe(probe)).toBe(true);
    const others = [placeholder, { ...probe, exptime: 2_678_401 }, { ...probe, mode: 'set' as const }];
    expect([...others, { ...probe, value: Buffer.from('x') }, READ].map(isProbe)).toEqual(Array(5).fill(false));
  });

  test('a placeholder is an empty add', () => {
    expect([placeholder, probe].map(isPlaceholder)).toEqual([true, true]);
    expect(
      [
        { ...placeholder, mode: 'set' as const },
        { ...placeholder, value: Buffer.from('x') },
      ].map(isPlaceholder),
    ).toEqual([false, false]);
  });
});

describe('a life without end is asked for', () => {
  test.each<[string, KeyCommand, boolean]>([
    ['by a set with 0', { ...STORE, exptime: 0 }, true],
    ['not by one with another', STORE, false],
    ['not by append, which has none', { ...STORE, mode: 'append', exptime: 0 }, false],
    ['by touch 0', { kind: 'touch', key: 'k', exptime: 0 }, true],
    ['by gat 0', { ...READ, touch: 0 }, true],
    ['by mg N0', { ...READ, vivify: 0 }, true],
    ['not by a get', READ, false],
    ['by an incr that creates with 0', { ...INCR, initial: { value: 1n, exptime: 0 } }, true],
    ['by ma T0', { ...INCR, touch: 0 }, true],
    ['not by incr', INCR, false],
    ['by md I T0', { kind: 'mark-stale', key: 'k', cas: undefined, exptime: 0 }, true],
    ['not by delete', { kind: 'delete', key: 'k', cas: undefined }, false],
    ['not by me', { kind: 'inspect', key: 'k' }, false],
  ])('%s', (_, command, asks) => {
    expect(asksForDefaultLife(command)).toBe(asks);
  });
});
