import { describe, expect, test } from 'vitest';
import type { StoreMode } from '../../../src/session/item-operation.ts';
import { casOf, GET, hitOf, ID, json, MG, SESSION, setUpItems, store, text, type ItemSetup } from './item-setup.ts';

async function setUpItem(value = 'old'): Promise<ItemSetup & { readonly cas: number }> {
  const setup = setUpItems();
  const cas = casOf(await setup.ask(store('set', value, { flags: 7, lifeSeconds: 100 })));
  return { ...setup, cas };
}

describe('where there is nothing', () => {
  test.each<[StoreMode, string, string]>([
    ['set', 'stored', 'new'],
    ['add', 'stored', 'new'],
    ['replace', 'not-stored', '(miss)'],
    ['append', 'not-stored', '(miss)'],
    ['prepend', 'not-stored', '(miss)'],
    ['cas', 'not-found', '(miss)'],
  ])('%s answers %s', async (mode, kind, after) => {
    const { ask } = setUpItems();
    expect((await ask(store(mode, 'new', mode === 'cas' ? { cas: 1 } : {}))).kind).toBe(kind);
    expect(text(await ask(GET))).toBe(after);
  });

  test('what has expired is nothing', async () => {
    const { ask, clock } = await setUpItem();
    clock.advance(100_000);
    expect((await ask(store('replace', 'new'))).kind).toBe('not-stored');
    expect((await ask(store('add', 'new'))).kind).toBe('stored');
  });
});

describe('where an item is', () => {
  test.each<[StoreMode, string, string]>([
    ['set', 'stored', 'new'],
    ['add', 'not-stored', 'old'],
    ['replace', 'stored', 'new'],
    ['append', 'stored', 'oldnew'],
    ['prepend', 'stored', 'newold'],
  ])('%s answers %s', async (mode, kind, after) => {
    const { ask } = await setUpItem();
    expect((await ask(store(mode, 'new'))).kind).toBe(kind);
    expect(text(await ask(GET))).toBe(after);
  });

  test.each<StoreMode>(['set', 'replace'])('%s gives flags and life', async (mode) => {
    const { ask, peek } = await setUpItem();
    await ask(store(mode, 'new', { flags: 9, lifeSeconds: 50 }));
    expect(await peek()).toMatchObject({ flags: 9, ttlSeconds: 50 });
  });

  test.each<StoreMode>(['append', 'prepend'])('%s keeps flags and life', async (mode) => {
    const { ask, clock, peek } = await setUpItem();
    clock.advance(10_000);
    await ask(store(mode, 'new', { flags: 9, lifeSeconds: 50 }));
    expect(await peek()).toMatchObject({ flags: 7, ttlSeconds: 90 });
    await ask(store(mode, 'new', { lifeSeconds: -1 }));
    expect(await peek()).toMatchObject({ ttlSeconds: 90 });
  });

  test('bytes of any kind come back as they went in', async () => {
    const { ask } = setUpItems();
    const value = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await ask(store('set', value));
    expect(hitOf(await ask(GET)).value.equals(value)).toBe(true);
    await ask(store('append', value));
    expect(hitOf(await ask(GET)).value.equals(Buffer.concat([value, value]))).toBe(true);
  });

  test('each store has a larger cas than the one before, and answers it', async () => {
    const { ask, cas } = await setUpItem();
    const given = [cas];
    for (const mode of ['set', 'append', 'prepend', 'replace'] as const) given.push(casOf(await ask(store(mode, '1'))));
    expect(given).toEqual([...new Set(given)].sort((one, other) => one - other));
    expect(hitOf(await ask(GET)).cas).toBe(given.at(-1));
  });
});

describe('compare-and-set', () => {
  test('stores over the cas that it names, once', async () => {
    const { ask, cas } = await setUpItem();
    expect((await ask(store('cas', 'new', { cas }))).kind).toBe('stored');
    expect((await ask(store('cas', 'newer', { cas }))).kind).toBe('exists');
    expect(text(await ask(GET))).toBe('new');
  });

  test.each([0, 1, Number.MAX_SAFE_INTEGER, 2 ** 64])(
    'with %d, which is no cas of ours, answers that it exists',
    async (cas) => {
      const { ask } = await setUpItem();
      expect((await ask(store('cas', 'new', { cas }))).kind).toBe('exists');
      expect(text(await ask(GET))).toBe('old');
    },
  );

  test.each<StoreMode>(['append', 'prepend'])(
    'is a further condition of %s; there 0 asks for nothing',
    async (mode) => {
      const { ask, cas } = await setUpItem();
      expect((await ask(store(mode, '1', { cas: cas - 1 }))).kind).toBe('exists');
      expect((await ask(store(mode, '1', { cas: cas + 1 }))).kind).toBe('exists');
      expect((await ask(store(mode, '1', { cas }))).kind).toBe('stored');
      expect((await ask(store(mode, '1', { cas: 0 }))).kind).toBe('stored');
    },
  );

  test('the version that HTTP clients see is the same', async () => {
    const { ask, cas, run } = await setUpItem();
    expect(await run({ kind: 'get', id: ID })).toMatchObject({ kind: 'done', version: cas });
    const put = await run({ kind: 'put', id: ID, content: json({}), ifVersion: cas });
    expect(put.kind).toBe('done');
    expect((await ask(store('cas', 'new', { cas }))).kind).toBe('exists');
  });
});

