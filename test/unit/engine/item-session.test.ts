import { describe, expect, test } from 'vitest';
import type { ItemAnswer, ItemOperation, StoreMode } from '../../../src/session/item-operation.ts';
import {
  DELETE,
  GET,
  hitOf,
  ID,
  incr,
  json,
  MG,
  SESSION,
  setUpItems,
  store,
  text,
  type ItemSetup,
} from './item-setup.ts';

const UNTYPED = 'application/octet-stream';

async function setUpDestroyed(): Promise<ItemSetup> {
  const setup = setUpItems();
  await setup.askSession(store('set', 'v'));
  expect(await setup.askSession(DELETE)).toEqual({ kind: 'deleted' });
  return setup;
}

/** The tombstone that a read was told of. */
function graveOf(answer: ItemAnswer): number {
  if (answer.kind !== 'miss' || answer.grave === undefined)
    throw new TypeError(`expected a grave, got ${text(answer)}`);
  return answer.grave;
}

const OPERATIONS: readonly [string, ItemOperation, string][] = [
  ...(['set', 'add', 'replace', 'append', 'prepend'] as const).map(
    (mode: StoreMode): [string, ItemOperation, string] => [mode, store(mode, 'back'), 'not-stored'],
  ),
  ['cas', store('cas', 'back', { cas: 1 }), 'not-found'],
  ['touch', { kind: 'touch', lifeSeconds: 0 }, 'not-found'],
  ['delete', DELETE, 'not-found'],
  ['mark-stale', { kind: 'mark-stale' }, 'not-found'],
  ['incr', incr(1n), 'not-found'],
  ['incr with an initial number', incr(1n, { initial: { value: 1n, lifeSeconds: 0 } }), 'not-found'],
  ['get', GET, 'miss'],
  ['gat', { ...GET, touchSeconds: 30 }, 'miss'],
  ['mg N', { ...MG, vivifySeconds: 30 }, 'miss'],
  ['me', { kind: 'inspect' }, 'miss'],
  ['the probe of strict mode', { kind: 'probe' }, 'not-found'],
];

