import { describe, expect, test } from 'vitest';
import type { OwnerCommand } from '../../../src/engine/engine.ts';
import { VersionFloors } from '../../../src/engine/version-floors.ts';
import { letterOf } from '../session/letters.ts';
import { decodeRecord, encodeRecord, type LiveRecord } from '../../../src/session/record.ts';
import { IDS } from '../../support/minted-ids.ts';
import { doneOf, ID, json, SESSION, setUpEngine, summary, type EngineSetup } from './engine-setup.ts';

/** Of an application that draws its ids itself. */
const OWN_ID = ID;

function itemSet(value: string, seen?: number): OwnerCommand {
  const bytes = Buffer.from(value);
  const plain = { kind: 'store', mode: 'set', flags: 0, lifeSeconds: 0, isInvalidating: false, value: bytes } as const;
  return { kind: 'item', id: OWN_ID, isSession: true, operation: seen === undefined ? plain : { ...plain, seen } };
}

function itemAdd(value: string): OwnerCommand {
  const operation = { kind: 'store', mode: 'add', flags: 0, lifeSeconds: 0, isInvalidating: false } as const;
  return { kind: 'item', id: OWN_ID, isSession: true, operation: { ...operation, value: Buffer.from(value) } };
}

const ITEM_DELETE: OwnerCommand = { kind: 'item', id: OWN_ID, isSession: true, operation: { kind: 'delete' } };

/** An owner with one session of each kind. */
async function setUp(changes: Parameters<typeof setUpEngine>[0] = {}): Promise<EngineSetup & { minted: string }> {
  const setup = setUpEngine({ hotMegabytes: 1, ...changes });
  const { id: minted } = doneOf(await setup.engine.mint(json({ n: 1 })));
  await setup.run({ kind: 'keep', id: OWN_ID, content: json({ n: 1 }) });
  return { ...setup, minted };
}

/** A later daemon over the same store, which keeps to the version that the former one wrote down. */
function successorOf({ clock, store }: EngineSetup, floor: number): EngineSetup {
  clock.advance(1000);
  return setUpEngine({ clock, store, unminted: floor });
}

async function storedUnder({ store }: EngineSetup, id: string): Promise<unknown> {
  const bytes = await store.peek(id);
  return bytes === undefined ? undefined : decodeRecord(bytes, id);
}

