import { describe, expect, test } from 'vitest';
import { StoreInDoubtError, StoreUnavailableError } from '../../../src/errors.ts';
import type { OwnerCommand } from '../../../src/engine/engine.ts';
import type { EstateEntry } from '../../../src/session/estate-entry.ts';
import { newTombstone } from '../../../src/engine/tombstone.ts';
import { decodeRecord, encodeRecord, type LiveRecord, type SessionRecord } from '../../../src/session/record.ts';
import { MAX_VERSION } from '../../../src/session/version.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { doneOf, ID, json, SESSION, setUpEngine, summary, type EngineSetup } from './engine-setup.ts';

const SUCCESSOR = 'c0123456789abcdefghijklmnop';

const ITEM_GET: OwnerCommand = {
  ...{ kind: 'item', id: ID, isSession: true },
  operation: { kind: 'read', canWin: false, isPeek: false },
};

function itemSet(value: string, seen?: number): OwnerCommand {
  const bytes = Buffer.from(value);
  const plain = { kind: 'store', mode: 'set', flags: 0, lifeSeconds: 0, isInvalidating: false, value: bytes } as const;
  return { kind: 'item', id: ID, isSession: true, operation: seen === undefined ? plain : { ...plain, seen } };
}

async function setUpSession(): Promise<EngineSetup> {
  const setup = setUpEngine();
  await setup.run({ kind: 'keep', id: ID, content: json({ n: 1 }) });
  return setup;
}

/** What a shelf on another node hands back for an orphan that it kept. */
async function keptElsewhere(value: unknown, clock: FakeClock): Promise<EstateEntry> {
  const shelf = setUpEngine({ clock, incarnation: clock.now() - 1_000_000 });
  await shelf.run({ kind: 'keep', id: ID, content: json(value), ttlSeconds: 100 });
  return shelf.engine.handBack(ID);
}

describe('dropping all sessions of a former life', () => {
  test.each<OwnerCommand>([
    { kind: 'touch', id: ID },
    { kind: 'patch', id: ID, patch: Buffer.from('{"m":2}') },
    { kind: 'item', id: ID, isSession: true, operation: { kind: 'touch', lifeSeconds: 60 } },
  ])('S1 never old: a $kind that has read one before does not write it back afterwards', async (command) => {
    const { engine, run, store } = await setUpSession();
    store.hold();
    const begun = run(command);
    const wiped = engine.wipe();
    const next = run(command);
    store.resume();
    await Promise.all([begun, wiped]);
    expect(['miss owner-dead', 'answered not-found']).toContain(summary(await next));
    await expect(store.peek(ID)).resolves.toBeUndefined();
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss owner-dead');
  });

  test('that does not work out is told, and leaves the commands their turns', async () => {
    const { engine, run, store } = await setUpSession();
    store.failNext('clear', 'in-doubt');
    await expect(engine.wipe()).rejects.toBeInstanceOf(StoreInDoubtError);
    expect((await run({ kind: 'get', id: ID })).kind).toBe('done');
  });

  test('explains what is gone, as long as any of it would have lived', async () => {
    const { clock, engine, run } = await setUpSession();
    await engine.wipe();
    const other = `${ID.slice(0, -1)}0`;
    expect(summary(await run({ kind: 'get', id: other }))).toBe('miss owner-dead');
    clock.advance(SESSION.ttlSeconds * 1000);
    expect(summary(await run({ kind: 'get', id: other }))).toBe('miss unknown');
  });
});

