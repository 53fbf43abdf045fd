import { beforeEach, describe, expect, test } from 'vitest';
import { StoreInDoubtError, StoreUnavailableError } from '../../../src/errors.ts';
import {
  MAX_PENDING_BYTES,
  MAX_PENDING_REQUESTS,
  PendingRequests,
  type MemcachedRequest,
} from '../../../src/store/pending-requests.ts';

const SET = 1;

let pending: PendingRequests;
let failures: Map<number, Error>;
let written: Buffer[];

beforeEach(() => {
  pending = new PendingRequests();
  failures = new Map();
  written = [];
});

function request(opaque: number, length = 24): MemcachedRequest {
  return {
    opcode: SET,
    opaque,
    bytes: Buffer.alloc(length),
    answered: () => undefined,
    failed: (error) => failures.set(opaque, error),
  };
}

function send(): void {
  pending.send((bytes) => written.push(bytes));
}

describe('the pending requests of a connection', () => {
  test('are sent once, in their order', () => {
    const [one, two] = [request(1), request(2)];
    pending.add(one, 50);
    pending.add(two, 60);
    send();
    send();
    expect(written).toEqual([one.bytes, two.bytes]);
  });

  test('are found by number and command, once', () => {
    const one = request(1);
    pending.add(one, 50);
    expect(pending.take(1, SET)).toBeUndefined();
    send();
    expect(pending.take(2, SET)).toBeUndefined();
    expect(pending.take(1, 0)).toBeUndefined();
    expect(pending.take(1, SET)).toBe(one);
    expect(pending.take(1, SET)).toBeUndefined();
    expect(pending.size).toBe(0);
  });

  test('know when the oldest of each kind is due', () => {
    expect([pending.answerDueAt, pending.sendDueAt]).toEqual([Infinity, Infinity]);
    pending.add(request(1), 50);
    send();
    pending.add(request(2), 60);
    pending.add(request(3), 70);
    expect([pending.answerDueAt, pending.sendDueAt]).toEqual([50, 60]);
  });

  test('that were not sent in time are unavailable; the others go on', () => {
    pending.add(request(1), 50);
    pending.add(request(2), 60);
    pending.expireUnsent(50, 'too late');
    expect(failures.get(1)).toBeInstanceOf(StoreUnavailableError);
    expect(failures.has(2)).toBe(false);
    expect(pending.size).toBe(1);
  });

  test('fail all at once: in doubt where they were sent, unavailable where not', () => {
    pending.add(request(1), 50);
    send();
    pending.add(request(2), 60);
    pending.failAll('it broke', undefined);
    expect(failures.get(1)).toBeInstanceOf(StoreInDoubtError);
    expect(failures.get(2)).toBeInstanceOf(StoreUnavailableError);
    expect(pending.size).toBe(0);
  });

  test('are limited in number, and one too many fails at once', () => {
    for (let n = 0; n < MAX_PENDING_REQUESTS; n += 1) expect(pending.add(request(n), 50)).toBe(true);
    expect(pending.add(request(-1), 50)).toBe(false);
    expect(failures.get(-1)).toBeInstanceOf(StoreUnavailableError);
  });

  test('are limited in bytes, which come free when they settle', () => {
    expect(pending.add(request(1, MAX_PENDING_BYTES), 50)).toBe(true);
    expect(pending.add(request(2), 50)).toBe(false);
    send();
    pending.take(1, SET);
    expect(pending.add(request(3, MAX_PENDING_BYTES), 50)).toBe(true);
    pending.failAll('it broke', undefined);
    expect(pending.add(request(4, MAX_PENDING_BYTES), 50)).toBe(true);
  });
});