describe('a store that may invalidate (ms I)', () => {
  test('with an older cas is stored as stale, and keeps the life of the item', async () => {
    const { ask, cas, clock } = await setUpItem();
    clock.advance(10_000);
    const invalidating = store('cas', 'late', { cas: cas - 1, flags: 9, lifeSeconds: 500, isInvalidating: true });
    expect((await ask(invalidating)).kind).toBe('stored');
    expect(hitOf(await ask(MG))).toMatchObject({ flags: 9, ttlSeconds: 90, isStale: true, recache: 'won' });
    expect(hitOf(await ask(MG))).toMatchObject({ value: Buffer.from('late'), isStale: true, recache: 'taken' });
  });

  test('leaves with whoever has won the item the right to replace it', async () => {
    const { ask, cas } = await setUpItem();
    await ask({ ...MG, recacheBelowSeconds: 200 });
    await ask(store('cas', 'late', { cas: cas - 1, isInvalidating: true }));
    expect(hitOf(await ask(MG))).toMatchObject({ isStale: true, recache: 'taken' });
  });

  test('with the right cas is an ordinary one', async () => {
    const { ask, cas, peek } = await setUpItem();
    await ask(store('cas', 'new', { cas, lifeSeconds: 500, isInvalidating: true }));
    expect(await peek()).toMatchObject({ isStale: false, ttlSeconds: 500 });
  });

  test.each([0, Number.MAX_SAFE_INTEGER])('with %d, which is no older cas, answers that it exists', async (cas) => {
    const { ask } = await setUpItem();
    expect((await ask(store('cas', 'new', { cas, isInvalidating: true }))).kind).toBe('exists');
  });
});

describe('S6 bounded: a value that is too large', () => {
  const TOO_LARGE = Buffer.alloc(SESSION.maxBytes + 1, 'x');

  test.each<StoreMode>(['set', 'add', 'replace', 'append', 'prepend', 'cas'])(
    'is refused to %s, and the old one stays',
    async (mode) => {
      const { ask, cas, run } = await setUpItem();
      const operation = store(mode, TOO_LARGE, { cas });
      const reply = await run({ kind: 'item', id: ID, isSession: true, operation });
      expect(reply).toEqual({ kind: 'refused', code: 'TOO_LARGE' });
      expect(text(await ask(GET))).toBe('old');
    },
  );

  test.each<StoreMode>(['append', 'prepend'])('is refused to %s where only both together are', async (mode) => {
    const { ask, run } = await setUpItem('x'.repeat(SESSION.maxBytes - 1));
    expect((await ask(store(mode, 'y'))).kind).toBe('stored');
    const reply = await run({ kind: 'item', id: ID, isSession: true, operation: store(mode, 'z') });
    expect(reply).toEqual({ kind: 'refused', code: 'TOO_LARGE' });
    expect(text(await ask(GET))).toHaveLength(SESSION.maxBytes);
  });

  test('is refused where the store itself says so', async () => {
    const { ask, run, store: memory } = await setUpItem();
    memory.failNext('set', 'too-large');
    const reply = await run({ kind: 'item', id: ID, isSession: true, operation: store('set', 'new') });
    expect(reply).toEqual({ kind: 'refused', code: 'TOO_LARGE' });
    expect(text(await ask(GET))).toBe('old');
  });
});

describe('a set over an item that we wrote last ourselves', () => {
  test('asks the store once; over any other it looks first', async () => {
    const { ask, store: memory } = await setUpItem();
    memory.asked.length = 0;
    expect((await ask(store('set', 'new'))).kind).toBe('stored');
    expect(memory.asked).toEqual([`set ${ID}`]);

    memory.asked.length = 0;
    await ask(store('set', 'v'), 'b-unknown');
    expect(memory.asked).toEqual(['get b-unknown', 'set b-unknown']);
  });

  test('looks first where somebody else has written since, by whatever door', async () => {
    const { ask, run, store: memory } = await setUpItem();
    await run({ kind: 'put', id: ID, content: json({ n: 1 }) });
    memory.asked.length = 0;
    await ask(store('set', '{"n":2}'));
    expect(memory.asked).toEqual([`get ${ID}`, `set ${ID}`]);
    expect(await run({ kind: 'get', id: ID })).toMatchObject({ content: json({ n: 2 }) });
  });

  test('has a larger cas than the one before', async () => {
    const { ask, cas } = await setUpItem();
    expect(casOf(await ask(store('set', 'new')))).toBeGreaterThan(cas);
  });

  test('finds the tombstone of a session that was destroyed since', async () => {
    const { askSession, run } = await setUpItem();
    await run({ kind: 'destroy', id: ID });
    expect((await askSession(store('set', 'new'))).kind).toBe('not-stored');
  });

  test('is refused where it is too large, and the old one stays', async () => {
    const { ask, run, store: memory } = await setUpItem();
    memory.asked.length = 0;
    const operation = store('set', Buffer.alloc(SESSION.maxBytes + 1));
    expect((await run({ kind: 'item', id: ID, isSession: true, operation })).kind).toBe('refused');
    expect(memory.asked).toEqual([]);
    expect(text(await ask(GET))).toBe('old');
  });
});
