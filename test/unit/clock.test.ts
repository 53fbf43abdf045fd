import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/clock.ts';

describe("the machine's clock", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_700_000_000_000, toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  test('tells the milliseconds since the epoch, and goes with the wall clock when that is set', () => {
    expect(systemClock.now()).toBe(1_700_000_000_000);
    vi.setSystemTime(1_600_000_000_000);
    expect(systemClock.now()).toBe(1_600_000_000_000);
  });

  test('has another time that only goes on, whatever is done to the wall clock', () => {
    const before = systemClock.monotonic();
    vi.setSystemTime(1_600_000_000_000);
    vi.advanceTimersByTime(250);
    expect(systemClock.monotonic() - before).toBe(250);
  });

  test('fires a timer once, not before its time', () => {
    const fire = vi.fn();
    systemClock.after(100, fire);
    vi.advanceTimersByTime(99);
    expect(fire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(fire).toHaveBeenCalledTimes(1);
  });

  test('a timer that was cancelled never fires; cancelling twice, or too late, does nothing', () => {
    const [cancelled, fired] = [vi.fn(), vi.fn()];
    const timer = systemClock.after(100, cancelled);
    timer.cancel();
    timer.cancel();
    const late = systemClock.after(100, fired);
    vi.advanceTimersByTime(100);
    late.cancel();
    expect(cancelled).not.toHaveBeenCalled();
    expect(fired).toHaveBeenCalledTimes(1);
  });

  test('its timers do not keep the process alive', () => {
    const unref = vi.fn();
    const set = vi.spyOn(globalThis, 'setTimeout').mockReturnValue({ unref } as unknown as NodeJS.Timeout);
    systemClock.after(100, () => undefined);
    set.mockRestore();
    expect(unref).toHaveBeenCalledTimes(1);
  });
});
