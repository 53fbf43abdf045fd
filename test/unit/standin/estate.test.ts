import { describe, expect, test } from 'vitest';
import type { Content, SessionCommand } from '../../../src/session/command.ts';
import type { EstateEntry } from '../../../src/session/estate-entry.ts';
import type { Reply } from '../../../src/session/reply.ts';
import { Estate } from '../../../src/standin/estate.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import type { FakeStore } from '../../support/fake-store.ts';
import type { OwnerCommand } from '../../../src/engine/engine.ts';
import { doneOf, json, SESSION, setUpEngine, summary } from '../engine/engine-setup.ts';
import { ledgerOf } from '../../support/minted-ids.ts';

const ORPHAN = 'b0123456789abcdefghijklmnop';
const FIRST = 'cfirst6789abcdefghijklmnopq';
const SECOND = 'csecond789abcdefghijklmnopq';
const ALIAS_MS = 60_000;

interface EstateSetup {
  readonly estate: Estate;
  readonly clock: FakeClock;
  /** Where the shelf keeps its records. */
  readonly store: FakeStore;
  /** What was noted, as `b0123… kept`, in order. */
  readonly noted: string[];
  readonly run: (command: SessionCommand) => Promise<Reply>;
}

/** What is done in the name of the dead owner b. */
function setUp({
  clock = new FakeClock(),
  limit = 100,
  allowsFlush = true,
}: { clock?: FakeClock; limit?: number; allowsFlush?: boolean } = {}): EstateSetup {
  const noted: string[] = [];
  const { engine, store } = setUpEngine({ clock, letter: 'b', incarnation: clock.now() - 5000, allowsFlush });
  const estate = new Estate({
    shelf: engine,
    ledger: ledgerOf(limit),
    aliasMs: ALIAS_MS,
    clock,
    onNoted: (id, outcome) => void noted.push(`${id} ${outcome}`),
  });
  return { estate, clock, store, noted, run: (command) => estate.execute(command, clock.monotonic() + 250) };
}

async function allOf(estate: Estate): Promise<readonly EstateEntry[]> {
  return (await estate.page(0, 1000)).entries;
}

function keep(content: Content = json({ n: 1 }), id = ORPHAN): SessionCommand {
  return { kind: 'keep', id, content };
}

const PATCH = Buffer.from('{"m":2}');

describe('an orphan', () => {
  test.each(['get', 'put', 'patch', 'touch', 'rotate'] as const)(
    '%s answers that its owner is dead, and that it was reset is on record',
    async (kind) => {
      const { run, noted, estate, store } = setUp();
      const reply = await run({ kind, id: ORPHAN, content: json({}), patch: PATCH });
      expect(summary(reply)).toBe('miss owner-dead');
      expect(noted).toEqual([`${ORPHAN} reset`]);
      await expect(allOf(estate)).resolves.toEqual([{ kind: 'reset', id: ORPHAN }]);
      expect(store.asked).toEqual([]);
    },
  );

  test('S5 destroyed stays destroyed: destroyed here it is gone for its owner as well, who may have had it', async () => {
    const { run, noted, estate } = setUp();
    expect(summary(await run({ kind: 'destroy', id: ORPHAN }))).toBe('miss owner-dead');
    expect(noted).toEqual([`${ORPHAN} kept`]);
    expect(summary(await run(keep()))).toBe('refused DESTROYED');
    await expect(allOf(estate)).resolves.toEqual([{ kind: 'buried', id: ORPHAN, reason: 'destroyed' }]);
  });

  test('that could not be destroyed leaves no note', async () => {
    const { run, noted, store } = setUp();
    store.failNext('set', 'unavailable');
    expect(summary(await run({ kind: 'destroy', id: ORPHAN }))).toBe('unavailable STORE_UNAVAILABLE');
    expect(noted).toEqual([]);
  });

  test('is not told of by an unlock that fits no lock, which leaves no note', async () => {
    const { run, noted } = setUp();
    expect(summary(await run({ kind: 'unlock', id: ORPHAN, token: 't' }))).toBe('refused LOCK_LOST');
    expect(noted).toEqual([]);
  });

  test('open answers that its owner is dead, with a lock or without, and leaves no note: the opener comes back', async () => {
    const { run, noted, estate } = setUp();
    expect(summary(await run({ kind: 'open', id: ORPHAN }))).toBe('miss owner-dead');
    expect(summary(await run({ kind: 'open', id: ORPHAN, lock: { waitMs: 10 } }))).toBe('miss owner-dead');
    expect(noted).toEqual([]);
    expect(estate.size).toBe(0);
  });

  test('is told of once, however often it is asked for', async () => {
    const { run, noted } = setUp();
    for (let call = 0; call < 3; call += 1) await run({ kind: 'get', id: ORPHAN });
    expect(noted).toEqual([`${ORPHAN} reset`]);
  });

  test('that was reset can still be succeeded, and then be kept', async () => {
    const { run, noted } = setUp();
    await run({ kind: 'get', id: ORPHAN });
    expect(summary(await run({ kind: 'succeed', id: ORPHAN, successor: FIRST }))).toBe(`moved ${FIRST}`);
    await run(keep());
    expect(noted).toEqual([`${ORPHAN} reset`, `${ORPHAN} succeeded`, `${ORPHAN} kept`]);
  });
});

