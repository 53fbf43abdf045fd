import { describe, expect, test } from 'vitest';
import { Locks } from '../../../src/engine/locks.ts';
import type { OwnerCommand } from '../../../src/engine/engine.ts';
import type { LockGrant, Reply } from '../../../src/session/reply.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { letter } from '../../support/mesh-messages.ts';
import { ID, SESSION, setUpItems, store } from './item-setup.ts';

const [B, C] = [letter('b'), letter('c')];
const LONGEST_MS = SESSION.lockSeconds * 1000;

function lock(more: Partial<Extract<OwnerCommand, { kind: 'lock' }>> = {}): OwnerCommand {
  return { kind: 'lock', id: ID, waitMs: 0, holdMs: 0, holder: B, ...more };
}

function grantOf(reply: Reply): LockGrant {
  if (reply.kind !== 'answered' || reply.lock === undefined) throw new TypeError(`expected a lock: ${reply.kind}`);
  return reply.lock;
}

const TIMED_OUT = { kind: 'refused', code: 'LOCK_TIMEOUT' };

describe('lock', () => {
  test('is answered as something stored, with a token that gives it back', async () => {
    const { run } = setUpItems();
    const reply = await run(lock());
    expect(reply).toMatchObject({ kind: 'answered', answer: { kind: 'stored' } });
    const { token } = grantOf(reply);
    expect((await run({ kind: 'unlock', id: ID, token })).kind).toBe('done');
    expect((await run(lock())).kind).toBe('answered');
  });

  test('asks no store, and whether there is such a session makes no difference', async () => {
    const { run, store: memory } = setUpItems();
    await run(lock());
    expect(memory.asked).toEqual([]);
  });

  test('is held for as long as asked, up to the longest hold; 0 asks for that', async () => {
    const { run } = setUpItems();
    const holds = [1, LONGEST_MS, LONGEST_MS + 1, 0, -1];
    const grants = await Promise.all(holds.map((holdMs, n) => run(lock({ id: `a${n}`, holdMs }))));
    expect(grants.map((reply) => grantOf(reply).expiresInMs)).toEqual([
      1,
      LONGEST_MS,
      LONGEST_MS,
      LONGEST_MS,
      LONGEST_MS,
    ]);
  });

  test('ends with its hold, and goes to the next in line', async () => {
    const { clock, engine, run } = setUpItems();
    const { token } = grantOf(await run(lock({ holdMs: 1000 })));
    const next = engine.execute(lock({ waitMs: 5000 }), clock.monotonic() + 5250);
    clock.advance(1000);
    expect((await next).kind).toBe('answered');
    expect(await run({ kind: 'unlock', id: ID, token })).toEqual({ kind: 'refused', code: 'LOCK_LOST' });
  });

  test('that is held is waited for, first come first served, each for its own time', async () => {
    const { clock, engine, run } = setUpItems();
    const { token } = grantOf(await run(lock()));
    const wait = (waitMs: number): Promise<Reply> =>
      Promise.resolve(engine.execute(lock({ waitMs }), clock.monotonic() + waitMs + 250));
    const [short, first, second] = [wait(100), wait(5000), wait(5000)];
    clock.advance(100);
    expect(await short).toEqual(TIMED_OUT);
    await run({ kind: 'unlock', id: ID, token });
    const { token: firstToken } = grantOf(await first);
    await run({ kind: 'unlock', id: ID, token: firstToken });
    expect(grantOf(await second).token).not.toBe(firstToken);
  });

  test('is not waited for beyond the deadline, when nobody listens any more', async () => {
    const { clock, engine, run } = setUpItems();
    await run(lock());
    const waiting = engine.execute(lock({ waitMs: 10_000 }), clock.monotonic() + 250);
    clock.advance(250);
    expect(await waiting).toEqual(TIMED_OUT);
  });

  test('is not granted after the deadline: nobody would give it back', async () => {
    const { clock, engine, run } = setUpItems();
    expect(await engine.execute(lock(), clock.monotonic())).toEqual({ kind: 'unavailable', code: 'DEADLINE' });
    expect((await run(lock())).kind).toBe('answered');
  });

  test('is the one that an open of the session takes', async () => {
    const { clock, engine, ask, run } = setUpItems();
    await ask(store('set', 'v'));
    const open = { kind: 'open', id: ID, lock: { waitMs: 0 } } as const;
    const { token } = grantOf(await run(lock()));
    const opening = run(open);
    clock.advance(1);
    expect(await opening).toEqual(TIMED_OUT);
    await run({ kind: 'unlock', id: ID, token });
    expect((await run(open)).kind).toBe('done');
    const locking = engine.execute(lock(), clock.monotonic() + 250);
    clock.advance(1);
    expect(await locking).toEqual(TIMED_OUT);
  });
});

describe('when a node dies', () => {
  test('its locks go to the next in line, and those of others stay', async () => {
    const { clock, engine, run } = setUpItems();
    await run(lock({ holder: B }));
    await run(lock({ id: 'a2', holder: C }));
    const next = engine.execute(lock({ holder: C, waitMs: 1000 }), clock.monotonic() + 1250);
    engine.releaseLocksOf(B);
    expect((await next).kind).toBe('answered');
    const locked = engine.execute(lock({ id: 'a2' }), clock.monotonic() + 250);
    clock.advance(1);
    expect(await locked).toEqual(TIMED_OUT);
  });

  test('its clients leave the lines: no lock goes to who cannot give it back', async () => {
    const clock = new FakeClock();
    const locks = new Locks(clock, LONGEST_MS, 8);
    const first = await locks.acquire('a1', 0, { holder: C });
    const line = [B, C, B].map((holder) => locks.acquire('a1', 1000, { holder }));
    locks.releaseOf(B);
    await expect(line[0]).resolves.toBe('LOCK_TIMEOUT');
    await expect(line[2]).resolves.toBe('LOCK_TIMEOUT');
    if (typeof first === 'string') throw new TypeError(first);
    locks.release('a1', first.token);
    await expect(line[1]).resolves.toMatchObject({ expiresInMs: LONGEST_MS });
    expect(clock.pending).toBe(1);
  });

  test('a lock that it held goes past those in line that are its own', async () => {
    const clock = new FakeClock();
    const locks = new Locks(clock, LONGEST_MS, 8);
    await locks.acquire('a1', 0, { holder: B });
    const line = [B, C].map((holder) => locks.acquire('a1', 1000, { holder }));
    locks.releaseOf(B);
    await expect(line[0]).resolves.toBe('LOCK_TIMEOUT');
    await expect(line[1]).resolves.toMatchObject({ expiresInMs: LONGEST_MS });
  });

  test('locks that nobody claimed for a node stay', async () => {
    const clock = new FakeClock();
    const locks = new Locks(clock, LONGEST_MS, 8);
    await locks.acquire('a1', 0);
    locks.releaseOf(B);
    const waiting = locks.acquire('a1', 10, {});
    clock.advance(10);
    await expect(waiting).resolves.toBe('LOCK_TIMEOUT');
  });
});
