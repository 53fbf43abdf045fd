import { describe, expect, test } from 'vitest';
import { addDelta, printNumber, readNumber } from '../../../src/engine/item-change.ts';
import type { ItemOperation } from '../../../src/session/item-operation.ts';
import { casOf, DELETE, GET, hitOf, ID, incr, MG, setUpItems, store, text, type ItemSetup } from './item-setup.ts';

async function setUpItem(value: string): Promise<ItemSetup & { readonly cas: number }> {
  const setup = setUpItems();
  const cas = casOf(await setup.ask(store('set', value, { flags: 7, lifeSeconds: 100 })));
  return { ...setup, cas };
}

const TOUCH: ItemOperation = { kind: 'touch', lifeSeconds: 300 };
const STALE: Extract<ItemOperation, { kind: 'mark-stale' }> = { kind: 'mark-stale' };

describe('delete', () => {
  test('takes the item away, and a set right after works', async () => {
    const { ask, store: memory } = await setUpItem('v');
    expect(await ask(DELETE)).toEqual({ kind: 'deleted' });
    expect(text(await ask(GET))).toBe('(miss)');
    expect(await memory.peek(ID)).toBeUndefined();
    expect((await ask(store('set', 'again'))).kind).toBe('stored');
    expect(text(await ask(GET))).toBe('again');
  });

  test('of nothing answers not-found', async () => {
    const { ask } = setUpItems();
    expect(await ask(DELETE)).toEqual({ kind: 'not-found' });
  });

  test('asks for the right cas where it names one', async () => {
    const { ask, cas } = await setUpItem('v');
    for (const other of [0, cas - 1, cas + 1]) expect(await ask({ ...DELETE, cas: other })).toEqual({ kind: 'exists' });
    expect(await ask({ ...DELETE, cas })).toEqual({ kind: 'deleted' });
  });

  test('S1 never old: a write that comes late does not bring the deleted item back', async () => {
    const { ask, run, store: memory } = await setUpItem('v');
    memory.failNext('set', 'in-doubt-late');
    const doubtful = await run({ kind: 'item', id: ID, isSession: false, operation: store('set', 'late') });
    expect(doubtful.kind).toBe('in-doubt');
    expect(await ask(DELETE)).toEqual({ kind: 'deleted' });
    await memory.applyLate();
    expect(text(await ask(GET))).toBe('(miss)');
    expect((await ask(store('add', 'new'))).kind).toBe('stored');
    expect(text(await ask(GET))).toBe('new');
  });
});

describe('touch', () => {
  test('gives a new life, answers flags and cas, and changes neither', async () => {
    const { ask, cas, peek } = await setUpItem('v');
    expect(await ask(TOUCH)).toEqual({ kind: 'touched', flags: 7, cas });
    expect(await peek()).toMatchObject({ ttlSeconds: 300, flags: 7, cas });
  });

  test('of nothing answers not-found', async () => {
    expect(await setUpItems().ask(TOUCH)).toEqual({ kind: 'not-found' });
  });

  test('with a life that is over takes the item away', async () => {
    const { ask, store: memory } = await setUpItem('v');
    expect((await ask({ kind: 'touch', lifeSeconds: -1 })).kind).toBe('touched');
    expect(text(await ask(GET))).toBe('(miss)');
    expect(await memory.peek(ID)).toBeUndefined();
  });

  test('leaves a stale item stale, and a won one won', async () => {
    const { ask } = await setUpItem('v');
    await ask(STALE);
    await ask(MG);
    await ask(TOUCH);
    expect(hitOf(await ask(MG))).toMatchObject({ isStale: true, recache: 'taken' });
  });
});

