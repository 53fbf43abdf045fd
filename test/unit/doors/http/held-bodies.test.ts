import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { HeldMemory } from '../../../../src/doors/kit/held-memory.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { done, Door, ID, SESSION, withBody, type Answer } from './door.ts';

const LIMIT = 20_000;

function setUp(): { door: Door; memory: HeldMemory } {
  const log = pino({ level: 'silent' });
  const memory = new HeldMemory({ limitBytes: LIMIT, clock: new FakeClock(), log });
  const door = new Door({ memory, session: { ...SESSION, maxBytes: 50_000 } });
  door.sessions.reply = done();
  return { door, memory };
}

/** A request whose body comes as it is written to the stream. */
function begin(door: Door): { body: PassThrough; answer: Promise<Answer> } {
  const body = new PassThrough();
  const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
  const answer = door.ask({ method: 'PUT', url: `/v1/sessions/${ID}`, payload: body, headers });
  return { body, answer };
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('S6: bodies that are half here count, and the one that holds most is refused where it is too much', async () => {
  const { door, memory } = setUp();
  const [small, large, last] = [begin(door), begin(door), begin(door)];
  small.body.write(`{"data":"${'x'.repeat(4000)}`);
  large.body.write(`{"data":"${'x'.repeat(12_000)}`);
  await turns();
  expect(memory.bytes).toBeGreaterThan(16_000);
  last.body.write(`{"data":"${'x'.repeat(6000)}`);
  expect(await large.answer).toMatchObject({ status: 503, body: { code: 'OVERLOADED' } });
  expect(memory.bytes).toBeLessThan(LIMIT);
  small.body.end('"}');
  last.body.end('"}');
  expect((await small.answer).status).toBe(200);
  expect((await last.answer).status).toBe(200);
  expect(memory.bytes).toBe(0);
  expect(await door.metrics.expose()).toContain('maglia_client_connections_cut_total{door="http",reason="memory"} 1');
});

test('S6: a body that comes a byte at a time counts for more than its bytes', async () => {
  const { door } = setUp();
  const { body, answer } = begin(door);
  for (let sent = 0; sent < 200; sent += 1) {
    body.write('x');
    await turns();
  }
  expect(await answer).toMatchObject({ status: 503, body: { code: 'OVERLOADED' } });
});

test.each<[string, string]>([
  ['is answered', '{"data":1}'],
  ['is refused', '{'],
  ['is too large', 'x'.repeat(150_000)],
])('what a body held is free when it %s', async (_, text) => {
  const { door, memory } = setUp();
  await door.ask(withBody('PUT', `/v1/sessions/${ID}`, text));
  expect(memory.bytes).toBe(0);
});
