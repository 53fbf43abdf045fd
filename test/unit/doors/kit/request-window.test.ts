import { describe, expect, test } from 'vitest';
import { RequestWindow } from '../../../../src/doors/kit/request-window.ts';

const LIMITS = { requests: 3, bytes: 1000 };

describe('the requests of one client that are under way', () => {
  test('are at most so many', () => {
    const window = new RequestWindow(LIMITS);
    for (let request = 0; request < 3; request += 1) {
      expect(window.hasRoom(false, 0)).toBe(true);
      window.enter(0, false);
    }
    expect(window.hasRoom(false, 0)).toBe(false);
    window.leave(0, false, 0);
    expect(window.hasRoom(false, 0)).toBe(true);
  });

  test('are none while the client does not read what it has', () => {
    const window = new RequestWindow(LIMITS);
    expect(window.hasRoom(false, 999)).toBe(true);
    expect(window.hasRoom(false, 1000)).toBe(false);
  });

  test('are fewer while its replies are large, and more again when they are small', () => {
    const window = new RequestWindow(LIMITS);
    window.enter(0, false);
    window.leave(0, false, 5000);
    window.enter(0, false);
    expect(window.hasRoom(false, 0)).toBe(false);
    for (let small = 0; small < 40; small += 1) {
      window.enter(0, false);
      window.leave(0, false, 10);
    }
    expect(window.hasRoom(false, 0)).toBe(true);
  });

  test('are fewer while its requests are large', () => {
    const window = new RequestWindow(LIMITS);
    window.enter(1000, false);
    expect(window.requestBytes).toBe(1000);
    expect(window.hasRoom(false, 0)).toBe(false);
    window.leave(1000, false, 0);
    expect(window.requestBytes).toBe(0);
    expect(window.hasRoom(false, 0)).toBe(true);
  });

  test('one that is alone is always begun, however large', () => {
    const window = new RequestWindow(LIMITS);
    window.enter(0, false);
    window.leave(0, false, 50_000);
    expect(window.hasRoom(false, 0)).toBe(true);
  });

  test('a barrier waits for those before it, and those after it wait for it', () => {
    const window = new RequestWindow(LIMITS);
    window.enter(0, false);
    expect(window.hasRoom(true, 0)).toBe(false);
    window.leave(0, false, 0);
    expect(window.hasRoom(true, 0)).toBe(true);
    window.enter(0, true);
    expect(window.hasRoom(false, 0)).toBe(false);
    window.leave(0, true, 0);
    expect(window.hasRoom(false, 0)).toBe(true);
  });
});
