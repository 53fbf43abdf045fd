import { describe, expect, test } from 'vitest';
import { Logins } from '../../../../src/doors/kit/logins.ts';
import { Metrics } from '../../../../src/metrics/metrics.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

function setUp(): { logins: Logins; clock: FakeClock; warned: unknown[]; metrics: Metrics } {
  const clock = new FakeClock();
  const warned: unknown[] = [];
  const metrics = new Metrics();
  const log = { warn: (fields: unknown) => void warned.push(fields) };
  return { logins: new Logins({ door: 'http', metrics, clock, log }), clock, warned, metrics };
}

test('a thousand guesses are one line a minute for each address, with how many there were', () => {
  const { logins, clock, warned } = setUp();
  for (let n = 0; n < 1000; n += 1) logins.refused('10.0.0.9');
  logins.refused(undefined);
  clock.advance(60_000);
  logins.refused('10.0.0.9');
  expect(warned).toEqual([
    { door: 'http', from: '10.0.0.9', count: 1 },
    { door: 'http', from: 'a unix socket', count: 1 },
    { door: 'http', from: '10.0.0.9', count: 1000 },
  ]);
});

test('logins are counted from 0, by door and outcome', async () => {
  const { logins, metrics } = setUp();
  expect(await metrics.expose()).toContain('maglia_auth_total{door="http",outcome="accepted"} 0');
  logins.refused('10.0.0.9');
  logins.accepted();
  expect(await metrics.expose()).toContain('maglia_auth_total{door="http",outcome="refused"} 1');
  expect(await metrics.expose()).toContain('maglia_auth_total{door="http",outcome="accepted"} 1');
});

/** The milliseconds after which this guess is answered. */
async function delayOf(logins: Logins, clock: FakeClock, from: string | undefined): Promise<number> {
  const told = logins.guessedWrong(from);
  if (told === undefined) return 0;
  const askedAt = clock.monotonic();
  let toldAt: number | undefined;
  void told.then(() => (toldAt = clock.monotonic()));
  while (toldAt === undefined) await clock.advanceSettling(50);
  return toldAt - askedAt;
}

async function delaysOf(
  logins: Logins,
  clock: FakeClock,
  from: string | undefined,
  guesses: number,
): Promise<number[]> {
  const delays: number[] = [];
  for (let n = 0; n < guesses; n += 1) delays.push(await delayOf(logins, clock, from));
  return delays;
}

describe('guesses', () => {
  test('of one address are answered later each time, up to five seconds', async () => {
    const { logins, clock } = setUp();
    const delays = await delaysOf(logins, clock, '10.0.0.9', 11);
    expect(delays).toEqual([0, 0, 0, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  });

  test('of one address slow no other down, nor the same address on a unix socket', async () => {
    const { logins, clock } = setUp();
    await delaysOf(logins, clock, '10.0.0.9', 9);
    expect(logins.isSlowed('10.0.0.9')).toBe(true);
    expect(logins.isSlowed('10.0.0.8')).toBe(false);
    expect(await delayOf(logins, clock, '10.0.0.8')).toBe(0);
    expect(await delayOf(logins, clock, undefined)).toBe(0);
  });

  test('from a network of IPv6 are those of one caller, in the log as well; IPv4 is the same in both spellings', async () => {
    const { logins, clock, warned } = setUp();
    for (let n = 0; n < 3; n += 1) void logins.guessedWrong(`2001:DB8::7:0:0:${n}`);
    expect(await delayOf(logins, clock, '2001:db8:0:0:7:9:9:9')).toBe(100);
    expect(logins.isSlowed('2001:db8:0:1::7')).toBe(false);
    expect(warned).toEqual([{ door: 'http', from: '2001:db8:0:0::/64', count: 1 }]);
    for (let n = 0; n < 3; n += 1) void logins.guessedWrong('::ffff:10.0.0.9');
    expect(logins.isSlowed('10.0.0.9')).toBe(true);
  });

  test('are forgiven after ten minutes without one, and not by others who show the right one from there', async () => {
    const { logins, clock } = setUp();
    await delaysOf(logins, clock, '10.0.0.9', 5);
    logins.accepted();
    clock.advance(599_999 - 200);
    expect(logins.isSlowed('10.0.0.9')).toBe(true);
    clock.advance(201);
    expect(logins.isSlowed('10.0.0.9')).toBe(false);
    expect(await delaysOf(logins, clock, '10.0.0.9', 4)).toEqual([0, 0, 0, 100]);
  });

  test('that show nothing at all are no guesses', () => {
    const { logins } = setUp();
    for (let n = 0; n < 100; n += 1) logins.refused('10.0.0.9');
    expect(logins.isSlowed('10.0.0.9')).toBe(false);
  });

  test('of however many addresses take up a bounded memory, and no more than 1,024 answers are held back', () => {
    const { logins, clock } = setUp();
    for (let n = 0; n < 5000; n += 1) {
      for (let guess = 0; guess < 4; guess += 1) void logins.guessedWrong(`10.1.${n >> 8}.${n & 255}`);
    }
    expect(clock.pending).toBe(1024);
    expect(logins.isSlowed('10.1.0.0')).toBe(false);
    expect(logins.isSlowed('10.1.19.135')).toBe(true);
  });

  test('are answered when the door closes, and from then on at once', async () => {
    const { logins, clock } = setUp();
    for (let n = 0; n < 3; n += 1) void logins.guessedWrong('10.0.0.9');
    const told = logins.guessedWrong('10.0.0.9');
    logins.close();
    await told;
    expect(clock.pending).toBe(0);
    expect(logins.guessedWrong('10.0.0.9')).toBeUndefined();
  });
});
