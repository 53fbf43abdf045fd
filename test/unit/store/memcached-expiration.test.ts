import { expect, test } from 'vitest';
import { memcachedExpiration } from '../../../src/store/memcached-expiration.ts';

const NOW_MS = 1_700_000_000_500;
const DAY = 86_400;

test('up to 30 days the field is relative, with one second more for the ticks of memcached', () => {
  expect(memcachedExpiration(1, NOW_MS)).toBe(2);
  expect(memcachedExpiration(1440, NOW_MS)).toBe(1441);
  expect(memcachedExpiration(30 * DAY - 1, NOW_MS)).toBe(30 * DAY);
});

test('above 30 days it is a moment, for memcached would take it for one anyway', () => {
  expect(memcachedExpiration(30 * DAY, NOW_MS)).toBe(1_700_000_000 + 30 * DAY + 1);
  expect(memcachedExpiration(365 * DAY, NOW_MS)).toBe(1_700_000_000 + 365 * DAY + 1);
});

test('however large the time to live, the field holds it', () => {
  expect(memcachedExpiration(Number.MAX_SAFE_INTEGER, NOW_MS)).toBe(0xffff_ffff);
});
