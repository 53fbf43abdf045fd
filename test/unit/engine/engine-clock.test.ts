import { describe, expect, test } from 'vitest';
import { pino } from 'pino';
import { Ends } from '../../../src/engine/tombstone.ts';
import { LongWork } from '../../../src/long-work.ts';
import { Engine } from '../../../src/engine/engine.ts';
import { HotRecords } from '../../../src/engine/hot-records.ts';
import { Locks } from '../../../src/engine/locks.ts';
import { Recall } from '../../../src/engine/recall.ts';
import { Turns } from '../../../src/engine/turns.ts';
import { Vault } from '../../../src/engine/vault.ts';
import type { Reply } from '../../../src/session/reply.ts';
import { Versions } from '../../../src/session/version.ts';
import { LifeClock } from '../../../src/store/life-clock.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeStore } from '../../support/fake-store.ts';
import { letterOf } from '../session/letters.ts';
import { doneOf, ID, json, SESSION, summary } from './engine-setup.ts';
import { IDS } from '../../support/minted-ids.ts';

const HOUR = 3_600_000;
const STEPS = [HOUR, -HOUR, 120_000, -120_000, 24 * HOUR, -24 * HOUR];

interface Setup {
  readonly clock: FakeClock;
  readonly store: FakeStore;
  readonly ends: Ends;
  readonly run: (command: Parameters<Engine['execute']>[0]) => Promise<Reply>;
  readonly engine: Engine;
}

/** An engine that counts by a life clock, over a wall clock that can be set. */
function setUp(clock = new FakeClock(), store = new FakeStore(clock), hotMegabytes = 0): Setup {
  const lifeClock = new LifeClock({ clock, bootId: 'boot' });
  const ends = new Ends({ limit: 100, clock, unopposedUntil: () => clock.monotonic(), wasApart: false });
  const log = pino({ level: 'silent' });
  const engine = new Engine({
    letter: letterOf('a'),
    ids: IDS,
    vault: new Vault({
      ...{ store, ends, log },
      recall: new Recall(100),
      hot: new HotRecords(hotMegabytes),
      clock: lifeClock,
    }),
    turns: new Turns(8),
    locks: new Locks(clock, 20_000, 8),
    versions: new Versions(clock.now()),
    session: SESSION,
    allowsFlush: true,
    work: new LongWork(),
    clock: lifeClock,
    log,
  });
  const run = async (command: Parameters<Engine['execute']>[0]): Promise<Reply> =>
    engine.execute(command, clock.monotonic() + 250);
  return { clock, store, ends, engine, run };
}

describe.each(STEPS)('a wall clock that is set by %i ms', (step) => {
  test('S1 never old: ends no session early, and brings none back that has expired', async () => {
    const { clock, engine, run } = setUp();
    const { id } = doneOf(await engine.mint(json(1), 120));
    clock.jump(step);
    expect(doneOf(await run({ kind: 'get', id })).ttlSeconds).toBe(120);
    clock.advance(120_000);
    expect(summary(await run({ kind: 'get', id }))).toBe('miss expired');
    clock.jump(-step);
    expect(summary(await run({ kind: 'get', id }))).toBe('miss expired');
  });

  test('gives a session that was minted meanwhile no other life', async () => {
    const { clock, engine, run } = setUp();
    clock.jump(step);
    const { id } = doneOf(await engine.mint(json(1), 5));
    clock.jump(-step);
    clock.advance(5000);
    expect(summary(await run({ kind: 'get', id }))).toBe('miss expired');
  });

  test('S5 destroyed stays destroyed: a tombstone holds for its time', async () => {
    const { clock, engine, run } = setUp();
    const { id } = doneOf(await engine.mint(json(1)));
    await run({ kind: 'destroy', id });
    clock.jump(step);
    clock.advance(SESSION.tombstoneSeconds * 1000 - 1);
    expect(summary(await run({ kind: 'keep', id, content: json(2), ttlSeconds: 60 }))).toBe('refused DESTROYED');
  });

  test('S5 destroyed stays destroyed: a rotated id is read for its grace and not after it', async () => {
    const { clock, engine, run } = setUp();
    const { id } = doneOf(await engine.mint(json(1)));
    await run({ kind: 'rotate', id });
    clock.jump(step);
    expect(summary(await run({ kind: 'get', id }))).toBe('done 1');
    clock.advance(SESSION.rotateGraceSeconds * 1000);
    expect(summary(await run({ kind: 'get', id }))).toBe('miss destroyed');
    clock.jump(-step);
    expect(summary(await run({ kind: 'get', id }))).toBe('miss destroyed');
  });

  test('S5 destroyed stays destroyed: what a stand-in may not know of is remembered for as long as its tombstone holds', async () => {
    const { clock, ends, engine, run } = setUp();
    clock.jump(step);
    const { id } = doneOf(await engine.mint(json(1)));
    await run({ kind: 'destroy', id });
    clock.advance(SESSION.tombstoneSeconds * 1000 - 1);
    ends.note('another', 'dropped', 0);
    expect(ends.of(id)).toBe('buried');
    clock.advance(1);
    ends.note('another', 'dropped', 0);
    expect(ends.of(id)).toBeUndefined();
  });
});

