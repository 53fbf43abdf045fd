import { describe, expect, test } from 'vitest';
import { LinkLostError } from '../../../src/errors.ts';
import { InFlight } from '../../../src/mesh/in-flight.ts';
import type { PeerAnswer, PeerRequest } from '../../../src/mesh/message.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { letter } from '../../support/mesh-messages.ts';

const ping: PeerRequest = { kind: 'ping', incarnation: 1 };
const pong: PeerAnswer = { kind: 'pong', verdict: 'alive', incarnation: 2, phase: 'serving' };
const get: PeerRequest = {
  kind: 'execute',
  route: 'owner',
  owner: letter('b'),
  incarnation: 1,
  budgetMs: 250,
  command: { kind: 'get', id: 'b1' },
};
const reply = (id: string): PeerAnswer => ({
  kind: 'reply',
  id,
  executorIncarnation: 2,
  reply: { kind: 'miss', reason: 'unknown' },
});
const lost = (): LinkLostError => new LinkLostError('lost');

function setUp(): { clock: FakeClock; inFlight: InFlight; deadlines: number[] } {
  const clock = new FakeClock();
  const deadlines: number[] = [];
  const inFlight = new InFlight(clock, () => deadlines.push(clock.monotonic()));
  return { clock, inFlight, deadlines };
}

describe('an answer', () => {
  test('goes to the request of its number', async () => {
    const { inFlight } = setUp();
    const first = inFlight.add(get, 100);
    const second = inFlight.add(ping, 100);
    expect(inFlight.settle(second.number, pong)).toBe('expected');
    expect(inFlight.settle(first.number, reply('b1'))).toBe('expected');
    expect(await second.answer).toBe(pong);
    expect(await first.answer).toEqual(reply('b1'));
    expect(inFlight.size).toBe(0);
  });

  test('of a number that is not asked, or is answered already, is told apart', async () => {
    const { inFlight } = setUp();
    const { number, answer } = inFlight.add(ping, 100);
    expect(inFlight.settle(number + 1, pong)).toBe('unknown-number');
    inFlight.settle(number, pong);
    await answer;
    expect(inFlight.settle(number, pong)).toBe('unknown-number');
  });

  test('of another kind than was asked for is not handed over', () => {
    const { inFlight } = setUp();
    const { number } = inFlight.add(ping, 100);
    expect(inFlight.settle(number, reply('b1'))).toBe('wrong-kind-or-id');
    expect(inFlight.size).toBe(1);
  });

  test('about another id than was asked for is not handed over (S0)', () => {
    const { inFlight } = setUp();
    const { number } = inFlight.add(get, 100);
    expect(inFlight.settle(number, reply('b2'))).toBe('wrong-kind-or-id');
    expect(inFlight.size).toBe(1);
  });
});

describe('numbers', () => {
  test('are never given twice, not even after everything has failed', async () => {
    const { inFlight } = setUp();
    const first = inFlight.add(ping, 100);
    inFlight.failAll(lost);
    await expect(first.answer).rejects.toThrow(LinkLostError);
    expect(inFlight.add(ping, 100).number).toBe(first.number + 1);
  });

  test('tell commands and control requests apart', () => {
    const { inFlight } = setUp();
    inFlight.add(get, 100);
    inFlight.add(get, 100);
    const { number } = inFlight.add(ping, 100);
    expect([inFlight.size, inFlight.executes, inFlight.controls]).toEqual([3, 2, 1]);
    inFlight.settle(number, pong);
    expect([inFlight.size, inFlight.executes, inFlight.controls]).toEqual([2, 2, 0]);
  });
});

describe('deadlines', () => {
  test('one timer watches them all, and the earliest one fires', () => {
    const { clock, inFlight, deadlines } = setUp();
    for (let at = 300; at > 100; at--) inFlight.add(ping, at);
    expect(clock.pending).toBe(1);
    clock.advance(100);
    expect(deadlines).toEqual([]);
    clock.advance(1);
    expect(deadlines).toEqual([101]);
    expect(inFlight.hasExpired).toBe(true);
  });

  test('an answered request fires nothing, and the next deadline is watched', () => {
    const { clock, inFlight, deadlines } = setUp();
    const { number } = inFlight.add(ping, 100);
    inFlight.add(get, 250);
    inFlight.settle(number, pong);
    clock.advance(249);
    expect(deadlines).toEqual([]);
    clock.advance(1);
    expect(deadlines).toEqual([250]);
  });

  test('nothing in flight leaves no timer behind once it has fired in vain', () => {
    const { clock, inFlight, deadlines } = setUp();
    inFlight.settle(inFlight.add(ping, 100).number, pong);
    clock.advance(100);
    expect([clock.pending, deadlines]).toEqual([0, []]);
  });

  test('an answer that was read between the alarm and the judgement counts, and the watch goes on', () => {
    const { clock, inFlight, deadlines } = setUp();
    const { number } = inFlight.add(ping, 100);
    inFlight.add(get, 250);
    clock.advance(100);
    inFlight.settle(number, pong);
    expect(inFlight.hasExpired).toBe(false);
    inFlight.watchOn();
    clock.advance(150);
    expect(deadlines).toEqual([100, 250]);
  });

  test('failing one request leaves the others', async () => {
    const { inFlight } = setUp();
    const one = inFlight.add(get, 100);
    inFlight.add(get, 100);
    expect(inFlight.fail(one.number, lost())).toBe(true);
    expect(inFlight.fail(one.number, lost())).toBe(false);
    await expect(one.answer).rejects.toThrow(LinkLostError);
    expect(inFlight.executes).toBe(1);
  });

  test('failing everything stops the timer', async () => {
    const { clock, inFlight } = setUp();
    const requests = [inFlight.add(get, 100), inFlight.add(ping, 50)];
    inFlight.failAll(lost);
    expect([clock.pending, inFlight.size, inFlight.controls]).toEqual([0, 0, 0]);
    for (const { answer } of requests) await expect(answer).rejects.toThrow(LinkLostError);
  });
});
