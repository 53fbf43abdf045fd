import { describe, expect, test } from 'vitest';
import { Locks } from '../../../src/engine/locks.ts';
import type { LockGrant, RefusalCode } from '../../../src/session/reply.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const HOLD_MS = 20_000;

function setUp(waiterLimit = 3): { locks: Locks; clock: FakeClock } {
  const clock = new FakeClock();
  return { locks: new Locks(clock, HOLD_MS, waiterLimit), clock };
}

function grantOf(outcome: LockGrant | RefusalCode): LockGrant {
  if (typeof outcome === 'string') throw new TypeError(`expected a grant, got ${outcome}`);
  return outcome;
}

/** Follows an acquisition without waiting for it. */
function watch(acquired: Promise<LockGrant | RefusalCode>): { outcome?: LockGrant | RefusalCode } {
  const seen: { outcome?: LockGrant | RefusalCode } = {};
  void acquired.then((outcome) => (seen.outcome = outcome));
  return seen;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

describe('locks', () => {
  test('a free lock is granted at once, with a token of its own and how long it holds', async () => {
    const { locks } = setUp();
    const [a, b] = [grantOf(await locks.acquire('a', 0)), grantOf(await locks.acquire('b', 0))];
    expect(a.expiresInMs).toBe(HOLD_MS);
    expect(a.token.length).toBeGreaterThanOrEqual(16);
    expect(a.token).not.toBe(b.token);
  });

  test('who waits gets it in the order of coming', async () => {
    const { locks } = setUp();
    const first = grantOf(await locks.acquire('a', 0));
    const [second, third] = [watch(locks.acquire('a', 1000)), watch(locks.acquire('a', 1000))];
    await settle();
    expect([second.outcome, third.outcome]).toEqual([undefined, undefined]);

    expect(locks.release('a', first.token)).toBe(true);
    await settle();
    expect(third.outcome).toBeUndefined();
    expect(locks.release('a', grantOf(second.outcome ?? 'LOCK_LOST').token)).toBe(true);
    await settle();
    expect(grantOf(third.outcome ?? 'LOCK_LOST').expiresInMs).toBe(HOLD_MS);
  });

  test('goes by the token that its asker has chosen', async () => {
    const { locks } = setUp();
    expect(grantOf(await locks.acquire('a', 0, { token: 'mine' })).token).toBe('mine');
    expect(locks.release('a', 'mine')).toBe(true);
  });

  test('who asked and does not wait for the answer any more leaves the line by its token', async () => {
    const { locks } = setUp();
    const first = grantOf(await locks.acquire('a', 0));
    const gone = watch(locks.acquire('a', 1000, { token: 'gone' }));
    const next = watch(locks.acquire('a', 1000));
    expect(locks.release('a', 'gone')).toBe(true);
    await settle();
    expect(gone.outcome).toBe('LOCK_LOST');
    locks.release('a', first.token);
    await settle();
    expect(grantOf(next.outcome ?? 'LOCK_LOST').expiresInMs).toBe(HOLD_MS);
  });

  test('what was taken back before it was asked for, on another way, is not granted', async () => {
    const { locks } = setUp();
    expect(locks.release('a', 'overtaken')).toBe(false);
    expect(await locks.acquire('a', 1000, { token: 'overtaken' })).toBe('LOCK_LOST');
    expect(grantOf(await locks.acquire('a', 0)).expiresInMs).toBe(HOLD_MS);
  });

  test('S6 bounded: of what was taken back in vain, the last thousand are remembered', async () => {
    const { locks } = setUp();
    for (let n = 0; n <= 1000; n += 1) locks.release('a', `token-${n}`);
    expect(await locks.acquire('a', 0, { token: 'token-1' })).toBe('LOCK_LOST');
    expect(grantOf(await locks.acquire('a', 0, { token: 'token-0' })).token).toBe('token-0');
  });

  test('only the token of the present holder releases it', async () => {
    const { locks } = setUp();
    const first = grantOf(await locks.acquire('a', 0));
    expect(locks.release('a', 'a guess')).toBe(false);
    expect(locks.release('b', first.token)).toBe(false);
    expect(locks.release('a', first.token)).toBe(true);
    expect(locks.release('a', first.token)).toBe(false);

    const second = grantOf(await locks.acquire('a', 0));
    expect(locks.release('a', first.token)).toBe(false);
    expect(locks.release('a', second.token)).toBe(true);
  });

  test('a wait ends at its time, and the others in line go on waiting', async () => {
    const { locks, clock } = setUp();
    const first = grantOf(await locks.acquire('a', 0));
    const [impatient, patient] = [watch(locks.acquire('a', 100)), watch(locks.acquire('a', 5000))];
    clock.advance(99);
    await settle();
    expect(impatient.outcome).toBeUndefined();
    clock.advance(1);
    await settle();
    expect(impatient.outcome).toBe('LOCK_TIMEOUT');
    expect(patient.outcome).toBeUndefined();
    locks.release('a', first.token);
    await settle();
    expect(patient.outcome).toHaveProperty('token');
  });

  test('a wait that ended leaves its place to who waits behind, wherever in the line it was', async () => {
    const { locks, clock } = setUp();
    const first = grantOf(await locks.acquire('a', 0));
    const waiters = [5000, 100, 5000].map((waitMs) => watch(locks.acquire('a', waitMs)));
    clock.advance(100);
    locks.release('a', first.token);
    await settle();
    expect(waiters.map(({ outcome }) => (typeof outcome === 'object' ? 'granted' : outcome))).toEqual([
      'granted',
      'LOCK_TIMEOUT',
      undefined,
    ]);
  });

  test('a holder that never comes back loses it: the lock passes on, and the old token is worth nothing', async () => {
    const { locks, clock } = setUp();
    const first = grantOf(await locks.acquire('a', 0));
    const second = watch(locks.acquire('a', HOLD_MS + 1));
    clock.advance(HOLD_MS - 1);
    await settle();
    expect(second.outcome).toBeUndefined();
    clock.advance(1);
    await settle();
    expect(second.outcome).toHaveProperty('token');
    expect(locks.release('a', first.token)).toBe(false);
  });

  test('each holder has the whole time, counted from its own grant', async () => {
    const { locks, clock } = setUp();
    grantOf(await locks.acquire('a', 0));
    const second = watch(locks.acquire('a', HOLD_MS));
    clock.advance(HOLD_MS);
    await settle();
    clock.advance(HOLD_MS - 1);
    expect(locks.release('a', grantOf(second.outcome ?? 'LOCK_LOST').token)).toBe(true);
  });

  test('S6 bounded: the line has a limit, and one who leaves it makes room', async () => {
    const { locks, clock } = setUp(2);
    grantOf(await locks.acquire('a', 0));
    const waiters = [watch(locks.acquire('a', 100)), watch(locks.acquire('a', 5000))];
    await expect(locks.acquire('a', 5000)).resolves.toBe('SESSION_BUSY');
    clock.advance(100);
    await settle();
    expect(waiters[0]?.outcome).toBe('LOCK_TIMEOUT');
    expect(watch(locks.acquire('a', 100)).outcome).toBeUndefined();
    await expect(locks.acquire('a', 100)).resolves.toBe('SESSION_BUSY');
  });

  test('the locks of different sessions know nothing of each other', async () => {
    const { locks } = setUp(0);
    grantOf(await locks.acquire('a', 0));
    expect(grantOf(await locks.acquire('b', 0)).token).not.toBe('');
    await expect(locks.acquire('a', 5000)).resolves.toBe('SESSION_BUSY');
  });

  test('no timer is left when all is released, granted or over', async () => {
    const { locks, clock } = setUp();
    const first = grantOf(await locks.acquire('a', 0));
    const second = watch(locks.acquire('a', 100));
    void locks.acquire('a', 50);
    clock.advance(50);
    locks.release('a', first.token);
    await settle();
    expect(clock.pending).toBe(1);
    locks.release('a', grantOf(second.outcome ?? 'LOCK_LOST').token);
    expect(clock.pending).toBe(0);
  });
});