describe('S5 destroyed stays destroyed: of a session that was deleted', () => {
  test.each(OPERATIONS)('%s finds nothing, makes nothing, and says so', async (_, operation, kind) => {
    const { askSession, ask, run } = await setUpDestroyed();
    expect((await askSession(operation)).kind).toBe(kind);
    // What a key looks like does not open the grave of what is in it.
    expect((await ask(operation)).kind).toBe(kind);
    expect(await run({ kind: 'get', id: ID })).toEqual({ kind: 'miss', reason: 'destroyed' });
  });

  test.each(OPERATIONS)('%s does so where the store has lost the tombstone, too', async (_, operation, kind) => {
    const { askSession, store: memory } = await setUpDestroyed();
    await memory.evict(ID);
    expect((await askSession(operation)).kind).toBe(kind);
  });

  test('the same holds for one that was destroyed over HTTP', async () => {
    const { askSession, run } = setUpItems();
    await run({ kind: 'keep', id: ID, content: json({ n: 1 }) });
    await run({ kind: 'destroy', id: ID });
    expect((await askSession(store('set', 'back'))).kind).toBe('not-stored');
    expect(text(await askSession(GET))).toBe('(miss)');
  });

  test('HTTP clients hear that it was destroyed, and cannot bring it back either', async () => {
    const { run } = await setUpDestroyed();
    expect(await run({ kind: 'keep', id: ID, content: json({}) })).toEqual({ kind: 'refused', code: 'DESTROYED' });
  });

  test('as long as the tombstone lasts', async () => {
    const { askSession, clock } = await setUpDestroyed();
    clock.advance(SESSION.tombstoneSeconds * 1000 - 1);
    expect((await askSession(store('set', 'back'))).kind).toBe('not-stored');
    clock.advance(1);
    expect((await askSession(store('set', 'new'))).kind).toBe('stored');
  });

  test('but who was told so stores what it made since: the visitor may log in again under the same id', async () => {
    const { askSession } = await setUpDestroyed();
    const grave = graveOf(await askSession(GET));
    expect((await askSession(store('set', 'new', { seen: grave }))).kind).toBe('stored');
    expect(text(await askSession(GET))).toBe('new');
    expect(await askSession(DELETE)).toEqual({ kind: 'deleted' });
    expect((await askSession(store('add', 'newer', { seen: graveOf(await askSession(GET)) }))).kind).toBe('stored');
  });

  test('and so it may where the store has lost the tombstone', async () => {
    const { askSession, store: memory } = await setUpDestroyed();
    await memory.evict(ID);
    const grave = graveOf(await askSession(GET));
    expect((await askSession(store('set', 'new', { seen: grave }))).kind).toBe('stored');
  });

  test.each(['set', 'replace', 'append', 'prepend'] as const)(
    'and a slower %s does not bring it back over what was begun anew since, for as long',
    async (mode) => {
      const { askSession, clock, run } = setUpItems();
      await askSession(store('set', 'old'));
      const { cas: seen } = hitOf(await askSession(GET));
      await askSession(DELETE);
      const grave = graveOf(await askSession(GET));
      await askSession(store('set', 'new', { seen: grave }));
      // As it goes on: each writer has seen what stands there.
      await askSession({ kind: 'touch', lifeSeconds: 300 });
      await askSession(store('set', 'newer', { seen: hitOf(await askSession(GET)).cas }));
      await askSession(store('cas', 'newest', { cas: hitOf(await askSession(GET)).cas }));
      clock.advance(SESSION.tombstoneSeconds * 1000 - 1);
      expect((await askSession(store(mode, 'old', { seen }))).kind).toBe('not-stored');
      expect((await askSession(store(mode, 'old'))).kind).toBe('not-stored');
      expect(text(await askSession(GET))).toBe('newest');
      const content = json({ old: true });
      expect(await run({ kind: 'keep', id: ID, content })).toEqual({ kind: 'refused', code: 'DESTROYED' });
      expect(await run({ kind: 'put', id: ID, content })).toEqual({ kind: 'miss', reason: 'destroyed' });
      clock.advance(1);
      expect((await askSession(store(mode, ''))).kind).toBe('stored');
    },
  );

  test('which an owner that restarts has not forgotten, nor one whose store made room meanwhile', async () => {
    const first = await setUpDestroyed();
    await first.askSession(store('set', 'new', { seen: graveOf(await first.askSession(GET)) }));
    const bytes = await first.store.peek(ID);
    first.clock.advance(1000);
    const next = setUpItems({ clock: first.clock });
    await next.store.plant(ID, bytes ?? Buffer.alloc(0));
    expect((await next.askSession(store('set', 'old'))).kind).toBe('not-stored');
    await next.store.evict(ID);
    expect((await next.askSession(store('set', 'old'))).kind).toBe('not-stored');
  });

  test('who put it over HTTP since, on the version that it has read, is not barred', async () => {
    const { askSession, run } = await setUpDestroyed();
    const content = json({ n: 1 });
    await askSession(store('set', 'new', { seen: graveOf(await askSession(GET)) }));
    const { cas } = hitOf(await askSession(GET));
    expect((await run({ kind: 'put', id: ID, content, ifVersion: cas })).kind).toBe('done');
    expect((await run({ kind: 'patch', id: ID, patch: Buffer.from('{"m":2}') })).kind).toBe('miss');
    expect((await askSession(store('set', 'old'))).kind).toBe('not-stored');
  });

  test.each(['set', 'add'] as const)('a slower %s that was told of an earlier destroy is refused', async (mode) => {
    const { askSession } = await setUpDestroyed();
    const grave = graveOf(await askSession(GET));
    await askSession(store('set', 'another', { seen: grave }));
    await askSession(DELETE);
    expect((await askSession(store(mode, 'back', { seen: grave }))).kind).toBe('not-stored');
    expect(text(await askSession(GET))).toBe('(miss)');
  });

  test('one that was destroyed again meanwhile, when it was not there, stays destroyed too', async () => {
    const { askSession, clock } = await setUpDestroyed();
    const grave = graveOf(await askSession(GET));
    clock.advance(SESSION.tombstoneSeconds * 1000 - 1);
    expect((await askSession(DELETE)).kind).toBe('not-found');
    clock.advance(1);
    expect((await askSession(store('set', 'back', { seen: grave }))).kind).toBe('not-stored');
  });

  test('a value that is too large is refused as such', async () => {
    const { run } = await setUpDestroyed();
    const operation = store('set', Buffer.alloc(SESSION.maxBytes + 1));
    const reply = await run({ kind: 'item', id: ID, isSession: true, operation });
    expect(reply).toEqual({ kind: 'refused', code: 'TOO_LARGE' });
  });
});