describe('settling what a stand-in did', () => {
  test('a reset orphan is gone for good, because its owner was dead', async () => {
    const { engine, run } = await setUpSession();
    await engine.settle({ kind: 'reset', id: ID });
    for (const kind of ['get', 'open', 'put', 'patch', 'touch', 'rotate', 'destroy'] as const) {
      const reply = await run({ kind, id: ID, content: json({}), patch: Buffer.from('{}') });
      expect(summary(reply)).toBe('miss owner-dead');
    }
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss destroyed');
  });

  test('a reset orphan that the store has evicted since is gone for the same reason', async () => {
    const { engine, run, store } = await setUpSession();
    await engine.settle({ kind: 'reset', id: ID });
    await store.evict(ID);
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss owner-dead');
    expect((await run({ kind: 'keep', id: ID, content: json({ n: 2 }) })).kind).toBe('done');
  });

  test('a client that keeps its id may begin anew under a reset one', async () => {
    const { engine, run } = await setUpSession();
    await engine.settle({ kind: 'reset', id: ID });
    expect((await run({ kind: 'keep', id: ID, content: json({ n: 2 }) })).kind).toBe('done');
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":2}');
  });

  test('a succeeded orphan leads whoever opens it to its successor, while the alias lasts', async () => {
    const { engine, run, clock } = await setUpSession();
    await engine.settle({ kind: 'succeeded', id: ID, successor: SUCCESSOR, aliasMs: 5000 });
    clock.advance(4999);
    expect(summary(await run({ kind: 'open', id: ID }))).toBe(`moved ${SUCCESSOR}`);
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss owner-dead');
    clock.advance(1);
    expect(summary(await run({ kind: 'open', id: ID }))).toBe('miss owner-dead');
  });

  test('S5 destroyed stays destroyed: what was begun anew on the shelf is not written over by who read it before', async () => {
    const { engine, run, clock } = await setUpSession();
    const shelf = setUpEngine({ clock, incarnation: clock.now() - 1_000_000 });
    await shelf.run({ kind: 'destroy', id: ID });
    const told = await shelf.run(ITEM_GET);
    const seen = told.kind === 'answered' && told.answer.kind === 'miss' ? told.answer.grave : undefined;
    expect(summary(await shelf.run(itemSet('new', seen)))).toBe('answered stored');
    await engine.settle(await shelf.engine.handBack(ID));
    clock.advance(SESSION.tombstoneSeconds * 1000 - 1);
    expect(summary(await run(itemSet('old')))).toBe('answered not-stored');
    clock.advance(1);
    expect(summary(await run(itemSet('newer')))).toBe('answered stored');
  });

  test('an orphan that was kept elsewhere replaces ours, for what is left of its life', async () => {
    const { engine, run, clock } = await setUpSession();
    const entry = await keptElsewhere({ n: 7 }, clock);
    clock.advance(10_000);
    await engine.settle(entry);
    expect(await run({ kind: 'get', id: ID })).toMatchObject({ ttlSeconds: 100, content: json({ n: 7 }) });
    clock.advance(100_000);
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss expired');
  });

  test('S1 never old: a write of ours that comes late does not cover what was kept elsewhere', async () => {
    const { engine, run, clock, store } = await setUpSession();
    store.failNext('set', 'in-doubt-late');
    await run({ kind: 'put', id: ID, content: json({ n: 2 }) });
    await engine.settle(await keptElsewhere({ n: 7 }, clock));
    await store.applyLate();
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss store-lost');
  });

  test('a version that was given before fits no more, though it came from another node', async () => {
    const { engine, run, clock } = await setUpSession();
    const before = doneOf(await run({ kind: 'get', id: ID })).version;
    await engine.settle(await keptElsewhere({ n: 7 }, clock));
    const found = doneOf(await run({ kind: 'get', id: ID }));
    expect(found.version).toBeGreaterThan(before);
    expect(summary(await run({ kind: 'put', id: ID, content: json({}), ifVersion: before }))).toBe(
      'refused VERSION_CONFLICT',
    );
  });

  test('what was destroyed elsewhere stays destroyed here', async () => {
    const { engine, run, clock } = await setUpSession();
    await engine.settle({ kind: 'buried', id: ID, reason: 'destroyed' });
    clock.advance(SESSION.tombstoneSeconds * 1000 - 1);
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss destroyed');
    expect(summary(await run({ kind: 'keep', id: ID, content: json({}) }))).toBe('refused DESTROYED');
  });

  test.each<EstateEntry>([
    { kind: 'reset', id: ID },
    { kind: 'succeeded', id: ID, successor: SUCCESSOR, aliasMs: 5000 },
  ])(
    'S5 destroyed stays destroyed: what was destroyed here before is not opened to writers by a $kind',
    async (entry) => {
      for (const isEvicted of [false, true]) {
        const { engine, run, store } = await setUpSession();
        await run({ kind: 'destroy', id: ID });
        if (isEvicted) await store.evict(ID);
        await engine.settle(entry);
        expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss destroyed');
        expect(summary(await run({ kind: 'keep', id: ID, content: json({}) }))).toBe('refused DESTROYED');
      }
    },
  );

  test('an id that we never had is settled all the same', async () => {
    const { engine, run } = setUpEngine();
    await engine.settle({ kind: 'reset', id: ID });
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss owner-dead');
  });

  test('waits its turn behind what had begun', async () => {
    const { engine, run, store } = await setUpSession();
    store.hold();
    const put = run({ kind: 'put', id: ID, content: json({ n: 2 }) });
    const settled = engine.settle({ kind: 'reset', id: ID });
    store.resume();
    expect((await put).kind).toBe('done');
    await settled;
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss owner-dead');
  });

  test('rejects as the store does, so that the handing back begins anew', async () => {
    const { engine, store } = await setUpSession();
    store.failNext('set', 'in-doubt');
    await expect(engine.settle({ kind: 'reset', id: ID })).rejects.toBeInstanceOf(StoreInDoubtError);
    store.failNext('get', 'unavailable');
    await expect(engine.settle({ kind: 'reset', id: ID })).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(engine.settle({ kind: 'reset', id: ID })).resolves.toBeUndefined();
  });

  test('S0 yours only: a kept record of another id resets that id, and ours stays', async () => {
    const { engine, run, clock } = await setUpSession();
    const entry = await keptElsewhere({ n: 7 }, clock);
    await engine.settle({ ...entry, id: 'a-other' });
    expect(summary(await run({ kind: 'get', id: 'a-other' }))).toBe('miss owner-dead');
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":1}');
  });

  describe('S7: what a peer hands over is checked like what comes in at a door', () => {
    const BASE: LiveRecord = {
      ...{ kind: 'live', id: ID, version: 5, expiresAt: 0, ttlSeconds: 60, content: json({ n: 7 }) },
    };

    async function settling(record: SessionRecord | Buffer, lifeMs = 60_000): Promise<EngineSetup> {
      const setup = setUpEngine();
      const bytes = Buffer.isBuffer(record) ? record : encodeRecord(record);
      await setup.engine.settle({ kind: 'kept', id: ID, record: bytes, lifeMs });
      return setup;
    }

    test.each([
      '\ufeff{"a":2}',
      '['.repeat(200) + ']'.repeat(200),
      '{"__proto__":{}}',
      '1,"id":"forged"',
      '{"n":1e400}',
    ])('what claims to be JSON and is none is kept as bytes: %.20s', async (text) => {
      const payload = Buffer.from(text);
      const { run } = await settling({ ...BASE, content: { ...BASE.content, payload } });
      const content = { contentType: 'application/octet-stream', flags: 0, payload };
      expect(await run({ kind: 'get', id: ID })).toMatchObject({ kind: 'done', content });
    });

    test('its life is no longer than any life here', async () => {
      const { run } = await settling({ ...BASE, ttlSeconds: 2 ** 32 - 1 }, 2 ** 53 - 1);
      const { maxTtlSeconds } = SESSION;
      expect(await run({ kind: 'get', id: ID })).toMatchObject({ ttlSeconds: maxTtlSeconds });
      expect(await run({ kind: 'touch', id: ID })).toMatchObject({ ttlSeconds: maxTtlSeconds });
    });

    test.each<[string, SessionRecord | Buffer]>([
      ['bytes that are no record', Buffer.from('no record')],
      ['a record with a version that spoils all later ones', { ...BASE, version: MAX_VERSION + 1 }],
      ['more bytes than a session has', { ...BASE, content: json('x'.repeat(SESSION.maxBytes)) }],
      [
        'a tombstone that could be read until the end of days',
        { ...newTombstone(ID, 5, 2 ** 52, 'destroyed'), readableUntil: 2 ** 52, content: json(1) },
      ],
    ])('%s resets the session, and nothing else', async (_, record) => {
      const { run } = await settling(record);
      expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss owner-dead');
      expect(doneOf(await run({ kind: 'keep', id: ID, content: json(2) })).version).toBeLessThan(MAX_VERSION);
    });

    test('a successor is followed no longer than any here', async () => {
      const { engine, run, clock } = setUpEngine();
      const successor = `b${ID.slice(1)}`;
      await engine.settle({ kind: 'succeeded', id: ID, successor, aliasMs: 2 ** 53 - 1 });
      expect(summary(await run({ kind: 'open', id: ID }))).toBe(`moved ${successor}`);
      clock.advance(SESSION.tombstoneSeconds * 1000);
      expect(summary(await run({ kind: 'open', id: ID }))).toBe('miss owner-dead');
    });
  });
});