describe('mark stale (md I)', () => {
  test('keeps value, flags and life, and gives a new cas', async () => {
    const { ask, cas, peek } = await setUpItem('v');
    expect(await ask(STALE)).toEqual({ kind: 'ok' });
    const after = await peek();
    expect(after).toMatchObject({ value: Buffer.from('v'), flags: 7, ttlSeconds: 100, isStale: true });
    expect(after.cas).toBeGreaterThan(cas);
  });

  test('lets the first reader after it win, whoever has won before', async () => {
    const { ask } = await setUpItem('v');
    for (let round = 0; round < 2; round += 1) {
      await ask(STALE);
      expect(hitOf(await ask(MG))).toMatchObject({ isStale: true, recache: 'won' });
      expect(hitOf(await ask(MG))).toMatchObject({ isStale: true, recache: 'taken' });
    }
  });

  test('a client that does not know of winning does not take the win away', async () => {
    const { ask } = await setUpItem('v');
    await ask(STALE);
    expect(hitOf(await ask(GET)).recache).toBeUndefined();
    expect(hitOf(await ask(MG)).recache).toBe('won');
  });

  test('is over with the next store', async () => {
    const { ask } = await setUpItem('v');
    for (const operation of [store('set', '1'), store('append', '1'), store('replace', '1')]) {
      await ask(STALE);
      await ask(operation);
      const hit = hitOf(await ask(MG));
      expect([hit.isStale, hit.recache]).toEqual([false, undefined]);
    }
  });

  test('can change the life, and can end it', async () => {
    const { ask, peek } = await setUpItem('v');
    await ask({ ...STALE, lifeSeconds: 30 });
    expect(await peek()).toMatchObject({ ttlSeconds: 30 });
    expect(await ask({ ...STALE, lifeSeconds: -1 })).toEqual({ kind: 'ok' });
    expect(text(await ask(GET))).toBe('(miss)');
  });

  test('asks for the right cas where it names one', async () => {
    const { ask, cas } = await setUpItem('v');
    for (const other of [0, cas - 1, cas + 1]) expect(await ask({ ...STALE, cas: other })).toEqual({ kind: 'exists' });
    expect(await ask({ ...STALE, cas })).toEqual({ kind: 'ok' });
  });

  test('of nothing answers not-found', async () => {
    expect(await setUpItems().ask(STALE)).toEqual({ kind: 'not-found' });
  });
});

describe('arithmetic', () => {
  test('answers the number, a new cas and what is left of the life', async () => {
    const { ask, cas, clock } = await setUpItem('41');
    clock.advance(10_000);
    const answer = await ask(incr(1n));
    expect(answer).toMatchObject({ kind: 'number', value: 42n, ttlSeconds: 90, isCreated: false });
    expect(casOf(answer)).toBeGreaterThan(cas);
    expect(hitOf(await ask(GET))).toMatchObject({ value: Buffer.from('42'), flags: 7, cas: casOf(answer) });
  });

  test('a number that gets shorter keeps its room, one that gets longer gets more', async () => {
    const { ask } = await setUpItem('10');
    await ask(incr(1n, { direction: 'decr' }));
    expect(text(await ask(GET))).toBe('9 ');
    await ask(incr(91n));
    expect(text(await ask(GET))).toBe('100');
    await ask(incr(1000n, { direction: 'decr' }));
    expect(text(await ask(GET))).toBe('0  ');
  });

  test('of nothing answers not-found, or begins with the initial number', async () => {
    const { ask, peek } = setUpItems();
    expect(await ask(incr(5n))).toEqual({ kind: 'not-found' });
    const initial = { value: 2n ** 64n - 1n, lifeSeconds: 30 };
    expect(await ask(incr(5n, { initial, cas: 9, touchSeconds: 500 }))).toMatchObject({
      kind: 'number',
      value: 2n ** 64n - 1n,
      ttlSeconds: 30,
      isCreated: true,
    });
    expect(await peek()).toMatchObject({ value: Buffer.from('18446744073709551615'), flags: 0, ttlSeconds: 30 });
    expect(await ask(incr(5n, { initial }))).toMatchObject({ value: 4n, isCreated: false });
  });

  test('an initial number whose life is over is answered, and leaves nothing', async () => {
    const { ask } = setUpItems();
    const answer = await ask(incr(5n, { initial: { value: 3n, lifeSeconds: -1 } }));
    expect(answer).toMatchObject({ kind: 'number', value: 3n, isCreated: true, ttlSeconds: 0 });
    expect(text(await ask(GET))).toBe('(miss)');
  });

  test('of what is no number answers so, and leaves it', async () => {
    const { ask } = await setUpItem('1x');
    expect(await ask(incr(1n, { initial: { value: 1n, lifeSeconds: 0 } }))).toEqual({ kind: 'non-numeric' });
    expect(text(await ask(GET))).toBe('1x');
  });

  test('asks for the right cas where it names one; 0 asks for nothing', async () => {
    const { ask, cas } = await setUpItem('1');
    expect(await ask(incr(1n, { cas: cas + 1 }))).toEqual({ kind: 'exists' });
    expect(await ask(incr(1n, { cas }))).toMatchObject({ value: 2n });
    expect(await ask(incr(1n, { cas: 0 }))).toMatchObject({ value: 3n });
  });

  test('tells of the cas before it tells that the value is no number, but of an empty value first', async () => {
    const words = await setUpItem('words');
    expect(await words.ask(incr(1n, { cas: 1 }))).toEqual({ kind: 'exists' });
    const empty = await setUpItem('');
    expect(await empty.ask(incr(1n, { cas: 1 }))).toEqual({ kind: 'non-numeric' });
  });

  test('touches where it is asked to, also a number that has become longer', async () => {
    const { ask, peek } = await setUpItem('9');
    expect(await ask(incr(1n, { touchSeconds: 300 }))).toMatchObject({ value: 10n, ttlSeconds: 300 });
    expect(await peek()).toMatchObject({ ttlSeconds: 300 });
    expect(await ask(incr(1n, { touchSeconds: -1 }))).toMatchObject({ value: 11n, ttlSeconds: 0 });
    expect(text(await ask(GET))).toBe('(miss)');
  });

  test('in the same room leaves a stale item stale and a fetched one fetched; a longer number is a new item', async () => {
    const { ask, peek } = await setUpItem('8');
    await ask(STALE);
    await ask(MG);
    await ask(incr(1n));
    expect(await peek()).toMatchObject({ isStale: true, recache: 'taken', wasFetched: true });
    await ask(incr(1n));
    expect(await peek()).toMatchObject({ isStale: false, wasFetched: false });
    expect((await peek()).recache).toBeUndefined();
  });

  test('two at the same time both count', async () => {
    const { ask } = await setUpItem('0');
    await Promise.all(Array.from({ length: 8 }, () => ask(incr(1n))));
    expect(text(await ask(GET))).toBe('8');
  });
});