describe('to reset the sessions whose ids no node minted', () => {
  test.each([0, 1])(
    'S1 never old: resets all of those, and none that was minted, with %i MiB at hand',
    async (hotMegabytes) => {
      const { engine, run, minted } = await setUp({ hotMegabytes });
      await engine.resetUnminted();
      expect(summary(await run({ kind: 'get', id: OWN_ID }))).toBe('miss owner-dead');
      expect(summary(await run({ kind: 'get', id: minted }))).toBe('done {"n":1}');
    },
  );

  test.each<[string, OwnerCommand, string]>([
    ['put', { kind: 'put', id: OWN_ID, content: json({ n: 2 }) }, 'miss owner-dead'],
    ['touch', { kind: 'touch', id: OWN_ID }, 'miss owner-dead'],
    ['patch', { kind: 'patch', id: OWN_ID, patch: Buffer.from('{"m":2}') }, 'miss owner-dead'],
    ['rotate', { kind: 'rotate', id: OWN_ID }, 'miss owner-dead'],
    ['open', { kind: 'open', id: OWN_ID }, 'miss owner-dead'],
    ['destroy', { kind: 'destroy', id: OWN_ID }, 'miss owner-dead'],
    [
      'memcached touch',
      { kind: 'item', id: OWN_ID, isSession: true, operation: { kind: 'touch', lifeSeconds: 60 } },
      'answered not-found',
    ],
    ['memcached add', itemAdd('new'), 'answered stored'],
  ])('S1 never old: %s finds nothing there', async (_, command, expected) => {
    const { engine, run } = await setUp();
    await engine.resetUnminted();
    expect(summary(await run(command))).toBe(expected);
  });

  test('what is begun anew under such an id stays', async () => {
    const { engine, run, clock, store, ...rest } = await setUp();
    const floor = await engine.resetUnminted();
    await run({ kind: 'keep', id: OWN_ID, content: json({ n: 2 }) });
    expect(summary(await run({ kind: 'get', id: OWN_ID }))).toBe('done {"n":2}');
    const next = successorOf({ engine, run, clock, store, ...rest }, floor);
    expect(summary(await next.run({ kind: 'get', id: OWN_ID }))).toBe('done {"n":2}');
  });

  test('S1 never old: a later daemon that finds the same records keeps to it', async () => {
    const setup = await setUp();
    const floor = await setup.engine.resetUnminted();
    const next = successorOf(setup, floor);
    expect(summary(await next.run({ kind: 'get', id: OWN_ID }))).toBe('miss owner-dead');
    expect(summary(await next.run({ kind: 'get', id: setup.minted }))).toBe('done {"n":1}');
  });

  test.each<OwnerCommand>([
    { kind: 'touch', id: OWN_ID },
    { kind: 'patch', id: OWN_ID, patch: Buffer.from('{"m":2}') },
  ])('S1 never old: a $kind that has read one before does not write it back afterwards', async (command) => {
    const { engine, run, store } = await setUp({ hotMegabytes: 0 });
    store.hold();
    const begun = run(command);
    const reset = engine.resetUnminted();
    const next = run(command);
    store.resume();
    await Promise.all([begun, reset]);
    expect(summary(await next)).toBe('miss owner-dead');
    expect(summary(await run({ kind: 'get', id: OWN_ID }))).toBe('miss owner-dead');
  });

  test('S1 never old: a rotate that has read one before leaves no copy of it to be read', async () => {
    const { engine, run, store } = await setUp();
    store.hold();
    const begun = run({ kind: 'rotate', id: OWN_ID, graceSeconds: SESSION.rotateGraceSeconds });
    const reset = engine.resetUnminted();
    store.resume();
    await Promise.all([begun, reset]);
    expect(summary(await run({ kind: 'get', id: OWN_ID }))).toBe('miss destroyed');
  });

  test('takes the data out of the store before it is told that they are gone', async () => {
    const setup = await setUp();
    await setup.engine.resetUnminted();
    await setup.run({ kind: 'get', id: OWN_ID });
    expect(await storedUnder(setup, OWN_ID)).toMatchObject({ kind: 'tombstone', reason: 'owner-dead' });
  });

  test('where the store takes nothing, it is gone all the same, and the next reader tries again', async () => {
    const setup = await setUp();
    await setup.engine.resetUnminted();
    setup.store.failNext('set', 'unavailable');
    expect(summary(await setup.run({ kind: 'get', id: OWN_ID }))).toBe('miss owner-dead');
    expect(await storedUnder(setup, OWN_ID)).toMatchObject({ kind: 'live' });
    expect(summary(await setup.run({ kind: 'get', id: OWN_ID }))).toBe('miss owner-dead');
    expect(await storedUnder(setup, OWN_ID)).toMatchObject({ kind: 'tombstone' });
  });
});