describe('S5 destroyed stays destroyed: of a session that was not there any more when it was deleted', () => {
  test('what a slower request read of it before is not stored, whatever it had gone of', async () => {
    const { askSession, clock } = setUpItems();
    await askSession(store('set', 'v', { lifeSeconds: 10 }));
    clock.advance(10_000);
    expect((await askSession(DELETE)).kind).toBe('not-found');
    expect((await askSession(store('set', 'v'))).kind).toBe('not-stored');
    clock.advance(SESSION.tombstoneSeconds * 1000);
    expect((await askSession(store('set', 'v'))).kind).toBe('stored');
  });

  test('it is told so only once the tombstone stands', async () => {
    const { run, store: memory } = setUpItems();
    memory.failNext('set', 'unavailable');
    const command = { kind: 'item', id: ID, isSession: true, operation: DELETE } as const;
    expect(await run(command)).toEqual({ kind: 'unavailable', code: 'STORE_UNAVAILABLE' });
  });

  test('a key of no session is free at once, and so is one that was to be deleted on a condition', async () => {
    const { ask, askSession, store: memory } = setUpItems();
    expect((await ask(DELETE)).kind).toBe('not-found');
    expect((await askSession({ ...DELETE, cas: 7 })).kind).toBe('not-found');
    expect(memory.asked).toEqual([`get ${ID}`, `get ${ID}`]);
    expect((await askSession(store('set', 'v'))).kind).toBe('stored');
  });
});

describe('a session that was reset for another reason than being destroyed', () => {
  test('can be begun anew under its id', async () => {
    const { askSession, engine } = setUpItems();
    await askSession(store('set', 'old'));
    await engine.settle({ kind: 'reset', id: ID });
    expect(text(await askSession(GET))).toBe('(miss)');
    expect((await askSession(store('append', 'new'))).kind).toBe('not-stored');
    expect((await askSession(store('add', 'new'))).kind).toBe('stored');
    expect(text(await askSession(GET))).toBe('new');
  });
});

describe('a session that was rotated', () => {
  async function setUpRotated(): Promise<ItemSetup> {
    const setup = setUpItems();
    await setup.askSession(store('set', 'cart', { flags: 7 }));
    expect((await setup.run({ kind: 'rotate', id: ID })).kind).toBe('done');
    return setup;
  }

  test('can be read in its grace, and not be written', async () => {
    const { askSession } = await setUpRotated();
    expect(hitOf(await askSession(GET))).toMatchObject({ value: Buffer.from('cart'), flags: 7 });
    expect(hitOf(await askSession({ kind: 'inspect' })).ttlSeconds).toBe(SESSION.rotateGraceSeconds);
    expect((await askSession({ kind: 'probe' })).kind).toBe('exists');
    expect((await askSession(store('set', 'x'))).kind).toBe('not-stored');
    expect((await askSession({ kind: 'touch', lifeSeconds: 500 })).kind).toBe('not-found');
    expect((await askSession(incr(1n))).kind).toBe('not-found');
  });

  test('cannot be given a longer life by a read, nor be won', async () => {
    const { askSession } = await setUpRotated();
    const hit = hitOf(await askSession({ ...MG, touchSeconds: 500, recacheBelowSeconds: 500 }));
    expect([hit.ttlSeconds, hit.recache]).toEqual([SESSION.rotateGraceSeconds, undefined]);
  });

  test('cannot be brought back after its grace by who has read it then', async () => {
    const { askSession, clock } = await setUpRotated();
    const { cas: seen } = hitOf(await askSession(GET));
    expect((await askSession(store('set', 'x', { seen }))).kind).toBe('not-stored');
    clock.advance(SESSION.rotateGraceSeconds * 1000);
    expect((await askSession(store('set', 'x', { seen }))).kind).toBe('not-stored');
  });

  test('is gone after its grace', async () => {
    const { askSession, clock } = await setUpRotated();
    clock.advance(SESSION.rotateGraceSeconds * 1000);
    expect(text(await askSession(GET))).toBe('(miss)');
    expect((await askSession(store('set', 'x'))).kind).toBe('not-stored');
  });

  test('can be deleted in its grace, by whatever key', async () => {
    const { ask, askSession } = await setUpRotated();
    expect((await ask(DELETE)).kind).toBe('deleted');
    expect(text(await askSession(GET))).toBe('(miss)');
    expect((await askSession(store('set', 'x'))).kind).toBe('not-stored');
  });
});

