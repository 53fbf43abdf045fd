import { describe, expect, test } from 'vitest';
import type { ItemOperation } from '../../../src/session/item-operation.ts';
import { casOf, GET, hitOf, ID, MG, setUpItems, SESSION, store, text, type ItemSetup } from './item-setup.ts';

async function setUpItem(lifeSeconds = 0): Promise<ItemSetup> {
  const setup = setUpItems();
  await setup.ask(store('set', 'v1', { flags: 7, lifeSeconds }));
  return setup;
}

describe('a read', () => {
  test('answers value, flags, cas and what is left of its life', async () => {
    const { ask, clock } = setUpItems();
    const cas = casOf(await ask(store('set', 'v1', { flags: 0xffff_ffff, lifeSeconds: 100 })));
    clock.advance(30_000);
    expect(await ask(GET)).toEqual({
      kind: 'hit',
      value: Buffer.from('v1'),
      flags: 0xffff_ffff,
      cas,
      ttlSeconds: 70,
      lastAccessSeconds: 30,
      wasFetched: false,
      isStale: false,
    });
  });

  test('of nothing is a miss, and makes nothing', async () => {
    const { ask, store: memory } = setUpItems();
    expect(await ask(MG)).toEqual({ kind: 'miss' });
    expect(memory.asked).toEqual([`get ${ID}`]);
  });

  test('of what has expired is a miss', async () => {
    const { ask, clock } = await setUpItem(100);
    clock.advance(99_999);
    expect(text(await ask(GET))).toBe('v1');
    clock.advance(1);
    expect(text(await ask(GET))).toBe('(miss)');
  });

  test('asks the store once and changes nothing in it', async () => {
    const { ask, store: memory } = await setUpItem();
    memory.asked.length = 0;
    await ask(GET);
    await ask({ ...MG, recacheBelowSeconds: 1 });
    expect(memory.asked).toEqual([`get ${ID}`, `get ${ID}`]);
  });

  test('of an id that another item has is never answered', async () => {
    const { ask } = await setUpItem();
    expect(text(await ask(GET, `${ID}x`))).toBe('(miss)');
  });
});

describe('the life of an item', () => {
  test.each([
    [0, SESSION.ttlSeconds],
    [1, 1],
    [SESSION.maxTtlSeconds, SESSION.maxTtlSeconds],
    [SESSION.maxTtlSeconds + 1, SESSION.maxTtlSeconds],
  ])('of %d seconds is %d: 0 is the default, and nothing lives longer than the longest', async (asked, seconds) => {
    const { ask, peek } = await setUpItem(asked);
    expect((await peek()).ttlSeconds).toBe(seconds);
    expect(hitOf(await ask({ ...GET, touchSeconds: asked })).ttlSeconds).toBe(seconds);
  });

  test('is told in whole seconds, of which the last one has begun', async () => {
    const { clock, peek } = await setUpItem(100);
    clock.advance(1);
    expect((await peek()).ttlSeconds).toBe(100);
    clock.advance(99_998);
    expect((await peek()).ttlSeconds).toBe(1);
  });

  test('that is over leaves nothing, though what asked for it has succeeded', async () => {
    const { ask, store: memory } = setUpItems();
    for (const before of [undefined, store('set', 'old')]) {
      if (before !== undefined) await ask(before);
      expect((await ask(store('set', 'v', { lifeSeconds: -1 }))).kind).toBe('stored');
      expect(text(await ask(GET))).toBe('(miss)');
      expect(await memory.peek(ID)).toBeUndefined();
    }
    expect((await ask(store('add', 'again'))).kind).toBe('stored');
  });
});

describe('a read that touches (gat, mg T)', () => {
  test('gives a hit its new life and no new cas', async () => {
    const { ask, clock, peek } = await setUpItem(100);
    const { cas } = await peek();
    clock.advance(50_000);
    expect(hitOf(await ask({ ...GET, touchSeconds: 300 }))).toMatchObject({ ttlSeconds: 300, cas });
    clock.advance(200_000);
    expect(await peek()).toMatchObject({ ttlSeconds: 100, cas });
  });

  test('answers an item that it ends', async () => {
    const { ask } = await setUpItem();
    const hit = hitOf(await ask({ ...GET, touchSeconds: -1 }));
    expect([text(hit), hit.ttlSeconds]).toEqual(['v1', 0]);
    expect(text(await ask(GET))).toBe('(miss)');
  });

  test('makes nothing of a miss', async () => {
    const { ask, store: memory } = setUpItems();
    expect(text(await ask({ ...GET, touchSeconds: 5 }))).toBe('(miss)');
    expect(memory.asked).toEqual([`get ${ID}`]);
  });
});