describe('S2 one home: a succeeded orphan', () => {
  test('has the successor that came first, whoever comes later', async () => {
    const { run, estate } = setUp();
    const replies = await Promise.all([
      run({ kind: 'succeed', id: ORPHAN, successor: FIRST }),
      run({ kind: 'succeed', id: ORPHAN, successor: SECOND }),
      run({ kind: 'open', id: ORPHAN }),
    ]);
    expect(replies.map(summary)).toEqual(Array(3).fill(`moved ${FIRST}`));
    await expect(allOf(estate)).resolves.toEqual([
      { kind: 'succeeded', id: ORPHAN, successor: FIRST, aliasMs: ALIAS_MS },
    ]);
  });

  test('is told to openers only: for everything else it is gone, and stays noted as succeeded', async () => {
    const { run, noted } = setUp();
    await run({ kind: 'succeed', id: ORPHAN, successor: FIRST });
    for (const kind of ['get', 'put', 'patch', 'touch', 'rotate'] as const) {
      expect(summary(await run({ kind, id: ORPHAN, content: json({}), patch: PATCH }))).toBe('miss owner-dead');
    }
    expect(summary(await run({ kind: 'open', id: ORPHAN }))).toBe(`moved ${FIRST}`);
    expect(noted).toEqual([`${ORPHAN} succeeded`]);
  });

  test('that is destroyed still leads to its successor, and is no session any more, here and at home', async () => {
    const { run, estate, noted, clock } = setUp();
    const owner = setUpEngine({ clock, letter: 'b' });
    await owner.run(keep(json({ old: true })) as OwnerCommand);
    await run({ kind: 'succeed', id: ORPHAN, successor: FIRST });
    const { nextCursor } = await estate.page(0, 10);
    expect(summary(await run({ kind: 'destroy', id: ORPHAN }))).toBe('miss owner-dead');
    expect(noted).toEqual([`${ORPHAN} succeeded`]);
    expect(summary(await run({ kind: 'open', id: ORPHAN }))).toBe(`moved ${FIRST}`);
    expect(summary(await run(keep()))).toBe('refused DESTROYED');

    // Handed over once more, with that.
    const { entries } = await estate.page(nextCursor, 10);
    const [entry] = entries;
    expect(entries).toEqual([
      { kind: 'succeeded', id: ORPHAN, successor: FIRST, aliasMs: ALIAS_MS, isDestroyed: true },
    ]);
    const other = setUp();
    for (const each of entries) {
      await owner.engine.settle(each);
      await other.estate.inherit(each);
    }
    await expect(allOf(other.estate)).resolves.toEqual([entry]);
    for (const node of [owner, other]) {
      expect(summary(await node.run({ kind: 'open', id: ORPHAN }))).toBe(`moved ${FIRST}`);
      expect(summary(await node.run(keep() as OwnerCommand))).toBe('refused DESTROYED');
    }
    await owner.run({ kind: 'destroy', id: ORPHAN });
    expect(summary(await owner.run({ kind: 'open', id: ORPHAN }))).toBe(`moved ${FIRST}`);
  });

  test('forgets its successor after aliasMs: then it is no second key to the session', async () => {
    const { run, clock } = setUp();
    await run({ kind: 'succeed', id: ORPHAN, successor: FIRST });
    clock.advance(ALIAS_MS - 1);
    expect(summary(await run({ kind: 'open', id: ORPHAN }))).toBe(`moved ${FIRST}`);
    expect(summary(await run({ kind: 'succeed', id: ORPHAN, successor: SECOND }))).toBe(`moved ${FIRST}`);
    clock.advance(1);
    expect(summary(await run({ kind: 'open', id: ORPHAN }))).toBe('miss owner-dead');
    expect(summary(await run({ kind: 'succeed', id: ORPHAN, successor: SECOND }))).toBe(`moved ${SECOND}`);
  });

  test('gets another successor from whoever found this one gone, and only once', async () => {
    const { run } = setUp();
    await run({ kind: 'succeed', id: ORPHAN, successor: FIRST });
    const instead = { kind: 'succeed', id: ORPHAN, insteadOf: FIRST } as const;
    expect(summary(await run({ ...instead, successor: SECOND }))).toBe(`moved ${SECOND}`);
    expect(summary(await run({ ...instead, successor: 'cthird6789abcdefghijklmnopq' }))).toBe(`moved ${SECOND}`);
    expect(summary(await run({ kind: 'open', id: ORPHAN }))).toBe(`moved ${SECOND}`);
  });
});