describe('S5 destroyed stays destroyed, also where all such sessions are reset', () => {
  test('a tombstone holds', async () => {
    const setup = await setUp();
    await setup.run({ kind: 'destroy', id: OWN_ID });
    const floor = await setup.engine.resetUnminted();
    expect(summary(await setup.run({ kind: 'keep', id: OWN_ID, content: json({ n: 2 }) }))).toBe('refused DESTROYED');
    const next = successorOf(setup, floor);
    expect(summary(await next.run({ kind: 'keep', id: OWN_ID, content: json({ n: 2 }) }))).toBe('refused DESTROYED');
  });

  test('the grave of a session that was begun anew holds: neither who read the former one nor the later one may write', async () => {
    const setup = await setUp();
    const former = doneOf(await setup.run({ kind: 'get', id: OWN_ID })).version;
    await setup.run(ITEM_DELETE);
    const { version: grave } = (await storedUnder(setup, OWN_ID)) as LiveRecord;
    await setup.run(itemSet('anew', grave));
    const { version: anew } = (await storedUnder(setup, OWN_ID)) as LiveRecord;
    const floor = await setup.engine.resetUnminted();
    for (const daemon of [setup, successorOf(setup, floor)]) {
      expect(summary(await daemon.run({ kind: 'get', id: OWN_ID }))).toBe('miss destroyed');
      for (const seen of [undefined, former, grave, anew]) {
        expect(summary(await daemon.run(itemSet('old', seen)))).toBe('answered not-stored');
      }
    }
    // Who has heard that it is gone begins anew.
    const { version: end } = (await storedUnder(setup, OWN_ID)) as LiveRecord;
    expect(summary(await setup.run(itemSet('later', end)))).toBe('answered stored');
  });

  test('a rotated session in its grace is read no more, and its new id, which was minted, goes on', async () => {
    const setup = await setUp();
    const { id } = doneOf(await setup.run({ kind: 'rotate', id: OWN_ID, graceSeconds: SESSION.rotateGraceSeconds }));
    expect(summary(await setup.run({ kind: 'get', id: OWN_ID }))).toBe('done {"n":1}');
    const floor = await setup.engine.resetUnminted();
    for (const daemon of [setup, successorOf(setup, floor)]) {
      expect(summary(await daemon.run({ kind: 'get', id: OWN_ID }))).toBe('miss destroyed');
      expect(summary(await daemon.run({ kind: 'keep', id: OWN_ID, content: json({}) }))).toBe('refused DESTROYED');
      expect(summary(await daemon.run({ kind: 'get', id }))).toBe('done {"n":1}');
    }
  });
});

test('a record that came from a stand-in whose versions are ahead is reset as well', async () => {
  const setup = await setUp();
  const ahead: LiveRecord = {
    ...{ kind: 'live', id: OWN_ID, version: (setup.clock.now() + 86_400_000) * 1000, ttlSeconds: 60 },
    ...{ expiresAt: setup.clock.now() + 60_000, content: json({ n: 3 }) },
  };
  await setup.engine.settle({ kind: 'kept', id: OWN_ID, record: encodeRecord(ahead), lifeMs: 60_000 });
  expect(summary(await setup.run({ kind: 'get', id: OWN_ID }))).toBe('done {"n":3}');
  await setup.engine.resetUnminted();
  expect(summary(await setup.run({ kind: 'get', id: OWN_ID }))).toBe('miss owner-dead');
});

test('a floor never goes back', () => {
  const floors = new VersionFloors({ letter: letterOf('a'), ids: IDS, unminted: 10, moved: 0 });
  floors.raiseUnminted(5);
  expect(floors.over({ id: OWN_ID, version: 9 })).toMatchObject({ version: 10 });
});

describe('once ids may have had another owner', () => {
  const MOVED_ID = 'cart:17';

  /** A daemon over the store of a former one, by whose map other nodes had other ids. */
  function moved({ clock, store }: EngineSetup): EngineSetup {
    clock.advance(1000);
    return setUpEngine({ clock, store, moved: clock.now() * 1000 });
  }

  test.each<[string, OwnerCommand]>([
    ['get', { kind: 'get', id: MOVED_ID }],
    ['patch', { kind: 'patch', id: MOVED_ID, patch: Buffer.from('{"m":2}') }],
    ['open', { kind: 'open', id: MOVED_ID }],
  ])('S1 never old: %s finds nothing of before under an id that does not begin with our letter', async (_, command) => {
    const setup = await setUp();
    await setup.run({ kind: 'keep', id: MOVED_ID, content: json({ n: 1 }) });
    expect(summary(await moved(setup).run(command))).toBe('miss unknown');
  });

  test('what begins with our letter stays, minted or not, and what is begun anew stays too', async () => {
    const setup = await setUp();
    await setup.run({ kind: 'keep', id: MOVED_ID, content: json({ n: 1 }) });
    const next = moved(setup);
    expect(summary(await next.run({ kind: 'get', id: OWN_ID }))).toBe('done {"n":1}');
    expect(summary(await next.run({ kind: 'get', id: setup.minted }))).toBe('done {"n":1}');
    await next.run({ kind: 'keep', id: MOVED_ID, content: json({ n: 2 }) });
    expect(summary(await next.run({ kind: 'get', id: MOVED_ID }))).toBe('done {"n":2}');
  });
});
