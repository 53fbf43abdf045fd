import { expect, test } from 'vitest';
import { Logins } from '../../../src/listening/logins.ts';
import { Metrics } from '../../../src/metrics/metrics.ts';
import { FakeClock } from '../../support/fake-clock.ts';

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
