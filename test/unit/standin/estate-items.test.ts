import { describe, expect, test } from 'vitest';
import type { EstateEntry } from '../../../src/session/estate-entry.ts';
import type { SessionCommand } from '../../../src/session/command.ts';
import type { ItemOperation } from '../../../src/session/item-operation.ts';
import type { LockGrant, Reply } from '../../../src/session/reply.ts';
import { Estate } from '../../../src/standin/estate.ts';
import { Estates } from '../../../src/standin/estates.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import type { FakeStore } from '../../support/fake-store.ts';
import { letter } from '../../support/mesh-messages.ts';
import { DELETE, GET, incr, MG, SESSION, setUpItems, store } from '../engine/item-setup.ts';
import { ledgerOf } from '../../support/minted-ids.ts';

const ORPHAN = 'b0123456789abcdefghijklmnop';
const SUCCESSOR = 'csecond789abcdefghijklmnopq';
const [B, C] = [letter('b'), letter('c')];

interface EstateSetup {
  readonly estate: Estate;
  readonly clock: FakeClock;
  /** Where the shelf keeps its records. */
  readonly shelf: FakeStore;
  /** What was noted, in order. */
  readonly noted: string[];
  readonly run: (command: SessionCommand) => Promise<Reply>;
  /** Asks about the orphan, as a memcached client. */
  readonly ask: (operation: ItemOperation, isSession?: boolean) => Promise<Reply>;
}

/** What is done in the name of the dead owner b. */
function setUp({ clock = new FakeClock() }: { clock?: FakeClock } = {}): EstateSetup {
  const noted: string[] = [];
  const { engine, store: shelf } = setUpItems({ clock, at: 'b' });
  const estate = new Estate({
    shelf: engine,
    ledger: ledgerOf(100),
    aliasMs: 60_000,
    clock,
    onNoted: (_id, outcome) => void noted.push(outcome),
  });
  const run = (command: SessionCommand): Promise<Reply> => estate.execute(command, clock.monotonic() + 250);
  return {
    ...{ estate, clock, shelf, noted, run },
    ask: (operation, isSession = true) => run({ kind: 'item', id: ORPHAN, isSession, operation }),
  };
}

async function allOf(estate: Estate): Promise<readonly EstateEntry[]> {
  return (await estate.page(0, 1000)).entries;
}

/** The answer's kind, and the reason beside it if there is one. */
function summary(reply: Reply): string {
  if (reply.kind !== 'answered') return reply.kind;
  return [reply.answer.kind, reply.reason].filter((part) => part !== undefined).join(' ');
}

