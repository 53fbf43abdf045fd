import { beforeEach, describe, expect, test } from 'vitest';
import type { MemcachedReply } from '../../../../src/doors/memcached/protocol/reply.ts';
import { DoorCounts, type TallyName } from '../../../../src/doors/memcached/door-counts.ts';
import type { KeyCommand } from '../../../../src/doors/memcached/to-operation.ts';
import { incr, read, remove, store, touch } from './desk-fixture.ts';

const HIT: MemcachedReply = { kind: 'hit', value: Buffer.alloc(0), flags: 0, cas: 1 };
const MISS: MemcachedReply = { kind: 'miss' };
const STORED: MemcachedReply = { kind: 'stored', cas: 1 };
const NOT_FOUND: MemcachedReply = { kind: 'not-found' };
const NUMBER: MemcachedReply = { kind: 'number', value: 2n, cas: 1 };
const TOUCHED: MemcachedReply = { kind: 'touched', flags: 0, cas: 1 };
const ERROR: MemcachedReply = { kind: 'server-error', code: 'IN_DOUBT', text: '' };

let counts: DoorCounts;

beforeEach(() => {
  counts = new DoorCounts();
});

/** What is no longer 0. */
function counted(): Partial<Record<TallyName, number>> {
  return Object.fromEntries(Object.entries(counts.tally).filter(([, count]) => count > 0));
}

describe('what a command came to is counted under memcached’s names', () => {
  test.each<[string, KeyCommand, MemcachedReply, Partial<Record<TallyName, number>>]>([
    ['a get that hits', read('k'), HIT, { cmd_get: 1, get_hits: 1 }],
    ['a get that misses', read('k'), MISS, { cmd_get: 1, get_misses: 1 }],
    ['a gat that hits', read('k', { touch: 5 }), HIT, { cmd_get: 1, get_hits: 1, cmd_touch: 1, touch_hits: 1 }],
    ['a set', store('set', 'k', 'v'), STORED, { cmd_set: 1 }],
    ['an add that is not stored', store('add', 'k', 'v'), { kind: 'not-stored' }, { cmd_set: 1 }],
    ['a cas that fits', store('cas', 'k', 'v'), STORED, { cmd_set: 1, cas_hits: 1 }],
    ['a cas that does not', store('cas', 'k', 'v'), { kind: 'exists' }, { cmd_set: 1, cas_badval: 1 }],
    ['a cas of nothing', store('cas', 'k', 'v'), NOT_FOUND, { cmd_set: 1, cas_misses: 1 }],
    ['a delete', remove('k'), { kind: 'deleted' }, { delete_hits: 1 }],
    ['a delete of nothing', remove('k'), NOT_FOUND, { delete_misses: 1 }],
    ['an incr', incr('k'), NUMBER, { incr_hits: 1 }],
    ['an incr of nothing', incr('k'), NOT_FOUND, { incr_misses: 1 }],
    ['a decr', { ...incr('k'), direction: 'decr' }, NUMBER, { decr_hits: 1 }],
    ['a decr of nothing', { ...incr('k'), direction: 'decr' }, NOT_FOUND, { decr_misses: 1 }],
    ['a touch', touch('k', 5), TOUCHED, { cmd_touch: 1, touch_hits: 1 }],
    ['a touch of nothing', touch('k', 5), NOT_FOUND, { cmd_touch: 1, touch_misses: 1 }],
    ['a look at an item', { kind: 'inspect', key: 'k' }, HIT, {}],
  ])('%s', (_, command, reply, expected) => {
    counts.answered(command, reply);
    expect(counted()).toEqual(expected);
  });

  test('an error is neither a hit nor a miss (S3)', () => {
    for (const command of [read('k'), store('cas', 'k', 'v'), remove('k'), incr('k'), touch('k', 5)]) {
      counts.answered(command, ERROR);
    }
    expect(counted()).toEqual({ cmd_get: 1, cmd_set: 1, cmd_touch: 1 });
  });
});

test('counts add up until somebody resets them', () => {
  counts.add('bytes_read', 10);
  counts.add('bytes_read', 5);
  counts.add('steered');
  expect(counted()).toEqual({ bytes_read: 15, steered: 1 });
  counts.reset();
  expect(counted()).toEqual({});
});