const TWO_TO_63 = 2n ** 63n;
const TWO_TO_64 = 2n ** 64n;

/** As memcached 1.6.18 has been seen to read them. */
describe('a value is a number', () => {
  test.each<[string, bigint]>([
    ['0', 0n],
    ['42', 42n],
    ['007', 7n],
    ['+5', 5n],
    ['-0', 0n],
    [' \t\n\v\f\r7', 7n],
    ['5 ', 5n],
    ['12 34', 12n],
    ['1\v2', 1n],
    ['5\r\n', 5n],
    ['5\0-x', 5n],
    ['18446744073709551615', TWO_TO_64 - 1n],
    ['000018446744073709551615', TWO_TO_64 - 1n],
    ['18446744073709551615\0-', TWO_TO_64 - 1n],
    ['9223372036854775807 -', TWO_TO_63 - 1n],
    ['-9223372036854775809', TWO_TO_63 - 1n],
    ['-18446744073709551615', 1n],
  ])('%j', (value, number) => {
    expect(readNumber(Buffer.from(value, 'latin1'))).toBe(number);
  });
});

describe('a value is no number', () => {
  test.each([
    ...[
      '',
      ' ',
      '-',
      '+',
      '- 5',
      '5-',
      '5x',
      'x5',
      '1.5',
      '1e3',
      '0x10',
      '\0' + '5',
      '-5',
      '-1\0',
      '-9223372036854775808',
    ],
    ...['18446744073709551616', '99999999999999999999999', '18446744073709551615 -', '٣'],
  ])('%j', (value) => {
    expect(readNumber(Buffer.from(value))).toBeUndefined();
  });

  test('nor is a megabyte of digits, which costs no more than to look at it', () => {
    expect(readNumber(Buffer.alloc(1_048_576, '7'))).toBeUndefined();
    expect(readNumber(Buffer.alloc(1_048_576, '0'))).toBe(0n);
    expect(readNumber(Buffer.concat([Buffer.alloc(1_048_576, '0'), Buffer.from('x')]))).toBeUndefined();
  });
});

describe('a delta', () => {
  test.each<[bigint, 'incr' | 'decr', bigint, bigint]>([
    [1n, 'incr', 2n, 3n],
    [TWO_TO_64 - 1n, 'incr', 1n, 0n],
    [TWO_TO_64 - 1n, 'incr', TWO_TO_64 - 1n, TWO_TO_64 - 2n],
    [5n, 'decr', 2n, 3n],
    [5n, 'decr', 6n, 0n],
    [0n, 'decr', TWO_TO_64 - 1n, 0n],
  ])('%d %s %d is %d: up it wraps round at 2^64, down it stops at 0', (number, direction, delta, result) => {
    expect(addDelta(number, direction, delta)).toBe(result);
  });
});

test('a number takes the room of the value before it, with spaces behind it, or more where it needs more', () => {
  expect(printNumber(9n, 2).toString()).toBe('9 ');
  expect(printNumber(10n, 2).toString()).toBe('10');
  expect(printNumber(100n, 2).toString()).toBe('100');
  expect(printNumber(0n, 0).toString()).toBe('0');
});