describe('handing back from a shelf', () => {
  test('a living session goes back whole, with what is left of its life', async () => {
    const { engine, clock } = await setUpSession();
    clock.advance(100_000);
    const entry = await engine.handBack(ID);
    expect(entry).toMatchObject({ kind: 'kept', id: ID, lifeMs: 500_000 });
    const record = decodeRecord(entry.kind === 'kept' ? entry.record : Buffer.alloc(0), ID);
    expect(record).toMatchObject({ kind: 'live', content: json({ n: 1 }) });
  });

  test('a destroyed one goes back as buried, and one that is gone as reset', async () => {
    const { engine, run, store } = await setUpSession();
    await run({ kind: 'destroy', id: ID });
    await expect(engine.handBack(ID)).resolves.toEqual({ kind: 'buried', id: ID, reason: 'destroyed' });
    await run({ kind: 'keep', id: 'other', content: json({}) });
    await store.evict('other');
    await expect(engine.handBack('other')).resolves.toEqual({ kind: 'reset', id: 'other' });
  });

  test('S5 destroyed stays destroyed: also where the shelf has dropped the tombstone', async () => {
    const { engine, run, store } = await setUpSession();
    await run({ kind: 'destroy', id: ID });
    await store.evict(ID);
    await expect(engine.handBack(ID)).resolves.toEqual({ kind: 'buried', id: ID, reason: 'destroyed' });
  });

  test('waits its turn, and rejects as the store does', async () => {
    const { engine, run, store } = await setUpSession();
    store.hold();
    const put = run({ kind: 'put', id: ID, content: json({ n: 2 }) });
    const handedBack = engine.handBack(ID);
    store.resume();
    await put;
    const entry = await handedBack;
    const record = decodeRecord(entry.kind === 'kept' ? entry.record : Buffer.alloc(0), ID);
    expect(record.content).toEqual(json({ n: 2 }));
    expect(entry.kind === 'kept' && entry.record.equals(encodeRecord(record))).toBe(true);
    store.failNext('get', 'unavailable');
    await expect(engine.handBack(ID)).rejects.toBeInstanceOf(StoreUnavailableError);
  });
});
