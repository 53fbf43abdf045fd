import { describe, expect, test } from 'vitest';
import { ChangeSignal } from '../../../src/membership/change-signal.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';
import { watch } from './membership-setup.ts';

function setUp(): { signal: ChangeSignal; clock: FakeClock } {
  const clock = new FakeClock();
  return { signal: new ChangeSignal(clock), clock };
}

describe('a change signal', () => {
  test('wakes all who wait, and leaves no timer behind', async () => {
    const { signal, clock } = setUp();
    const waits = [signal.wait(100), signal.wait(200)];
    expect(clock.pending).toBe(2);
    signal.changed();
    await expect(Promise.all(waits)).resolves.toEqual([true, true]);
    expect(clock.pending).toBe(0);
  });

  test('tells who waits for longer than its deadline that nothing came', async () => {
    const { signal, clock } = setUp();
    const wait = watch(signal.wait(100));
    clock.advance(99);
    await settled();
    expect(wait.outcome).toBeUndefined();
    clock.advance(1);
    await settled();
    expect(wait.outcome).toBe(false);
  });

  test('does not wait at all for a deadline that has passed', async () => {
    const { signal, clock } = setUp();
    clock.advance(100);
    await expect(signal.wait(100)).resolves.toBe(false);
    await expect(signal.wait(Number.NEGATIVE_INFINITY)).resolves.toBe(false);
    expect(clock.pending).toBe(0);
  });

  test('forgets a change that nobody waited for', async () => {
    const { signal, clock } = setUp();
    signal.changed();
    const wait = watch(signal.wait(100));
    await settled();
    expect(wait.outcome).toBeUndefined();
    clock.advance(100);
    await settled();
    expect(wait.outcome).toBe(false);
  });

  test('one change wakes once: who waits again waits for the next', async () => {
    const { signal } = setUp();
    const first = signal.wait(100);
    signal.changed();
    await first;
    const second = watch(signal.wait(100));
    await settled();
    expect(second.outcome).toBeUndefined();
    signal.changed();
    await settled();
    expect(second.outcome).toBe(true);
  });

  test('who has been told of its deadline is not woken any more', async () => {
    const { signal, clock } = setUp();
    const early = signal.wait(50);
    const late = signal.wait(100);
    clock.advance(50);
    signal.changed();
    await expect(Promise.all([early, late])).resolves.toEqual([false, true]);
  });
});
