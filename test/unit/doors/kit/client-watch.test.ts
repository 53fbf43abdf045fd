import { describe, expect, test } from 'vitest';
import { ClientWatch, type Sight } from '../../../../src/doors/kit/client-watch.ts';

const LIMITS = { stallMs: 30_000, idleMs: 600_000, lingerMs: 1000 };
const QUIET: Sight = { now: 0, isMidRequest: false, unreadBytes: 0, isOwed: false, isLingering: false };

function watch(limits = LIMITS): ClientWatch {
  return new ClientWatch(limits, 0);
}

describe('a client', () => {
  test('that has sent half a request and stops is stalled after a while', () => {
    const client = watch();
    client.heard(1000);
    expect(client.judge({ ...QUIET, now: 30_999, isMidRequest: true })).toBe('fine');
    expect(client.judge({ ...QUIET, now: 31_000, isMidRequest: true })).toBe('stalled');
  });

  test('that sends on is not', () => {
    const client = watch();
    for (let now = 20_000; now < 200_000; now += 20_000) {
      client.heard(now);
      expect(client.judge({ ...QUIET, now: now + 10_000, isMidRequest: true })).toBe('fine');
    }
  });

  test('that reads nothing of its replies is stalled, even if it still sends', () => {
    const client = watch();
    expect(client.judge({ ...QUIET, now: 1000, unreadBytes: 70_000 })).toBe('fine');
    client.heard(30_000);
    expect(client.judge({ ...QUIET, now: 30_999, unreadBytes: 70_000 })).toBe('fine');
    expect(client.judge({ ...QUIET, now: 31_000, unreadBytes: 70_000 })).toBe('stalled');
  });

  test('that reads slowly is not', () => {
    const client = watch();
    for (let step = 0; step < 10; step += 1) {
      expect(client.judge({ ...QUIET, now: step * 20_000, unreadBytes: 70_000 - step })).toBe('fine');
    }
  });

  test('that waits for us is neither stalled nor idle', () => {
    expect(watch().judge({ ...QUIET, now: 10_000_000, isOwed: true, isMidRequest: true })).toBe('fine');
  });

  test('that asks for nothing is idle after a while, where that is limited', () => {
    expect(watch().judge({ ...QUIET, now: 599_999 })).toBe('fine');
    expect(watch().judge({ ...QUIET, now: 600_000 })).toBe('idle');
    expect(watch({ ...LIMITS, idleMs: 0 }).judge({ ...QUIET, now: 1e12 })).toBe('fine');
  });

  test('that was sent away is gone shortly after it has read why', () => {
    const client = watch();
    client.saidAll(100_000);
    const lingering = { ...QUIET, isLingering: true };
    expect(client.judge({ ...lingering, now: 101_500, unreadBytes: 10 })).toBe('fine');
    expect(client.judge({ ...lingering, now: 102_000 })).toBe('fine');
    expect(client.judge({ ...lingering, now: 103_000 })).toBe('gone');
  });

  test('that was sent away and does not read why is stalled', () => {
    const client = watch();
    client.saidAll(0);
    client.judge({ ...QUIET, now: 1, unreadBytes: 10, isLingering: true });
    expect(client.judge({ ...QUIET, now: 30_001, unreadBytes: 10, isLingering: true })).toBe('stalled');
  });
});