describe('last access and first fetch', () => {
  test('are told as they were before this read', async () => {
    const { ask, clock } = await setUpItem();
    clock.advance(5999);
    expect(hitOf(await ask(MG))).toMatchObject({ wasFetched: false, lastAccessSeconds: 5 });
    clock.advance(2000);
    expect(hitOf(await ask(MG))).toMatchObject({ wasFetched: true, lastAccessSeconds: 2 });
  });

  test('are left alone by a peek and by an inspection', async () => {
    const { ask, clock, peek } = await setUpItem();
    clock.advance(5000);
    await ask({ ...MG, isPeek: true });
    await ask({ ...MG, isPeek: true, touchSeconds: 0 });
    await peek();
    await ask({ kind: 'probe' });
    expect(await peek()).toMatchObject({ wasFetched: false });
  });

  test('begin anew with each store', async () => {
    const { ask, clock, peek } = await setUpItem();
    for (const operation of [store('set', 'v'), store('append', 'v'), store('replace', 'v')]) {
      await ask(MG);
      clock.advance(5000);
      await ask(operation);
      expect(await peek()).toMatchObject({ wasFetched: false, lastAccessSeconds: 0 });
    }
  });

  test('an add that finds the item there has used it, and not fetched it', async () => {
    const { ask, clock, peek } = await setUpItem();
    clock.advance(5000);
    await ask(store('add', 'v'));
    expect(await peek()).toMatchObject({ wasFetched: false, lastAccessSeconds: 0 });
  });

  test('a touch counts as a fetch', async () => {
    const { ask, peek } = await setUpItem();
    await ask({ kind: 'touch', lifeSeconds: 0 });
    expect((await peek()).wasFetched).toBe(true);
  });

  test('of an item that the owner has no memory of begin with its last write', async () => {
    const { ask, clock, store: memory } = await setUpItem(100);
    const bytes = (await memory.peek(ID)) ?? Buffer.alloc(0);
    const restarted = setUpItems({ clock });
    await restarted.store.plant(ID, bytes);
    clock.advance(7000);
    expect(await restarted.peek()).toMatchObject({ wasFetched: false, lastAccessSeconds: 7 });
    await ask(GET);
  });
});

describe('a read that vivifies (mg N)', () => {
  test('makes an empty item of a miss and wins it, and all others hear that it is taken', async () => {
    const { ask } = setUpItems();
    expect(hitOf(await ask({ ...MG, vivifySeconds: 30 }))).toMatchObject({
      value: Buffer.alloc(0),
      flags: 0,
      ttlSeconds: 30,
      wasFetched: false,
      recache: 'won',
    });
    expect(hitOf(await ask({ ...MG, vivifySeconds: 30 }))).toMatchObject({ ttlSeconds: 30, recache: 'taken' });
    expect(hitOf(await ask(MG))).toMatchObject({ recache: 'taken', isStale: false });
  });

  test('leaves a hit as it is', async () => {
    const { ask } = await setUpItem(100);
    const hit = hitOf(await ask({ ...MG, vivifySeconds: 30 }));
    expect([text(hit), hit.ttlSeconds, hit.recache]).toEqual(['v1', 100, undefined]);
  });

  test('is over with the first store', async () => {
    const { ask } = setUpItems();
    const { cas } = hitOf(await ask({ ...MG, vivifySeconds: 30 }));
    expect((await ask(store('cas', 'made', { cas }))).kind).toBe('stored');
    expect(hitOf(await ask(MG)).recache).toBeUndefined();
  });

  test('does not touch what it has made', async () => {
    const { ask } = setUpItems();
    expect(hitOf(await ask({ ...MG, vivifySeconds: 30, touchSeconds: 500 })).ttlSeconds).toBe(30);
  });

  test('with a life that is over wins, and leaves nothing', async () => {
    const { ask } = setUpItems();
    expect(hitOf(await ask({ ...MG, vivifySeconds: -1 })).recache).toBe('won');
    expect(text(await ask(MG))).toBe('(miss)');
  });
});