describe('a kept orphan', () => {
  test('is on the shelf, and later commands see it there', async () => {
    const { run, estate, noted } = setUp();
    expect((await run(keep())).kind).toBe('done');
    expect(summary(await run({ kind: 'get', id: ORPHAN }))).toBe('done {"n":1}');
    expect((await run({ kind: 'patch', id: ORPHAN, patch: PATCH })).kind).toBe('done');
    expect(summary(await run({ kind: 'open', id: ORPHAN }))).toBe('done {"n":1,"m":2}');
    const put = doneOf(await run({ kind: 'put', id: ORPHAN, content: json({ n: 3 }) }));
    expect(doneOf(await run({ kind: 'touch', id: ORPHAN, ttlSeconds: 50 }))).toMatchObject({
      version: put.version,
      ttlSeconds: 50,
    });
    expect(noted).toEqual([`${ORPHAN} kept`]);
    await expect(allOf(estate)).resolves.toMatchObject([{ kind: 'kept', id: ORPHAN, lifeMs: 50_000 }]);
  });

  test('can be locked and unlocked as at home', async () => {
    const { run } = setUp();
    await run(keep());
    const token = doneOf(await run({ kind: 'open', id: ORPHAN, lock: { waitMs: 0 } })).lock?.token ?? '';
    expect((await run({ kind: 'unlock', id: ORPHAN, token })).kind).toBe('done');
  });

  test('is handed back as it is at that moment, and again when it changed since', async () => {
    const { run, estate } = setUp();
    await run(keep());
    const first = await estate.page(0, 10);
    await expect(estate.page(first.nextCursor, 10)).resolves.toMatchObject({ entries: [] });
    for (const command of [
      { kind: 'put', id: ORPHAN, content: json({ n: 2 }) },
      { kind: 'patch', id: ORPHAN, patch: PATCH },
      { kind: 'touch', id: ORPHAN, ttlSeconds: 10 },
      keep(json({ n: 3 })),
    ] as const) {
      const { nextCursor } = await estate.page(0, 10);
      await run(command);
      const page = await estate.page(nextCursor, 10);
      expect(page.entries.map(({ kind }) => kind)).toEqual(['kept']);
    }
    const { nextCursor } = await estate.page(0, 10);
    await run({ kind: 'get', id: ORPHAN });
    await run({ kind: 'open', id: ORPHAN });
    expect((await estate.page(nextCursor, 10)).entries).toEqual([]);
  });

  test('S5 destroyed stays destroyed: destroyed on the shelf it stays so, and is handed back as buried', async () => {
    const { run, estate } = setUp();
    await run(keep());
    expect((await run({ kind: 'destroy', id: ORPHAN })).kind).toBe('done');
    for (const kind of ['get', 'open', 'put', 'patch', 'touch'] as const) {
      expect(summary(await run({ kind, id: ORPHAN, content: json({}), patch: PATCH }))).toBe('miss destroyed');
    }
    expect(summary(await run(keep()))).toBe('refused DESTROYED');
    await expect(allOf(estate)).resolves.toEqual([{ kind: 'buried', id: ORPHAN, reason: 'destroyed' }]);
  });

  test('rotated on the shelf goes on under its new id, here and when its owner is back', async () => {
    const { run, estate } = setUp();
    await run(keep());
    const rotated = doneOf(await run({ kind: 'rotate', id: ORPHAN, graceSeconds: 0 }));
    expect(rotated.id).toMatch(/^b/);
    expect(summary(await run({ kind: 'get', id: rotated.id }))).toBe('done {"n":1}');
    expect(summary(await run({ kind: 'get', id: ORPHAN }))).toBe('miss destroyed');

    const owner = setUpEngine({ letter: 'b' });
    for (const entry of await allOf(estate)) await owner.engine.settle(entry);
    expect(summary(await owner.run({ kind: 'get', id: rotated.id }))).toBe('done {"n":1}');
    expect(summary(await owner.run({ kind: 'get', id: ORPHAN }))).toBe('miss destroyed');
  });

  test('that was dropped from the shelf is handed back as reset', async () => {
    const { run, estate, store } = setUp();
    await run(keep());
    await store.evict(ORPHAN);
    expect(summary(await run({ kind: 'get', id: ORPHAN }))).toBe('miss evicted');
    await expect(allOf(estate)).resolves.toEqual([{ kind: 'reset', id: ORPHAN }]);
  });

  test('that was found gone can be succeeded', async () => {
    const { run, store } = setUp();
    await run(keep());
    await store.evict(ORPHAN);
    expect(summary(await run({ kind: 'open', id: ORPHAN }))).toBe('miss evicted');
    expect(summary(await run({ kind: 'succeed', id: ORPHAN, successor: FIRST }))).toBe(`moved ${FIRST}`);
    expect(summary(await run({ kind: 'open', id: ORPHAN }))).toBe(`moved ${FIRST}`);
  });
});