/** Hot records are looked at before the store is. */
describe.each([0, 1])('S1 what was once told to be over is out of the store, with %i MiB at hand:', (hotMegabytes) => {
  const ITEM_GET = { kind: 'read', canWin: false, isPeek: false } as const;

  /** A daemon that counts from an earlier moment, as where `clock.json` is lost. */
  function startAgain({ clock, store }: Setup): Setup {
    clock.jump(-24 * HOUR);
    return setUp(clock, store, hotMegabytes);
  }

  test.each(['get', 'open', 'touch', 'item'] as const)('what has expired, by %s', async (how) => {
    const clock = new FakeClock();
    const former = setUp(clock, new FakeStore(clock), hotMegabytes);
    const { id } = doneOf(await former.engine.mint(json(1), 120));
    clock.advance(120_000);
    await former.run(how === 'item' ? { kind: how, id, isSession: true, operation: ITEM_GET } : { kind: how, id });
    const next = startAgain(former);
    expect(summary(await next.run({ kind: 'get', id }))).toBe('miss expired');
    expect(summary(await next.run({ kind: 'put', id, content: json(2) }))).toBe('miss expired');
  });

  test.each(['get', 'open', 'item'] as const)('a rotated id whose grace is over, by %s', async (how) => {
    const clock = new FakeClock();
    const former = setUp(clock, new FakeStore(clock), hotMegabytes);
    const { id } = doneOf(await former.engine.mint(json(1)));
    await former.run({ kind: 'rotate', id });
    clock.advance(SESSION.rotateGraceSeconds * 1000);
    await former.run(how === 'item' ? { kind: how, id, isSession: true, operation: ITEM_GET } : { kind: how, id });
    const next = startAgain(former);
    expect(summary(await next.run({ kind: 'get', id }))).toBe('miss destroyed');
    expect(summary(await next.run({ kind: 'keep', id, content: json(2) }))).toBe('refused DESTROYED');
  });

  test('a store that fails then is asked again by the next reader, and what is over is told as such', async () => {
    const clock = new FakeClock();
    const former = setUp(clock, new FakeStore(clock), hotMegabytes);
    const { id } = doneOf(await former.engine.mint(json(1), 120));
    clock.advance(120_000);
    former.store.failNext('set', 'unavailable');
    expect(summary(await former.run({ kind: 'get', id }))).toBe('miss expired');
    expect(summary(await former.run({ kind: 'get', id }))).toBe('miss expired');
    expect(summary(await startAgain(former).run({ kind: 'get', id }))).toBe('miss expired');
  });

  test('S5 the grave on which an expired session stood holds for its time', async () => {
    const clock = new FakeClock();
    const { run } = setUp(clock, new FakeStore(clock), hotMegabytes);
    const store = (value: number, lifeSeconds: number, seen?: number): Parameters<Engine['execute']>[0] => ({
      ...{ kind: 'item', id: ID, isSession: true },
      operation: {
        ...{ kind: 'store', mode: 'set', flags: 0, lifeSeconds, isInvalidating: false, value: Buffer.from(`${value}`) },
        ...(seen !== undefined && { seen }),
      },
    });
    await run(store(1, 600));
    await run({ kind: 'destroy', id: ID });
    expect(summary(await run(store(2, 1, Number.MAX_SAFE_INTEGER)))).toBe('answered stored');
    clock.advance(1000);
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('miss expired');
    expect(summary(await run(store(1, 600)))).toBe('answered not-stored');
  });
});
