import { beforeEach, describe, expect, test } from 'vitest';
import { StoreTooLargeError, StoreUnavailableError } from '../../../src/errors.ts';
import { MemoryStore } from '../../../src/store/memory-store.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let clock: FakeClock;
let observed: string[];
let store: MemoryStore;

beforeEach(() => {
  clock = new FakeClock();
  observed = [];
  store = open(1);
});

function open(megabytes: number, maxRecordBytes = 100_000): MemoryStore {
  const metrics = {
    observe: (name: string, labels: Record<string, string>) => {
      observed.push(`${name} ${labels['operation'] ?? ''} ${labels['outcome'] ?? ''}`);
    },
  };
  return new MemoryStore({ megabytes, maxRecordBytes, clock, metrics });
}

describe('the memory store', () => {
  test('keeps its own copy of what is set', async () => {
    const value = Buffer.from('mine');
    await store.set('k', value, 60);
    value.fill('x');
    expect(await store.get('k')).toEqual(Buffer.from('mine'));
  });

  test('gives out a copy of what it holds', async () => {
    await store.set('k', Buffer.from('mine'), 60);
    (await store.get('k'))?.fill('x');
    expect(await store.get('k')).toEqual(Buffer.from('mine'));
  });

  test('lets a record go after its time to live, also one that was stored at the very start of the clock', async () => {
    await store.set('k', Buffer.from('v'), 10);
    clock.advance(10_000);
    expect(await store.get('k')).toEqual(Buffer.from('v'));
    clock.advance(1);
    expect(await store.get('k')).toBeUndefined();
  });

  test('counts a new time to live from when the record is set again', async () => {
    await store.set('k', Buffer.from('v'), 10);
    clock.advance(9_000);
    await store.set('k', Buffer.from('v'), 10);
    clock.advance(9_000);
    expect(await store.get('k')).toBeDefined();
  });

  test('is not confused by a jump of the wall clock', async () => {
    await store.set('k', Buffer.from('v'), 10);
    clock.jump(3_600_000);
    expect(await store.get('k')).toBeDefined();
  });

  test('takes an expired key for free, and has nothing to delete there', async () => {
    await store.set('k', Buffer.from('old'), 1);
    clock.advance(2_000);
    expect(await store.delete('k')).toBe(false);
    await store.set('k', Buffer.from('old'), 1);
    clock.advance(2_000);
    expect(await store.add('k', Buffer.from('new'), 1)).toBe(true);
  });

  test('drops what was not used for the longest time when it is full', async () => {
    const value = Buffer.alloc(100_000);
    for (let n = 0; n < 10; n += 1) await store.set(`k${n}`, value, 60);
    await store.get('k0');
    await store.set('k10', value, 60);
    expect(await store.get('k0')).toBeDefined();
    expect(await store.get('k1')).toBeUndefined();
  });

  test('counts what a record costs beside its bytes, so that tiny ones cannot outgrow it', async () => {
    for (let n = 0; n < 3_000; n += 1) await store.set(`k${n}`, Buffer.alloc(1), 60);
    expect(await store.get('k0')).toBeUndefined();
    expect(await store.get('k2999')).toBeDefined();
  });

  test('refuses a record over the limit and keeps the old one', async () => {
    await store.set('k', Buffer.from('old'), 60);
    await expect(store.set('k', Buffer.alloc(100_001), 60)).rejects.toThrow(StoreTooLargeError);
    await expect(store.add('other', Buffer.alloc(100_001), 60)).rejects.toThrow(StoreTooLargeError);
    expect(await store.get('k')).toEqual(Buffer.from('old'));
  });

  test('refuses a record that is larger than all its memory and keeps the old one', async () => {
    const small = open(1, 10_000_000);
    await small.set('k', Buffer.from('old'), 60);
    await expect(small.set('k', Buffer.alloc(1024 * 1024), 60)).rejects.toThrow(StoreTooLargeError);
    expect(await small.get('k')).toEqual(Buffer.from('old'));
  });

  test('tells how full it is, and what it dropped for want of memory', async () => {
    const small = open(1, 100_000);
    const before = await small.figures();
    expect(before).toEqual({ items: 0, bytes: 0, limitBytes: 1024 * 1024, evictions: 0 });
    for (let n = 0; n < 15; n += 1) await small.set(`k${n}`, Buffer.alloc(100_000), 60);
    const { items, bytes, evictions } = await small.figures();
    expect(items + evictions).toBe(15);
    expect(evictions).toBeGreaterThan(0);
    expect(bytes).toBeGreaterThan(items * 100_000);
    await small.set('k14', Buffer.from('again'), 60);
    await small.delete('k14');
    expect((await small.figures()).evictions).toBe(evictions);
  });

  test('is down and unavailable once it is closed', async () => {
    expect(store.describe()).toEqual({ kind: 'memory', state: 'up' });
    await store.close();
    expect(store.describe()).toEqual({ kind: 'memory', state: 'down' });
    await expect(store.get('k')).rejects.toThrow(StoreUnavailableError);
    await expect(store.clear()).rejects.toThrow(StoreUnavailableError);
  });

  test('observes each operation with what came of it', async () => {
    await store.set('k', Buffer.from('v'), 60);
    await store.get('k');
    await store.set('k', Buffer.alloc(100_001), 60).catch(() => undefined);
    await store.get('no such key').catch(() => undefined);
    expect(observed).toEqual([
      'storeSeconds set done',
      'storeSeconds get done',
      'storeSeconds set too-large',
      'storeSeconds get unavailable',
    ]);
  });
});
