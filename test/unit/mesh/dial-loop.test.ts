import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ClosedError, HandshakeRefusedError, LinkDownError } from '../../../src/errors.ts';
import { DIAL_SPACING_MS, redialDelayMs } from '../../../src/mesh/backoff.ts';
import { DialLoop } from '../../../src/mesh/dial-loop.ts';
import { FakeClock } from '../../support/fake-clock.ts';

type Outcome = LinkDownError | HandshakeRefusedError | undefined;

const down = new LinkDownError('down');
const refused = new HandshakeRefusedError('wrong-map', 'maps differ');

/** A loop whose attempts end as told, the last one for ever; and when each began. */
function setUp(outcomes: Outcome[], random = 1): { clock: FakeClock; loop: DialLoop; dialledAt: number[] } {
  const clock = new FakeClock();
  const dialledAt: number[] = [];
  const loop = new DialLoop({
    clock,
    random: () => random,
    attempt: () => {
      dialledAt.push(clock.monotonic());
      return Promise.resolve(outcomes.length > 1 ? outcomes.shift() : outcomes[0]);
    },
  });
  return { clock, loop, dialledAt };
}

async function advance(clock: FakeClock, ms: number): Promise<void> {
  await turn();
  clock.advance(ms);
  await turn();
}

describe('the backoff', () => {
  test('begins at once, then doubles its ceiling from 50 ms to 2 s', () => {
    const ceilings = [0, 1, 2, 3, 4, 5, 6, 7, 8, 60].map((failures) => redialDelayMs(failures, false, 1));
    expect(ceilings).toEqual([0, 50, 100, 200, 400, 800, 1600, 2000, 2000, 2000]);
  });

  test('has full jitter: anything from nothing to the ceiling', () => {
    expect([0, 0.25, 0.5].map((random) => redialDelayMs(10, false, random))).toEqual([0, 500, 1000]);
  });

  test('is slow after a refusal, whatever the dice say', () => {
    expect([0, 0.5, 1].map((random) => redialDelayMs(1, true, random))).toEqual([1000, 1500, 2000]);
  });
});

describe('dialling', () => {
  test('begins at once and ends with the first success', async () => {
    const { loop, dialledAt } = setUp([undefined]);
    await loop.run();
    expect(dialledAt).toEqual([0]);
  });

  test('waits longer after each failure', async () => {
    const { clock, loop, dialledAt } = setUp([down, down, down, undefined]);
    const done = loop.run();
    for (let i = 0; i < 40; i++) await advance(clock, 10);
    await done;
    expect(dialledAt).toEqual([0, 50, 150, 350]);
  });

  test('is slow after a refusal', async () => {
    const { clock, loop, dialledAt } = setUp([refused, undefined], 0);
    const done = loop.run();
    await advance(clock, 999);
    expect(dialledAt).toEqual([0]);
    await advance(clock, 1);
    await done;
    expect(dialledAt).toEqual([0, 1000]);
  });

  test('is cut short by a nudge', async () => {
    const { clock, loop, dialledAt } = setUp([refused, undefined]);
    const done = loop.run();
    await advance(clock, 100);
    loop.nudge();
    await done;
    expect(dialledAt).toEqual([0, 100]);
  });

  test('does not wait where a nudge came while the failing dial was under way', async () => {
    const clock = new FakeClock();
    const dialledAt: number[] = [];
    const loop: DialLoop = new DialLoop({
      clock,
      random: () => 1,
      attempt: () => {
        dialledAt.push(clock.monotonic());
        loop.nudge();
        return Promise.resolve(dialledAt.length === 1 ? refused : undefined);
      },
    });
    const done = loop.run();
    await advance(clock, DIAL_SPACING_MS);
    await done;
    expect(dialledAt).toEqual([0, DIAL_SPACING_MS]);
  });

  test('is never denser than the spacing, however often it is nudged', async () => {
    const { clock, loop, dialledAt } = setUp([down], 0);
    const done = loop.run();
    for (let i = 0; i < 25; i++) {
      loop.nudge();
      await advance(clock, 1);
    }
    expect(dialledAt).toEqual([0, DIAL_SPACING_MS, 2 * DIAL_SPACING_MS]);
    void loop.close();
    await expect(done).rejects.toThrow(ClosedError);
  });

  test('begins at once again after a success', async () => {
    const { clock, loop, dialledAt } = setUp([down, undefined, undefined]);
    const first = loop.run();
    await advance(clock, 50);
    await first;
    await advance(clock, 1000);
    await loop.run();
    expect(dialledAt).toEqual([0, 50, 1050]);
  });

  test('ends when it is closed while it waits, and leaves no timer', async () => {
    const { clock, loop, dialledAt } = setUp([down]);
    const done = expect(loop.run()).rejects.toThrow(ClosedError);
    await advance(clock, 0);
    await loop.close();
    await done;
    expect([dialledAt, clock.pending]).toEqual([[0], 0]);
  });

  test('tells the attempt under way that it is closed, and waits for its end', async () => {
    const clock = new FakeClock();
    const loop = new DialLoop({
      clock,
      random: () => 0,
      attempt: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(down))),
    });
    const done = expect(loop.run()).rejects.toThrow(ClosedError);
    await turn();
    await loop.close();
    await done;
    expect(clock.pending).toBe(0);
  });
});