describe('a keep that was surely not done', () => {
  test('leaves no note: its owner, coming back, still has the session', async () => {
    const { run, estate, noted, store } = setUp();
    const tooLarge = { contentType: 'text/plain', flags: 0, payload: Buffer.alloc(SESSION.maxBytes + 1) };
    expect(summary(await run(keep(tooLarge)))).toBe('refused TOO_LARGE');
    store.failNext('set', 'unavailable');
    expect(summary(await run(keep()))).toBe('unavailable STORE_UNAVAILABLE');
    expect(noted).toEqual([]);
    expect(estate.size).toBe(0);
  });

  test('does not take a succeeded orphan from its successor', async () => {
    const { run } = setUp();
    await run(keep());
    await run({ kind: 'destroy', id: ORPHAN });
    await run({ kind: 'succeed', id: ORPHAN, successor: FIRST });
    expect(summary(await run(keep()))).toBe('refused DESTROYED');
    expect(summary(await run({ kind: 'open', id: ORPHAN }))).toBe(`moved ${FIRST}`);
  });

  test('but one that is in doubt is on record, for it may have been done', async () => {
    const { run, noted, store } = setUp();
    store.failNext('set', 'in-doubt');
    expect(summary(await run(keep()))).toBe('in-doubt STORE_UNAVAILABLE');
    expect(noted).toEqual([`${ORPHAN} kept`]);
  });
});

describe('S6 bounded: a full ledger', () => {
  test('makes the estate incomplete, and still answers as for any orphan', async () => {
    const { run, estate } = setUp({ limit: 1 });
    await run({ kind: 'get', id: 'bx' });
    expect(estate.isComplete).toBe(true);
    expect(summary(await run({ kind: 'get', id: 'by' }))).toBe('miss owner-dead');
    expect(estate.isComplete).toBe(false);
    expect(estate.size).toBe(1);
  });

  test('an estate that lacks something says so from then on', () => {
    const { estate } = setUp();
    expect(estate.isComplete).toBe(true);
    estate.markIncomplete();
    expect(estate.isComplete).toBe(false);
  });
});

