import { describe, expect, test } from 'vitest';
import type { Reply } from '../../../src/session/reply.ts';
import { doneOf, ID, json, QUEUE_LIMIT, SESSION, setUpEngine, summary, type EngineSetup } from './engine-setup.ts';

async function setUpSession(): Promise<EngineSetup & { readonly lock: (waitMs: number) => Promise<Reply> }> {
  const setup = setUpEngine();
  await setup.run({ kind: 'keep', id: ID, content: json({ n: 1 }) });
  const { engine, clock } = setup;
  const lock = (waitMs: number): Promise<Reply> =>
    Promise.resolve(engine.execute({ kind: 'open', id: ID, lock: { waitMs } }, clock.monotonic() + 250 + waitMs));
  return { ...setup, lock };
}

function tokenOf(reply: Reply): string {
  return doneOf(reply).lock?.token ?? '';
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe('open with a lock', () => {
  test('answers the session and the lock', async () => {
    const { lock } = await setUpSession();
    const reply = doneOf(await lock(0));
    expect(summary(reply)).toBe('done {"n":1}');
    expect(reply.lock?.expiresInMs).toBe(SESSION.lockSeconds * 1000);
    expect(reply.lock?.token).not.toBe('');
  });

  test('waits for the lock, and then reads what its holder wrote', async () => {
    const { lock, run, clock } = await setUpSession();
    const token = tokenOf(await lock(0));
    const waiting = lock(10_000);
    clock.advance(5000);
    await run({ kind: 'put', id: ID, content: json({ n: 2 }) });
    expect((await run({ kind: 'unlock', id: ID, token })).kind).toBe('done');
    expect(summary(await waiting)).toBe('done {"n":2}');
  });

  test('is refused with LOCK_TIMEOUT when the lock was not free in time', async () => {
    const { lock, clock } = await setUpSession();
    await lock(0);
    const waiting = lock(1000);
    clock.advance(1000);
    expect(summary(await waiting)).toBe('refused LOCK_TIMEOUT');
  });

  test('is refused with SESSION_BUSY when too many wait already', async () => {
    const { lock, clock } = await setUpSession();
    await lock(0);
    const waiting = Array.from({ length: QUEUE_LIMIT }, () => lock(100));
    expect(summary(await lock(100))).toBe('refused SESSION_BUSY');
    clock.advance(100);
    expect((await Promise.all(waiting)).map(summary)).toEqual(Array(QUEUE_LIMIT).fill('refused LOCK_TIMEOUT'));
  });

  test('does not keep others from the session: a get does not wait for the lock', async () => {
    const { lock, run } = await setUpSession();
    await lock(0);
    expect(summary(await run({ kind: 'get', id: ID }))).toBe('done {"n":1}');
    expect(summary(await run({ kind: 'open', id: ID }))).toBe('done {"n":1}');
  });

  test('a lock that nobody gives back is free again after its longest hold', async () => {
    const { lock, clock, run } = await setUpSession();
    const token = tokenOf(await lock(0));
    clock.advance(SESSION.lockSeconds * 1000);
    expect(summary(await run({ kind: 'unlock', id: ID, token }))).toBe('refused LOCK_LOST');
    expect((await lock(0)).kind).toBe('done');
  });

  test('of a session that is not there is a miss, and the lock is released', async () => {
    const { engine, clock, locks } = setUpEngine();
    const open = { kind: 'open', id: ID, lock: { waitMs: 0 } } as const;
    expect(summary(await engine.execute(open, clock.monotonic() + 250))).toBe('miss unknown');
    expect(clock.pending).toBe(0);
    expect(typeof (await locks.acquire(ID, 0))).toBe('object');
  });

  test('who waits for the lock of a session that is destroyed meanwhile gets the miss, one after the other', async () => {
    const { lock, run, clock } = await setUpSession();
    const token = tokenOf(await lock(0));
    const waiting = Promise.all([lock(1000), lock(1000), lock(1000)]);
    await run({ kind: 'destroy', id: ID });
    await run({ kind: 'unlock', id: ID, token });
    expect((await waiting).map(summary)).toEqual(Array(3).fill('miss destroyed'));
    expect(clock.pending).toBe(0);
  });

  test('S6 bounded: does not wait for the lock beyond its deadline, for nobody would hold it then', async () => {
    const { engine, lock, run, clock, locks } = await setUpSession();
    const token = tokenOf(await lock(0));
    const open = { kind: 'open', id: ID, lock: { waitMs: 10_000 } } as const;
    const late = engine.execute(open, clock.monotonic() + 1000);
    clock.advance(1000);
    expect(summary(await late)).toBe('refused LOCK_TIMEOUT');
    await run({ kind: 'unlock', id: ID, token });
    expect(typeof (await locks.acquire(ID, 0))).toBe('object');
  });

  test('S6 bounded: read too late, it is not granted: whoever asked has stopped waiting', async () => {
    const { lock, store, clock } = await setUpSession();
    store.hold();
    const late = lock(0);
    await settle();
    clock.advance(250);
    store.resume();
    expect(summary(await late)).toBe('unavailable DEADLINE');
    expect((await lock(0)).kind).toBe('done');
  });

  test('that fails gives the lock back: unavailable store, full line, late turn', async () => {
    const { lock, run, store, clock } = await setUpSession();
    store.failNext('get', 'unavailable');
    expect(summary(await lock(0))).toBe('unavailable STORE_UNAVAILABLE');

    store.hold();
    const line = Array.from({ length: QUEUE_LIMIT }, () => run({ kind: 'get', id: ID }));
    expect(summary(await lock(0))).toBe('refused SESSION_BUSY');
    store.resume();
    await Promise.all(line);

    store.hold();
    const slow = run({ kind: 'get', id: ID });
    const late = lock(0);
    await settle();
    clock.advance(250);
    store.resume();
    expect(summary(await late)).toBe('unavailable DEADLINE');
    await slow;

    expect((await lock(0)).kind).toBe('done');
  });
});

describe('unlock', () => {
  test('under a token that does not hold the lock is refused with LOCK_LOST', async () => {
    const { lock, run } = await setUpSession();
    expect(summary(await run({ kind: 'unlock', id: ID, token: 'never granted' }))).toBe('refused LOCK_LOST');
    const token = tokenOf(await lock(0));
    expect(summary(await run({ kind: 'unlock', id: ID, token: 'a guess' }))).toBe('refused LOCK_LOST');
    expect((await run({ kind: 'unlock', id: ID, token })).kind).toBe('done');
    expect(summary(await run({ kind: 'unlock', id: ID, token }))).toBe('refused LOCK_LOST');
  });
});