describe('to a memcached client an orphan', () => {
  test.each<[string, ItemOperation, string]>([
    ['get', GET, 'miss'],
    ['gat', { ...GET, touchSeconds: 30 }, 'miss'],
    ['me', { kind: 'inspect' }, 'miss'],
    ['touch', { kind: 'touch', lifeSeconds: 0 }, 'not-found'],
    ['mark-stale', { kind: 'mark-stale' }, 'not-found'],
    ['incr', incr(1n), 'not-found'],
    ['cas', store('cas', 'v', { cas: 1 }), 'not-found'],
    ['replace', store('replace', 'v'), 'not-stored'],
    ['append', store('append', 'v'), 'not-stored'],
  ])('is nothing to %s, which is told why, and is on record as reset', async (_, operation, kind) => {
    const { ask, estate, noted } = setUp();
    expect(summary(await ask(operation))).toBe(`${kind} owner-dead`);
    expect(summary(await ask(operation))).toBe(`${kind} owner-dead`);
    expect(noted).toEqual(['reset']);
    await expect(allOf(estate)).resolves.toEqual([{ kind: 'reset', id: ORPHAN }]);
  });

  test('is an id that is free to the probe of strict mode, whose client goes on under another: nothing is on record', async () => {
    const { ask, estate, noted } = setUp();
    expect(summary(await ask({ kind: 'probe' }))).toBe('not-found owner-dead');
    expect(noted).toEqual([]);
    expect(estate.size).toBe(0);
  });

  test('S5 destroyed stays destroyed: is nothing to delete, and buried by it, here and at home', async () => {
    const { ask, estate, noted } = setUp();
    expect(summary(await ask(DELETE))).toBe('not-found owner-dead');
    expect(noted).toEqual(['kept']);
    expect(summary(await ask(store('set', 'back')))).toBe('not-stored');
    await expect(allOf(estate)).resolves.toEqual([{ kind: 'buried', id: ORPHAN, reason: 'destroyed' }]);
  });

  test('that is no session is nothing to delete, and on record as reset', async () => {
    const { ask, estate } = setUp();
    expect(summary(await ask(DELETE, false))).toBe('not-found owner-dead');
    expect(summary(await ask({ ...DELETE, cas: 3 }))).toBe('not-found owner-dead');
    await expect(allOf(estate)).resolves.toEqual([{ kind: 'reset', id: ORPHAN }]);
  });

  test('that was buried can be begun anew by a client that was told so', async () => {
    const { ask, estate } = setUp();
    await ask(DELETE);
    const told = await ask(GET);
    const grave = told.kind === 'answered' && told.answer.kind === 'miss' ? told.answer.grave : undefined;
    expect(grave).toEqual(expect.any(Number));
    expect(summary(await ask(store('set', 'new', grave === undefined ? {} : { seen: grave })))).toBe('stored');
    await expect(allOf(estate)).resolves.toMatchObject([{ kind: 'kept' }]);
  });

  test.each<[string, ItemOperation, string]>([
    ['set', store('set', 'v'), 'stored'],
    ['add', store('add', 'v'), 'stored'],
    ['incr with an initial number', incr(1n, { initial: { value: 1n, lifeSeconds: 0 } }), 'number'],
    ['mg N', { ...MG, vivifySeconds: 30 }, 'hit'],
  ])('is kept on the shelf by %s', async (_, operation, kind) => {
    const { ask, estate, noted } = setUp();
    expect(summary(await ask(operation))).toBe(kind);
    expect(noted).toEqual(['kept']);
    await expect(allOf(estate)).resolves.toMatchObject([{ kind: 'kept', id: ORPHAN }]);
  });

  test('that it was told is gone can be begun anew under its id, and goes on on the shelf', async () => {
    const { ask, noted } = setUp();
    await ask(GET);
    await ask(store('set', '1'));
    expect(summary(await ask(incr(1n)))).toBe('number');
    expect(await ask(GET)).toMatchObject({ answer: { kind: 'hit', value: Buffer.from('2') } });
    expect(noted).toEqual(['reset', 'kept']);
  });

  test('that is kept is handed back as each operation has left it, and not again for one that only reads', async () => {
    const { ask, estate } = setUp();
    await ask(store('set', '8', { lifeSeconds: 100 }));
    const changes: readonly ItemOperation[] = [
      store('append', '1'),
      incr(1n),
      { kind: 'touch', lifeSeconds: 50 },
      { ...GET, touchSeconds: 60 },
      { kind: 'mark-stale' },
      MG,
    ];
    let { nextCursor } = await estate.page(0, 10);
    for (const operation of changes) {
      await ask(operation);
      const page = await estate.page(nextCursor, 10);
      expect(page.entries.map(({ kind }) => kind)).toEqual(['kept']);
      ({ nextCursor } = page);
    }
    for (const operation of [GET, MG, { kind: 'inspect' }, { kind: 'probe' }, store('add', 'x')] as const) {
      await ask(operation);
      expect((await estate.page(nextCursor, 10)).entries).toEqual([]);
    }
  });

  test('that was surely not changed leaves no note', async () => {
    const { ask, estate, noted, shelf } = setUp();
    expect((await ask(store('set', Buffer.alloc(SESSION.maxBytes + 1)))).kind).toBe('refused');
    shelf.failNext('get', 'unavailable');
    expect((await ask(GET)).kind).toBe('unavailable');
    expect(noted).toEqual([]);
    expect(estate.size).toBe(0);
  });

  test('that may have been changed is on record as kept', async () => {
    const { ask, noted, shelf } = setUp();
    shelf.failNext('set', 'in-doubt');
    expect((await ask(store('set', 'v'))).kind).toBe('in-doubt');
    expect(noted).toEqual(['kept']);
  });

  test('that was kept and is gone from the shelf again is a plain miss', async () => {
    const { ask, estate, shelf } = setUp();
    await ask(store('set', 'v'));
    await shelf.evict(ORPHAN);
    expect(summary(await ask(GET))).toBe('miss');
    await expect(allOf(estate)).resolves.toEqual([{ kind: 'reset', id: ORPHAN }]);
  });

  test('S5 destroyed stays destroyed: that it deletes as a session is buried, here and at home', async () => {
    const { ask, estate } = setUp();
    await ask(store('set', 'v'));
    expect(summary(await ask(DELETE))).toBe('deleted');
    expect(summary(await ask(store('set', 'back')))).toBe('not-stored');
    await expect(allOf(estate)).resolves.toEqual([{ kind: 'buried', id: ORPHAN, reason: 'destroyed' }]);
  });

  test('that is no session can be deleted and set again', async () => {
    const { ask, estate } = setUp();
    await ask(store('set', 'v'), false);
    expect(summary(await ask(DELETE, false))).toBe('deleted');
    await expect(allOf(estate)).resolves.toEqual([{ kind: 'reset', id: ORPHAN }]);
    expect(summary(await ask(store('set', 'v'), false))).toBe('stored');
  });

  test('that HTTP clients have opened anew is nothing, and its successor stays on record', async () => {
    const { ask, noted, run } = setUp();
    await run({ kind: 'succeed', id: ORPHAN, successor: SUCCESSOR });
    expect(summary(await ask(GET))).toBe('miss owner-dead');
    expect(await run({ kind: 'open', id: ORPHAN })).toEqual({ kind: 'moved', to: SUCCESSOR });
    expect(noted).toEqual(['succeeded']);
  });

  test('is seen by HTTP clients once it is kept', async () => {
    const { ask, run } = setUp();
    await ask(store('set', 'v'));
    expect(await run({ kind: 'open', id: ORPHAN })).toMatchObject({ kind: 'done' });
  });
});