describe('handing over', () => {
  test('quiet waits for what is under way, and what that did is on record then', async () => {
    const { run, estate, store } = setUp();
    store.hold();
    const kept = run(keep());
    let isQuiet = false;
    const quiet = estate.quiet().then(() => (isQuiet = true));
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    expect(isQuiet).toBe(false);
    store.resume();
    await quiet;
    expect(estate.size).toBe(1);
    expect((await kept).kind).toBe('done');
  });

  test('quiet does not mind a command that fails, and resolves at once where nothing is under way', async () => {
    const { run, estate } = setUp();
    const mistaken = run(keep({ contentType: 't'.repeat(256), flags: 0, payload: Buffer.alloc(0) }));
    await expect(Promise.all([estate.quiet(), mistaken])).rejects.toThrow('255');
    await expect(estate.quiet()).resolves.toBeUndefined();
  });

  test('goes page by page; times are what is left', async () => {
    const { run, estate, clock } = setUp();
    await run({ kind: 'get', id: 'bx' });
    await run({ kind: 'succeed', id: 'by', successor: FIRST });
    await run(keep());
    clock.advance(10_000);
    const first = await estate.page(0, 2);
    expect(first.entries).toEqual([
      { kind: 'reset', id: 'bx' },
      { kind: 'succeeded', id: 'by', successor: FIRST, aliasMs: ALIAS_MS - 10_000 },
    ]);
    expect(first.more).toBe(true);
    const second = await estate.page(first.nextCursor, 2);
    expect(second.entries).toMatchObject([{ kind: 'kept', id: ORPHAN, lifeMs: SESSION.ttlSeconds * 1000 - 10_000 }]);
    expect(second.more).toBe(false);
    clock.advance(ALIAS_MS);
    expect((await allOf(estate))[1]).toMatchObject({ kind: 'succeeded', aliasMs: 0 });
  });

  test('S6 bounded: a page ends when its records fill a frame, and the next goes on from there', async () => {
    const { run, estate } = setUp();
    const ids = Array.from({ length: 70 }, (_, at) => `b-${at}`);
    const content = { contentType: 'text/plain', flags: 0, payload: Buffer.alloc(SESSION.maxBytes) };
    for (const id of ids) await run(keep(content, id));
    const seen: string[] = [];
    let cursor = 0;
    for (let more = true; more;) {
      const page = await estate.page(cursor, 1000);
      expect(page.entries.length).toBeLessThan(40);
      seen.push(...page.entries.map(({ id }) => id));
      cursor = page.nextCursor;
      more = page.more;
    }
    expect(seen).toEqual(ids);
  });

  test('an orphan that comes to something else while a page is made stands there once, as the latest', async () => {
    const { run, estate, store } = setUp();
    await run(keep());
    await run({ kind: 'get', id: 'bx' });
    store.hold();
    const page = estate.page(0, 10);
    await run({ kind: 'succeed', id: ORPHAN, successor: FIRST });
    store.resume();
    const { entries, nextCursor } = await page;
    expect(entries).toEqual([
      { kind: 'reset', id: 'bx' },
      { kind: 'succeeded', id: ORPHAN, successor: FIRST, aliasMs: ALIAS_MS },
    ]);
    await expect(estate.page(nextCursor, 10)).resolves.toMatchObject({ entries: [], more: false });
  });

  test('another stand-in that inherits every page answers as this one did', async () => {
    const clock = new FakeClock();
    const [here, there] = [setUp({ clock }), setUp({ clock })];
    await here.run({ kind: 'get', id: 'bx' });
    await here.run({ kind: 'succeed', id: 'by', successor: FIRST });
    await here.run(keep());
    await here.run(keep(json({}), 'bz'));
    await here.run({ kind: 'destroy', id: 'bz' });
    clock.advance(1000);
    for (const entry of await allOf(here.estate)) await there.estate.inherit(entry);

    expect(there.noted).toEqual(['bx reset', 'by succeeded', `${ORPHAN} kept`, 'bz kept']);
    for (const { run } of [here, there]) {
      expect(summary(await run({ kind: 'get', id: 'bx' }))).toBe('miss owner-dead');
      expect(summary(await run({ kind: 'open', id: 'by' }))).toBe(`moved ${FIRST}`);
      expect(await run({ kind: 'get', id: ORPHAN })).toMatchObject({ ttlSeconds: 599, content: json({ n: 1 }) });
      expect(summary(await run({ kind: 'get', id: 'bz' }))).toBe('miss destroyed');
      expect(summary(await run(keep(json({}), 'bz')))).toBe('refused DESTROYED');
    }
    clock.advance(ALIAS_MS - 1000);
    expect(summary(await there.run({ kind: 'open', id: 'by' }))).toBe('miss owner-dead');
    await expect(allOf(there.estate)).resolves.toHaveLength(4);
  });

  test('what cannot be inherited is not noted: the taking over begins anew', async () => {
    const { estate, store, noted } = setUp();
    store.failNext('set', 'unavailable');
    await expect(estate.inherit({ kind: 'buried', id: ORPHAN, reason: 'destroyed' })).rejects.toThrow();
    expect(noted).toEqual([]);
  });

  test('S1 never old: an owner that comes back can contradict nothing that was answered on its behalf', async () => {
    const { run, estate, clock } = setUp();
    const owner = setUpEngine({ clock, letter: 'b' });
    const ids = ['untouched', 'read', 'opened', 'kept', 'buried'].map((what) => `b-${what}`);
    for (const id of ids) await owner.run({ kind: 'keep', id, content: json({ old: true }) });

    await run({ kind: 'get', id: 'b-read' });
    await run({ kind: 'succeed', id: 'b-opened', successor: FIRST });
    await run(keep(json({ new: true }), 'b-kept'));
    await run(keep(json({ new: true }), 'b-buried'));
    await run({ kind: 'destroy', id: 'b-buried' });
    for (const entry of await allOf(estate)) await owner.engine.settle(entry);

    const replies = await Promise.all(ids.map((id) => owner.run({ kind: 'open', id })));
    expect(replies.map(summary)).toEqual([
      'done {"old":true}',
      'miss owner-dead',
      `moved ${FIRST}`,
      'done {"new":true}',
      'miss destroyed',
    ]);
  });
});