describe('a read that recaches (mg R)', () => {
  test('is won by the first who finds less life than that, once', async () => {
    const { ask, clock } = await setUpItem(100);
    const early = { ...MG, recacheBelowSeconds: 30 };
    clock.advance(70_000);
    expect(hitOf(await ask(early)).recache).toBeUndefined();
    clock.advance(1000);
    expect(hitOf(await ask(early)).recache).toBe('won');
    expect(hitOf(await ask(early)).recache).toBe('taken');
    expect(hitOf(await ask(MG)).recache).toBe('taken');
  });

  test('looks at the life that is left before the touch', async () => {
    const { ask } = await setUpItem(20);
    const hit = hitOf(await ask({ ...MG, recacheBelowSeconds: 30, touchSeconds: 300 }));
    expect([hit.recache, hit.ttlSeconds]).toEqual(['won', 300]);
  });

  test('changes neither cas nor life of what was won', async () => {
    const { ask, peek } = await setUpItem(20);
    const before = await peek();
    await ask({ ...MG, recacheBelowSeconds: 30 });
    expect(await peek()).toMatchObject({ cas: before.cas, ttlSeconds: 20 });
  });

  test('what was won stays won when the owner restarts: it is in the record', async () => {
    const { ask, clock, store: memory } = await setUpItem(20);
    await ask({ ...MG, recacheBelowSeconds: 30 });
    const restarted = setUpItems({ clock });
    await restarted.store.plant(ID, (await memory.peek(ID)) ?? Buffer.alloc(0));
    expect(hitOf(await restarted.ask({ ...MG, recacheBelowSeconds: 30 })).recache).toBe('taken');
  });
});

describe('an inspection (me)', () => {
  test('of nothing is a miss', async () => {
    expect(await setUpItems().ask({ kind: 'inspect' })).toEqual({ kind: 'miss' });
  });

  test('wins nothing', async () => {
    const { ask, peek } = await setUpItem();
    await ask({ kind: 'mark-stale' });
    expect(await peek()).toMatchObject({ isStale: true });
    expect(hitOf(await ask(MG)).recache).toBe('won');
    expect(await peek()).toMatchObject({ isStale: true, recache: 'taken' });
  });
});

describe("the probe of PHP's strict mode", () => {
  test('finds what is there, and leaves it as it is', async () => {
    const { ask, store: memory } = await setUpItem();
    memory.asked.length = 0;
    expect(await ask({ kind: 'probe' })).toEqual({ kind: 'exists' });
    expect(memory.asked).toEqual([`get ${ID}`]);
  });

  test('takes an id that was only reserved for absent, though a get finds it', async () => {
    const { ask } = setUpItems();
    await ask(store('add', '', { lifeSeconds: 30 }));
    expect(await ask({ kind: 'probe' })).toEqual({ kind: 'not-found' });
    expect(text(await ask(GET))).toBe('');
    expect(await ask({ kind: 'probe' })).toEqual({ kind: 'not-found' });
  });

  test.each<[string, ItemOperation]>([
    ['a set of nothing', store('set', '', { lifeSeconds: 1440 })],
    ['a replace by nothing', store('replace', '', { lifeSeconds: 1440 })],
    ['an append of nothing', store('append', '')],
    ['a prepend of nothing', store('prepend', '')],
    ['a touch', { kind: 'touch', lifeSeconds: 1440 }],
    ['a get that touches', { ...GET, touchSeconds: 1440 }],
    ['md I', { kind: 'mark-stale' }],
  ])('finds an empty session that %s has confirmed', async (_, confirmation) => {
    const { ask } = setUpItems();
    await ask(store('add', '', { lifeSeconds: 60 }));
    await ask(confirmation);
    expect(await ask({ kind: 'probe' })).toEqual({ kind: 'exists' });
  });

  test('finds an empty session that HTTP has touched', async () => {
    const { ask, run } = setUpItems();
    await ask(store('add', '', { lifeSeconds: 60 }));
    expect((await run({ kind: 'touch', id: ID })).kind).toBe('done');
    expect(await ask({ kind: 'probe' })).toEqual({ kind: 'exists' });
  });

  test('finds a session that was emptied, and one whose first add had something in it', async () => {
    const { ask } = setUpItems();
    await ask(store('set', 'abc'));
    await ask(store('set', ''));
    expect(await ask({ kind: 'probe' })).toEqual({ kind: 'exists' });
    await ask(store('add', 'abc'), 'other');
    expect(await ask({ kind: 'probe' }, 'other')).toEqual({ kind: 'exists' });
  });

  test('tells a reservation from an empty session after the daemon was restarted, and at the next owner', async () => {
    const { ask, engine } = setUpItems();
    await ask(store('add', ''), 'reserved');
    await ask(store('set', ''), 'empty');
    const next = setUpItems();
    for (const id of ['reserved', 'empty']) await next.engine.settle(await engine.handBack(id));
    expect(await next.ask({ kind: 'probe' }, 'reserved')).toEqual({ kind: 'not-found' });
    expect(await next.ask({ kind: 'probe' }, 'empty')).toEqual({ kind: 'exists' });
  });

  test('creates nothing', async () => {
    const { ask, store: memory } = setUpItems();
    expect(await ask({ kind: 'probe' })).toEqual({ kind: 'not-found' });
    expect(memory.asked).toEqual([`get ${ID}`]);
  });
});