describe('what memcached clients and HTTP clients share', () => {
  test('what a memcached client stores has no type', async () => {
    const { ask, run } = setUpItems();
    await ask(store('set', '{"n":1}'));
    expect(await run({ kind: 'get', id: ID })).toMatchObject({ content: { contentType: UNTYPED } });
  });

  test.each<[string, ItemOperation]>([
    ['set', store('set', '{"n":2}')],
    ['replace', store('replace', ' [1, 2] ')],
    ['append of a space', store('append', ' ')],
  ])('a JSON document stays one under a %s that leaves JSON', async (_, operation) => {
    const { ask, run } = setUpItems();
    const contentType = 'application/json; charset=utf-8';
    await run({ kind: 'keep', id: ID, content: { ...json({ n: 1 }), contentType } });
    await ask(operation);
    expect(await run({ kind: 'get', id: ID })).toMatchObject({ content: { contentType } });
  });

  test('a number in JSON stays JSON when it is counted up', async () => {
    const { ask, run } = setUpItems();
    await run({ kind: 'keep', id: ID, content: json(9) });
    await ask(incr(1n));
    expect(await run({ kind: 'get', id: ID })).toMatchObject({ content: json(10) });
  });

  test.each<[string, ItemOperation]>([
    ['set', store('set', 'a|s:1:"b";')],
    ['append', store('append', '}')],
    ['set of bytes that are not UTF-8', store('set', Buffer.from([0x22, 0xff, 0x22]))],
    ['set with a byte order mark', store('set', '\ufeff{"a":2}')],
    ['set that is too deep', store('set', '['.repeat(129) + ']'.repeat(129))],
    ['set with __proto__', store('set', '{"__proto__":{"isAdmin":true}}')],
    ['set with a number that is infinite', store('set', '{"n":1e400}')],
  ])('a JSON document is one no longer after a %s that leaves none', async (_, operation) => {
    const { ask, run } = setUpItems();
    await run({ kind: 'keep', id: ID, content: json({ n: 1 }) });
    await ask(operation);
    expect(await run({ kind: 'get', id: ID })).toMatchObject({ content: { contentType: UNTYPED } });
  });

  test('another type than JSON is not kept', async () => {
    const { ask, run } = setUpItems();
    await run({ kind: 'keep', id: ID, content: { contentType: 'text/plain', flags: 0, payload: Buffer.from('a') } });
    await ask(store('set', '{}'));
    expect(await run({ kind: 'get', id: ID })).toMatchObject({ content: { contentType: UNTYPED } });
  });

  test('a touch over HTTP gives the life that the memcached client gave last', async () => {
    const { ask, clock, run } = setUpItems();
    await ask(store('set', 'v', { lifeSeconds: 100 }));
    clock.advance(50_000);
    expect(await run({ kind: 'touch', id: ID })).toMatchObject({ ttlSeconds: 100 });
  });

  test('a merge patch over HTTP makes a stale session a fresh one', async () => {
    const { ask, peek, run } = setUpItems();
    await run({ kind: 'keep', id: ID, content: json({ n: 1 }) });
    await ask({ kind: 'mark-stale' });
    await run({ kind: 'patch', id: ID, patch: Buffer.from('{"n":2}') });
    expect(await peek()).toMatchObject({ isStale: false });
  });
});