test('an orphan of an owner that said goodbye is told so by every command (S9)', async () => {
  const clock = new FakeClock();
  const { engine } = setUpEngine({ clock, letter: 'b', incarnation: clock.now() - 5000 });
  const ledger = ledgerOf(100);
  const estate = new Estate({
    shelf: engine,
    ledger,
    aliasMs: 1,
    clock,
    absence: () => 'left',
    onNoted: () => undefined,
  });
  for (const kind of ['open', 'get', 'touch', 'destroy'] as const) {
    expect(summary(await estate.execute({ kind, id: ORPHAN }, clock.monotonic() + 250))).toBe('miss left');
  }
  const asked: SessionCommand = { kind: 'item', id: SECOND, isSession: true, operation: { kind: 'probe' } };
  expect(await estate.execute(asked, clock.monotonic() + 250)).toMatchObject({ reason: 'left' });
});

describe('S7: a flush that a peer asks of a stand-in which allows none', () => {
  test('drops nothing, neither here nor at the owner when it returns', async () => {
    const { run, estate } = setUp({ allowsFlush: false });
    await run(keep());
    expect(summary(await run({ kind: 'flush', id: 'b' }))).toBe('refused FLUSH_NOT_ALLOWED');
    expect(estate.isComplete).toBe(true);
    expect(summary(await run({ kind: 'get', id: ORPHAN }))).toBe('done {"n":1}');
  });

  test('where it is allowed makes the owner drop all it has', async () => {
    const { run, estate } = setUp();
    await run(keep());
    expect((await run({ kind: 'flush', id: 'b' })).kind).toBe('done');
    expect(estate.isComplete).toBe(false);
  });
});
