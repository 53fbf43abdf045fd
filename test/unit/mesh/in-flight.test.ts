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

interface Asked {
  readonly number: number;
  readonly answer: Promise<PeerAnswer>;
}

function setUp(): {
  clock: FakeClock;
  inFlight: InFlight;
  deadlines: number[];
  ask: (request: PeerRequest, deadlineAt: number) => Asked;
} {
  const clock = new FakeClock();
  const deadlines: number[] = [];
  const inFlight = new InFlight(clock, () => deadlines.push(clock.monotonic()));
  const ask = (request: PeerRequest, deadlineAt: number): Asked => {
    const { promise: answer, resolve, reject } = withResolvers();
    return { number: inFlight.add(request, deadlineAt, { onAnswer: resolve, onFailed: reject }), answer };
  };
  return { clock, inFlight, deadlines, ask };
}

function withResolvers(): {
  promise: Promise<PeerAnswer>;
  resolve: (answer: PeerAnswer) => void;
  reject: (error: Error) => void;
} {
  let settle: Pick<ReturnType<typeof withResolvers>, 'resolve' | 'reject'> | undefined;
  const promise = new Promise<PeerAnswer>((resolve, reject) => (settle = { resolve, reject }));
  if (settle === undefined) throw new RangeError('a promise begins at once');
  return { promise, ...settle };
}

describe('an answer', () => {
  test('goes to the request of its number', async () => {
    const { inFlight, ask } = setUp();
    const first = ask(get, 100);
    const second = ask(ping, 100);
    expect(inFlight.settle(second.number, pong)).toBe('expected');
    expect(inFlight.settle(first.number, reply('b1'))).toBe('expected');
    expect(await second.answer).toBe(pong);
    expect(await first.answer).toEqual(reply('b1'));
    expect(inFlight.size).toBe(0);
  });

  test('of a number that is not asked, or is answered already, is told apart', async () => {
    const { inFlight, ask } = setUp();
    const { number, answer } = ask(ping, 100);
    expect(inFlight.settle(number + 1, pong)).toBe('unknown-number');
    inFlight.settle(number, pong);
    await answer;
    expect(inFlight.settle(number, pong)).toBe('unknown-number');
  });

  test('of another kind than was asked for is not handed over', () => {
    const { inFlight, ask } = setUp();
    const { number } = ask(ping, 100);
    expect(inFlight.settle(number, reply('b1'))).toBe('wrong-kind-or-id');
    expect(inFlight.size).toBe(1);
  });

  test('about another id than was asked for is not handed over (S0)', () => {
    const { inFlight, ask } = setUp();
    const { number } = ask(get, 100);
    expect(inFlight.settle(number, reply('b2'))).toBe('wrong-kind-or-id');
    expect(inFlight.size).toBe(1);
  });
});

describe('numbers', () => {
  test('are never given twice, not even after everything has failed', async () => {
    const { inFlight, ask } = setUp();
    const first = ask(ping, 100);
    inFlight.failAll(lost);
    await expect(first.answer).rejects.toThrow(LinkLostError);
    expect(ask(ping, 100).number).toBe(first.number + 1);
  });

  test('are counted by class', () => {
    const { inFlight, ask } = setUp();
    ask(get, 100);
    ask(get, 100);
    const { number } = ask(ping, 100);
    expect([inFlight.size, inFlight.sizeOf('execute'), inFlight.sizeOf('probe')]).toEqual([3, 2, 1]);
    inFlight.settle(number, pong);
    expect([inFlight.size, inFlight.sizeOf('execute'), inFlight.sizeOf('probe')]).toEqual([2, 2, 0]);
  });
});

describe('however many are asked', () => {
  test('each is found by its number, and no number is given to two at once', async () => {
    const { inFlight, ask } = setUp();
    const longest = ask(ping, 1e9);
    for (let round = 0; round < 50; round++) {
      const all = Array.from({ length: 1 + round * 7 }, () => ask(ping, 1e9));
      expect(new Set([longest, ...all].map(({ number }) => number)).size).toBe(all.length + 1);
      for (const { number } of all.toReversed()) expect(inFlight.settle(number, pong)).toBe('expected');
      for (const { answer } of all) expect(await answer).toBe(pong);
      expect(inFlight.size).toBe(1);
    }
    expect(inFlight.settle(longest.number, pong)).toBe('expected');
  });

  test('an answer to a number that shares the slot of another one is told apart', () => {
    const { inFlight, ask } = setUp();
    const { number } = ask(ping, 100);
    for (let bit = 0; bit < 32; bit++)
      expect(inFlight.settle((number ^ (1 << bit)) >>> 0, pong)).toBe('unknown-number');
    expect(inFlight.size).toBe(1);
  });
});

describe('deadlines', () => {
  test('one timer watches them all, and the earliest one fires', () => {
    const { clock, inFlight, deadlines, ask } = setUp();
    for (let at = 300; at > 100; at--) ask(ping, at);
    expect(clock.pending).toBe(1);
    clock.advance(100);
    expect(deadlines).toEqual([]);
    clock.advance(1);
    expect(deadlines).toEqual([101]);
    expect(inFlight.hasExpired).toBe(true);
  });

  test('an answered request fires nothing, and the next deadline is watched', () => {
    const { clock, inFlight, deadlines, ask } = setUp();
    const { number } = ask(ping, 100);
    ask(get, 250);
    inFlight.settle(number, pong);
    clock.advance(249);
    expect(deadlines).toEqual([]);
    clock.advance(1);
    expect(deadlines).toEqual([250]);
  });

  test('nothing in flight leaves no timer behind once it has fired in vain', () => {
    const { clock, inFlight, deadlines, ask } = setUp();
    inFlight.settle(ask(ping, 100).number, pong);
    clock.advance(100);
    expect([clock.pending, deadlines]).toEqual([0, []]);
  });

  test('an answer that was read between the alarm and the judgement counts, and the watch goes on', () => {
    const { clock, inFlight, deadlines, ask } = setUp();
    const { number } = ask(ping, 100);
    ask(get, 250);
    clock.advance(100);
    inFlight.settle(number, pong);
    expect(inFlight.hasExpired).toBe(false);
    inFlight.watchOn();
    clock.advance(150);
    expect(deadlines).toEqual([100, 250]);
  });

  test('failing one request leaves the others', async () => {
    const { inFlight, ask } = setUp();
    const one = ask(get, 100);
    ask(get, 100);
    expect(inFlight.fail(one.number, lost())).toBe(true);
    expect(inFlight.fail(one.number, lost())).toBe(false);
    await expect(one.answer).rejects.toThrow(LinkLostError);
    expect(inFlight.sizeOf('execute')).toBe(1);
  });

  test('failing everything stops the timer', async () => {
    const { clock, inFlight, ask } = setUp();
    const requests = [ask(get, 100), ask(ping, 50)];
    inFlight.failAll(lost);
    expect([clock.pending, inFlight.size, inFlight.sizeOf('probe')]).toEqual([0, 0, 0]);
    for (const { answer } of requests) await expect(answer).rejects.toThrow(LinkLostError);
  });
});