describe('S1 never old', () => {
  test('an owner that comes back can contradict nothing that memcached clients were told', async () => {
    const { clock, estate, run } = setUp();
    const owner = setUpItems({ clock, at: 'b' });
    const ids = ['untouched', 'missed', 'stored', 'deleted', 'plain'].map((what) => `b-${what}`);
    for (const id of ids) await owner.ask(store('set', 'old'), id);
    const ask = (id: string, operation: ItemOperation, isSession = true): Promise<Reply> =>
      run({ kind: 'item', id, isSession, operation });

    await ask('b-missed', GET);
    await ask('b-stored', store('set', 'new'));
    await ask('b-deleted', store('set', 'new'));
    await ask('b-deleted', DELETE);
    await ask('b-plain', store('set', 'new'), false);
    await ask('b-plain', DELETE, false);
    for (const entry of await allOf(estate)) await owner.engine.settle(entry);

    const answers = await Promise.all(ids.map((id) => owner.ask(GET, id)));
    expect(answers.map((answer) => (answer.kind === 'hit' ? answer.value.toString() : answer.kind))).toEqual([
      'old',
      'miss',
      'new',
      'miss',
      'miss',
    ]);
    expect((await owner.ask(store('set', 'x'), 'b-missed')).kind).toBe('stored');
    expect((await owner.ask(store('set', 'x'), 'b-deleted')).kind).toBe('not-stored');
    expect((await owner.ask(store('set', 'x'), 'b-plain')).kind).toBe('stored');
  });

  test.each<EstateEntry>([
    { kind: 'reset', id: ORPHAN },
    { kind: 'succeeded', id: ORPHAN, successor: SUCCESSOR, aliasMs: 1000 },
  ])('what was on the shelf is not found there after another stand-in has said that it was $kind', async (entry) => {
    const { ask, estate } = setUp();
    await ask(store('set', 'old'));
    await estate.inherit(entry);
    expect(summary(await ask(GET))).toBe('miss owner-dead');
    expect(summary(await ask(store('add', 'new')))).toBe('stored');
  });
});

describe("a lock of an orphan's session", () => {
  const LOCK: SessionCommand = { kind: 'lock', id: ORPHAN, waitMs: 0, holdMs: 0, holder: C };

  function tokenOf(reply: Reply): string {
    const grant: LockGrant | undefined = reply.kind === 'answered' ? reply.lock : undefined;
    if (grant === undefined) throw new TypeError(`expected a lock: ${reply.kind}`);
    return grant.token;
  }

  test('is taken and given back as at home, and leaves no note', async () => {
    const { noted, run } = setUp();
    const token = tokenOf(await run(LOCK));
    expect((await run({ kind: 'unlock', id: ORPHAN, token })).kind).toBe('done');
    expect(tokenOf(await run(LOCK))).not.toBe(token);
    expect(noted).toEqual([]);
  });

  test('does not hold up the handing over by who queues for it', async () => {
    const { clock, estate, run } = setUp();
    await run(LOCK);
    const waiting = estate.execute({ ...LOCK, waitMs: 5000 }, clock.monotonic() + 5250);
    await expect(estate.quiet()).resolves.toBeUndefined();
    clock.advance(5000);
    expect((await waiting).kind).toBe('refused');
  });

  test('ends with the node whose client holds it, in every estate', async () => {
    const { estate, run } = setUp();
    const estates = new Estates(
      () => estate,
      () => 1,
    );
    estates.begin(B, true);
    await run(LOCK);
    estates.releaseLocksOf(B);
    estates.releaseLocksOf(C);
    expect(tokenOf(await run(LOCK))).not.toBe('');
  });

  test('is not given back by an unlock that fits none, which says nothing of the session', async () => {
    const { noted, run } = setUp();
    expect(await run({ kind: 'unlock', id: ORPHAN, token: 't' })).toEqual({ kind: 'refused', code: 'LOCK_LOST' });
    expect(noted).toEqual([]);
  });
});
